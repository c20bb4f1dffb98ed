//! Amounts in the notation of Kubernetes' `resource.Quantity`.

/// Nano units in one unit: the finest step that Kubernetes keeps.
const NANO: u128 = 1_000_000_000;
/// Kubernetes stores amounts in 64 bits and cuts a larger one down without a word.
const MOST: u128 = i64::MAX as u128 * NANO;
/// The smallest size that is taken for one: below it a unit was forgotten (`20`) or mistaken (`512m`).
const LEAST_SIZE: u128 = 1024 * NANO;

/// An amount of CPU, memory, storage or objects: a decimal number with or without a unit (`250m`, `1.5`, `20Gi`, `1e3`),
/// zero or more. A YAML number is taken too, because `cpu: 2` is how Kubernetes is written.
///
/// Narrower than Kubernetes: no sign, a digit is required, and nothing above 2^63-1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quantity {
    text: String,
    nanos: u128,
}

impl Quantity {
    /// Reads the text.
    ///
    /// # Errors
    /// The reason why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Quantity { nanos: nanos(text)?, text: text.to_owned() })
    }

    /// The text as it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The amount in billionths of its unit, a broken one rounded up as Kubernetes does; for comparing.
    #[must_use]
    pub fn nanos(&self) -> u128 {
        self.nanos
    }

    /// The amount in whole units (bytes, cores), rounded up.
    #[must_use]
    pub fn units(&self) -> u128 {
        self.nanos.div_ceil(NANO)
    }
}

text_traits!(output Quantity, "quantity");

impl<'de> serde::Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged, expecting = "expected a quantity such as `250m`, `512Mi` or 2")]
        enum Written {
            Text(String),
            Number(serde_json::Number),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
        };
        Quantity::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Quantity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["string", "number"], "format": Self::FORMAT})
    }
}

/// A size in bytes of a volume or of memory: a [`Quantity`] of at least 1 KiB, always with its unit (`20Gi`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Size(Quantity);

impl Size {
    /// Reads the text.
    ///
    /// # Errors
    /// The reason why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let quantity = Quantity::parse(text)?;
        match quantity.nanos {
            0 => Err("must be more than zero".to_owned()),
            n if n < LEAST_SIZE && text.ends_with('m') => {
                Err(format!("`m` means thousandths of a byte; `{0}Mi` is {0} mebibytes", &text[..text.len() - 1]))
            }
            n if n < LEAST_SIZE => Err(format!("is less than 1 KiB: write the unit, such as `{text}Gi`")),
            _ => Ok(Size(quantity)),
        }
    }

    /// The text as it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The size in bytes, rounded up.
    #[must_use]
    pub fn bytes(&self) -> u128 {
        self.0.units()
    }
}

text_traits!(Size, "size");

/// Units with their powers of ten or of two; sources: `suffix.go` of k8s.io/apimachinery.
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

fn nanos(text: &str) -> Result<u128, String> {
    super::length(text, 64)?;
    match text.as_bytes()[0] {
        b'-' => return Err("must not be negative".to_owned()),
        b'+' => return Err("must not have a sign".to_owned()),
        _ => {}
    }
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err("must start with a number, such as `20Gi` or `250m`".to_owned());
    }
    if fraction.contains('.') {
        return Err("has two decimal points".to_owned());
    }
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| too_large())?;
    let places = i32::try_from(fraction.len()).map_err(|_| too_large())?;

    let amount = if let Some((_, power)) = BINARY.iter().find(|(known, _)| *known == unit) {
        scale(digits.checked_mul(1 << power).ok_or_else(too_large)?, 9 - places)
    } else {
        scale(digits, exponent(number, unit)?.saturating_sub(places).saturating_add(9))
    }?;
    if amount > MOST { Err(too_large()) } else { Ok(amount) }
}

/// The power of ten that a decimal unit or an exponent (`e3`, `E-2`) stands for.
fn exponent(number: &str, unit: &str) -> Result<i32, String> {
    if let Some((_, power)) = DECIMAL.iter().find(|(known, _)| *known == unit) {
        return Ok(*power);
    }
    if let Some(written) = unit.strip_prefix(['e', 'E'])
        && written.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
        && let Ok(power) = written.parse::<i32>()
    {
        return Ok(power);
    }
    Err(unknown_unit(number, unit))
}

/// `digits` times ten to the `power`, rounded up.
fn scale(digits: u128, power: i32) -> Result<u128, String> {
    if digits == 0 {
        return Ok(0);
    }
    match 10u128.checked_pow(power.unsigned_abs()) {
        Some(factor) if power >= 0 => digits.checked_mul(factor).ok_or_else(too_large),
        Some(divisor) => Ok(digits.div_ceil(divisor)),
        None if power < 0 => Ok(1),
        None => Err(too_large()),
    }
}

