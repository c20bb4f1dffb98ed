//! The small typed strings of the environment language. Each type reads itself with `parse`, whose error is the reason in
//! words (lower case, no full stop), and stands in the JSON Schema as a string with a `format`. [`check`] is the one table
//! by that format, so that the schema checker can show every mistake of a file at once.

/// What every text type has besides `parse` and `as_str`: its format, `Display`, `AsRef<str>`, conversion from a `String`,
/// `Serialize`, `Deserialize` and `JsonSchema`. The second form leaves `Deserialize` and `JsonSchema` to the type.
macro_rules! text_traits {
    ($name:ident, $format:literal) => {
        text_traits!(output $name, $format);

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "format": Self::FORMAT})
            }
        }
    };
    (output $name:ident, $format:literal) => {
        impl $name {
            /// The `format` of this type in a JSON Schema.
            pub const FORMAT: &'static str = $format;
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

/// A text type that is nothing but its text, with the function that says what is wrong with one.
macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident, $format:literal, $judge:path) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads the text.
            ///
            /// # Errors
            /// The reason why it is none, in words.
            pub fn parse(text: &str) -> Result<Self, String> {
                $judge(text)?;
                Ok($name(text.to_owned()))
            }

            /// The text as it was read.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        text_traits!($name, $format);
    };
}

mod cron;
mod image;
mod name;
mod path;
mod quantity;
mod recipient;
mod registry;
mod source;
mod time;
mod version;

pub use cron::CronSchedule;
pub use image::{ImageRef, OciDigest};
pub use name::{DnsLabel, DnsName, LabelKey, LabelValue, PostgresDatabase, PostgresRole, SecretKey, ServiceName};
pub use path::RelativePath;
pub use quantity::{Quantity, Size};
pub use recipient::AgeRecipient;
pub use registry::RegistryHost;
pub use source::{GitCommit, GitTag, HttpsUrl, OciUrl};
pub use time::{Date, Duration};
pub use version::{ChartVersion, FluxVersion, KubernetesVersion};

/// Says what is wrong with a text.
type Judge = fn(&str) -> Result<(), String>;

/// Every text type's format with its judge.
macro_rules! table {
    ($($name:ident),* $(,)?) => {
        const TABLE: &[(&str, Judge)] = &[$(($name::FORMAT, |text| $name::parse(text).map(drop))),*];
    };
}

table![
    AgeRecipient,
    ChartVersion,
    CronSchedule,
    Date,
    DnsLabel,
    DnsName,
    Duration,
    FluxVersion,
    GitCommit,
    GitTag,
    HttpsUrl,
    ImageRef,
    KubernetesVersion,
    LabelKey,
    LabelValue,
    OciDigest,
    OciUrl,
    PostgresDatabase,
    PostgresRole,
    Quantity,
    RegistryHost,
    RelativePath,
    SecretKey,
    ServiceName,
    Size,
];

/// Judges `text` as the type whose schema carries `format`; `None` where no type does.
///
/// # Errors
/// The reason why the text is none of that type, in words.
#[must_use]
pub fn check(format: &str, text: &str) -> Option<Result<(), String>> {
    let (_, judge) = TABLE.iter().find(|(known, _)| *known == format)?;
    Some(judge(text))
}

/// A text of the type whose schema carries `format`: what a person could have written.
#[must_use]
pub fn example(format: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(known, _)| *known == format).map(|(_, example)| *example)
}

