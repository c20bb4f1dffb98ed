//! Versions: of Kubernetes and Flux, by which the output differs, and of a chart, which is one exact release.

use semver::Version;

use super::only;

/// A release line `major.minor` with its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Line {
    minor: u32,
    text: String,
}

impl Line {
    /// Reads `major.minor`, refusing with `example` whatever is more or less than that.
    fn parse(text: &str, major: &str, example: &str) -> Result<Self, String> {
        let digits = |part: &str| !part.is_empty() && part.len() < 4 && part.bytes().all(|b| b.is_ascii_digit());
        let Some((head, minor)) = text.split_once('.') else {
            return Err(format!("write major and minor version between quotes, such as \"{example}\""));
        };
        if head == major && digits(minor) && (minor == "0" || !minor.starts_with('0')) {
            let minor = minor.parse().map_err(|_| "has a number that is too large".to_owned())?;
            return Ok(Line { minor, text: text.to_owned() });
        }
        Err(format!("write major and minor version only, such as \"{example}\""))
    }
}

/// The cluster's Kubernetes version, `"1.28"` to `"1.37"`; ordered by age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion(Line);

impl KubernetesVersion {
    /// The oldest and the newest minor version that is taken.
    pub const MINORS: std::ops::RangeInclusive<u32> = 28..=37;

    /// Reads the text.
    ///
    /// # Errors
    /// The reason why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let line = Line::parse(text, "1", "1.33")?;
        let (oldest, newest) = (Self::MINORS.start(), Self::MINORS.end());
        match line.minor {
            n if n < *oldest => Err(format!("is older than 1.{oldest}, the oldest Kubernetes that gen writes for")),
            n if n > *newest => Err(format!("is newer than 1.{newest}, the newest Kubernetes that this gen knows")),
            _ => Ok(KubernetesVersion(line)),
        }
    }

    /// The minor version, such as 33 of 1.33.
    #[must_use]
    pub fn minor(&self) -> u32 {
        self.0.minor
    }

    /// The text as it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }
}

text_traits!(KubernetesVersion, "kubernetes-version");

/// The cluster's Flux version, `"2.7"` to `"2.9"`; ordered by age. 2.7 is the first whose helm-controller retries a failed
/// release (`RetryOnFailure`) and whose controllers watch the ConfigMaps that carry the label `reconcile.fluxcd.io/watch`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FluxVersion(Line);

impl FluxVersion {
    /// The oldest and the newest minor version that is taken.
    pub const MINORS: std::ops::RangeInclusive<u32> = 7..=9;

    /// Reads the text.
    ///
    /// # Errors
    /// The reason why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let line = Line::parse(text, "2", "2.7")?;
        let (oldest, newest) = (Self::MINORS.start(), Self::MINORS.end());
        match line.minor {
            n if n < *oldest => Err(format!(
                "is older than 2.{oldest}, the first Flux that has RetryOnFailure and reacts to changed values at once \
                 (label reconcile.fluxcd.io/watch)"
            )),
            n if n > *newest => Err(format!("is newer than 2.{newest}, the newest Flux that this gen knows")),
            _ => Ok(FluxVersion(line)),
        }
    }

    /// The text as it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Its minor version.
    #[must_use]
    pub fn minor(&self) -> u32 {
        self.0.minor
    }
}

text_traits!(FluxVersion, "flux-version");

text_type! {
    /// One exact chart release, a full semantic version (`17.0.2`): no range, no wildcard, no `v`.
    ChartVersion, "chart-version", chart_version
}

fn chart_version(text: &str) -> Result<(), String> {
    super::length(text, 128)?;
    if text.starts_with(['v', 'V']) && Version::parse(&text[1..]).is_ok() {
        return Err(format!("write it without the `{}`", &text[..1]));
    }
    if text.contains(['^', '~', '>', '<', '=', '*', '|', ',']) || text.contains(".x") {
        return Err("is a range: name one exact version, such as \"17.0.2\"".to_owned());
    }
    only(text, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'), "a version such as \"17.0.2\"")?;
    match Version::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err("is no full semantic version: three numbers, such as \"17.0.2\"".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ChartVersion, FluxVersion, KubernetesVersion};

    #[test]
    fn kubernetes() {
        let parse = |text| KubernetesVersion::parse(text);
        assert!(parse("1.9").is_err() && parse("1.33").unwrap() < parse("1.34").unwrap());
        assert!(parse("1.28").unwrap() < parse("1.37").unwrap());
        for (text, word) in [
            ("1.27", "older than 1.28"),
            ("1.3", "older"),
            ("1.38", "newer than 1.37"),
            ("v1.33", "only"),
            ("1.33.4", "only"),
            ("2.33", "only"),
            ("1.033", "only"),
            ("1.", "only"),
            ("1.+33", "only"),
            ("1", "quotes"),
            ("", "quotes"),
            ("latest", "quotes"),
            ("1.9999999999", "only"),
        ] {
            let reason = parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    #[test]
    fn flux() {
        assert!(FluxVersion::parse("2.7").unwrap() < FluxVersion::parse("2.9").unwrap());
        assert!(FluxVersion::parse("2.6").unwrap_err().contains("RetryOnFailure"));
        assert!(FluxVersion::parse("2.10").unwrap_err().contains("newer than 2.9"));
        assert!(FluxVersion::parse("2.7.1").is_err() && FluxVersion::parse("0.41").is_err());
    }

    #[test]
    fn charts() {
        for good in ["17.0.2", "0.1.0-rc.1", "1.2.3+build"] {
            assert!(ChartVersion::parse(good).is_ok(), "{good}");
        }
        for (text, word) in [
            ("", "empty"),
            ("v17.0.2", "without the `v`"),
            ("17", "three numbers"),
            ("17.0", "three numbers"),
            ("17.x", "range"),
            ("~17.0.2", "range"),
            (">=17.0.2", "range"),
            ("17.0.*", "range"),
            ("17.0.02", "three numbers"),
            ("17.0.2 ", "a space"),
            ("latest", "three numbers"),
        ] {
            let reason = ChartVersion::parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }
}