fn too_large() -> String {
    "is more than Kubernetes can count (2^63-1)".to_owned()
}

fn unknown_unit(number: &str, unit: &str) -> String {
    const UNITS: &str = "the units are n, u, m, k, M, G, T, P, E and Ki, Mi, Gi, Ti, Pi, Ei";
    let bare = unit.trim().trim_end_matches(['B', 'b']);
    let bare = bare.strip_suffix(['i', 'I']).unwrap_or(bare);
    let letter = match bare {
        "k" | "K" => "K",
        "m" | "M" => "M",
        "g" | "G" => "G",
        "t" | "T" => "T",
        "p" | "P" => "P",
        _ if unit.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            return format!("must not hold a space or a control character; {UNITS}");
        }
        _ => return format!("has a unit that Kubernetes does not know; {UNITS}"),
    };
    let decimal = if letter == "K" { "k" } else { letter };
    format!(
        "`{unit}` is no unit of Kubernetes: write `{number}{letter}i` (powers of 1024) or `{number}{decimal}` (of 1000)"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{NANO, Quantity, Size};
    use proptest::prelude::{any, prop_assert_eq, proptest};

    #[test]
    fn amounts() {
        for (text, nanos) in [
            ("0", 0),
            ("250m", NANO / 4),
            ("1.5", NANO * 3 / 2),
            (".5", NANO / 2),
            ("5.", NANO * 5),
            ("1e3", 1000 * NANO),
            ("1E3", 1000 * NANO),
            ("1e-3", NANO / 1000),
            ("2E", 2_000_000_000_000_000_000 * NANO),
            ("20Gi", 20 * (1 << 30) * NANO),
            ("1.5Ki", 1536 * NANO),
            ("1n", 1),
            ("0.1n", 1),
            ("1e-99", 1),
            ("007", 7 * NANO),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().nanos(), nanos, "{text}");
        }
        assert_eq!(Quantity::parse("1500m").unwrap().units(), 2);
    }

    #[test]
    fn typos_get_a_helpful_reason() {
        for (text, word) in [
            ("", "empty"),
            ("-5Gi", "negative"),
            ("+5", "sign"),
            ("20GB", "`20Gi`"),
            ("20gi", "`20Gi`"),
            ("20gb", "`20G`"),
            ("512KB", "`512k`"),
            ("1K", "`1Ki`"),
            ("1.2.3", "two decimal points"),
            ("Gi", "start with a number"),
            (".", "start with a number"),
            ("20 Gi", "`20Gi`"),
            ("5x", "does not know"),
            ("1e", "does not know"),
            ("1e+", "does not know"),
            ("1e+-3", "does not know"),
            ("1ee3", "does not know"),
            ("99Ei", "2^63-1"),
            ("1e99", "2^63-1"),
            ("1e2147483647", "2^63-1"),
            ("1e99999999999", "does not know"),
            (&"9".repeat(64), "2^63-1"),
            (&"9".repeat(65), "65 characters"),
            ("5\n", "control"),
        ] {
            let reason = Quantity::parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(Size::parse("20Gi").unwrap().bytes(), 20 << 30);
        for (text, word) in [("0", "zero"), ("0Gi", "zero"), ("20", "`20Gi`"), ("512m", "`512Mi`"), ("20GB", "`20Gi`")]
        {
            let reason = Size::parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    #[test]
    fn yaml_numbers_are_quantities() {
        for (json, text) in [("2", "2"), ("0.5", "0.5"), ("\"250m\"", "250m")] {
            assert_eq!(serde_json::from_str::<Quantity>(json).unwrap().as_str(), text);
        }
        assert!(serde_json::from_str::<Quantity>("-1").unwrap_err().to_string().contains("negative"));
        assert!(serde_json::from_str::<Quantity>("true").unwrap_err().to_string().contains("expected a quantity"));
        assert!(serde_json::from_str::<Size>("20").is_err());
    }

    proptest! {
        #[test]
        fn units_agree(n in 0u64..8_000_000) {
            let nanos = |text: String| Quantity::parse(&text).unwrap().nanos();
            prop_assert_eq!(nanos(format!("{n}")), nanos(format!("{n}000m")));
            prop_assert_eq!(nanos(format!("{n}k")), nanos(format!("{n}e3")));
            prop_assert_eq!(nanos(format!("{n}Mi")), nanos(format!("{}Ki", n * 1024)));
            prop_assert_eq!(nanos(format!("{n}.5G")), nanos(format!("{n}500M")));
        }

        #[test]
        fn no_text_panics(text in any::<String>(), tail in "[0-9.eEinumkKMGTP+-]{0,40}") {
            let _ = Quantity::parse(&text);
            let _ = Size::parse(&tail);
        }
    }
}