/// Every text type's format with an example. A recipient has none: nobody should copy somebody else's key.
const EXAMPLES: &[(&str, &str)] = &[
    (ChartVersion::FORMAT, "17.0.2"),
    (CronSchedule::FORMAT, "0 2 * * *"),
    (Date::FORMAT, "2027-03-01"),
    (DnsLabel::FORMAT, "my-name"),
    (DnsName::FORMAT, "my-name"),
    (Duration::FORMAT, "30d"),
    (FluxVersion::FORMAT, "2.7"),
    (GitCommit::FORMAT, "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"),
    (GitTag::FORMAT, "postgresql/17.0.2"),
    (HttpsUrl::FORMAT, "https://github.com/bitnami/charts"),
    (ImageRef::FORMAT, "docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4"),
    (KubernetesVersion::FORMAT, "1.33"),
    (LabelKey::FORMAT, "app.kubernetes.io/name"),
    (LabelValue::FORMAT, "identity-service"),
    (OciDigest::FORMAT, "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    (OciUrl::FORMAT, "oci://registry-1.docker.io/bitnamicharts/postgresql"),
    (PostgresDatabase::FORMAT, "my_database"),
    (PostgresRole::FORMAT, "my_role"),
    (Quantity::FORMAT, "250m"),
    (RegistryHost::FORMAT, "registry.example.com/mirror"),
    (RelativePath::FORMAT, "charts/postgresql"),
    (SecretKey::FORMAT, "postgres-password"),
    (ServiceName::FORMAT, "postgres"),
    (Size::FORMAT, "20Gi"),
];

/// A character as a message shows it: printable ones between backticks, the others by name.
fn shown(c: char) -> String {
    match c {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        '`' => "a backtick".to_owned(),
        c if c.is_control() || c.is_whitespace() => format!("the invisible character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}

/// Refuses the first character that `allowed` does not take, naming it and what may stand there.
fn only(text: &str, allowed: fn(char) -> bool, expected: &str) -> Result<(), String> {
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(format!("{} is not allowed here, only {expected}", shown(c))),
        None => Ok(()),
    }
}

/// Refuses an empty text and one of more than `limit` bytes.
fn length(text: &str, limit: usize) -> Result<(), String> {
    match text.len() {
        0 => Err("must not be empty".to_owned()),
        n if n > limit => Err(format!("is {n} characters long, at most {limit} are allowed")),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{AgeRecipient, DnsLabel, Quantity, TABLE, check, example};
    use schemars::schema_for;

    /// Every text type goes through one of two macros; each use must have its line in the table.
    #[test]
    fn every_type_is_in_the_table() {
        let sources = [
            include_str!("scalar/cron.rs"),
            include_str!("scalar/image.rs"),
            include_str!("scalar/name.rs"),
            include_str!("scalar/path.rs"),
            include_str!("scalar/quantity.rs"),
            include_str!("scalar/recipient.rs"),
            include_str!("scalar/registry.rs"),
            include_str!("scalar/source.rs"),
            include_str!("scalar/time.rs"),
            include_str!("scalar/version.rs"),
        ];
        let types: usize =
            sources.iter().map(|s| s.matches("text_type!").count() + s.matches("text_traits!").count()).sum();
        assert_eq!(types, TABLE.len());
        let mut formats: Vec<_> = TABLE.iter().map(|(format, _)| *format).collect();
        formats.sort_unstable();
        formats.dedup();
        assert_eq!(formats.len(), TABLE.len(), "two types share a format");
    }

    #[test]
    fn the_schema_names_the_format_that_check_knows() {
        let schema = schema_for!(Option<DnsLabel>);
        let format = schema.get("format").unwrap().as_str().unwrap();
        assert_eq!(check(format, "postgres"), Some(Ok(())));
        assert!(check(format, "Post gres").unwrap().is_err());
        assert_eq!(schema_for!(DnsLabel).as_value()["type"], "string");
        assert_eq!(schema_for!(Quantity).as_value()["format"], Quantity::FORMAT);
        assert_eq!(check("email", "x"), None);
    }

    #[test]
    fn every_example_is_one() {
        for (format, judge) in TABLE.iter().filter(|(format, _)| *format != AgeRecipient::FORMAT) {
            assert_eq!(example(format).map(judge), Some(Ok(())), "{format}");
        }
    }

    #[test]
    fn reasons_start_low_and_end_without_a_full_stop() {
        for (format, judge) in TABLE {
            for bad in ["", " ", "A B", "-", "ä", "a\nb", "a\u{0}b", "..", "/", "`", "1.2.3.4", "x:", "@", "é💥"] {
                let Err(reason) = judge(bad) else { continue };
                assert!(!reason.starts_with(|c: char| c.is_ascii_uppercase()), "{format}: {reason}");
                assert!(!reason.ends_with('.') && !reason.contains('\n'), "{format}: {reason}");
                assert!(!reason.contains('\0'), "{format}: {reason}");
            }
        }
    }

    #[test]
    fn serde_uses_the_same_judge() {
        assert_eq!(serde_json::from_str::<DnsLabel>("\"db\"").unwrap().as_str(), "db");
        let error = serde_json::from_str::<DnsLabel>("\"d b\"").unwrap_err().to_string();
        assert!(error.contains("a space"), "{error}");
        assert_eq!(serde_json::to_string(&DnsLabel::parse("db").unwrap()).unwrap(), "\"db\"");
    }
}
