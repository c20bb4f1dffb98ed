//! Moments as RFC 3339 spells them, the way Go reads and writes them: the MAC is bound to that spelling.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::scalar::Date;

/// A moment to the second in UTC, as `lastmodified` holds it; the start of 1970 for anything before it.
pub(super) fn format(moment: SystemTime) -> String {
    let second = moment.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) % 86_400;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", Date::of(moment).as_str())
}

/// A moment as Go writes it again with `time.RFC3339`: no fraction, `Z` for UTC. `None` where it is none.
pub(super) fn to_seconds(text: &str) -> Option<String> {
    let parts = parts(text)?;
    Some(format!("{}{}", parts.seconds, parts.zone))
}

/// A moment as Go writes it again with `time.RFC3339Nano`: no zeros at the end of the fraction. `None` where it is none.
pub(super) fn to_nanoseconds(text: &str) -> Option<String> {
    let parts = parts(text)?;
    let fraction = parts.fraction.get(..9).unwrap_or(parts.fraction).trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{}{dot}{fraction}{}", parts.seconds, parts.zone))
}

struct Parts<'a> {
    /// `2006-01-02T15:04:05`.
    seconds: &'a str,
    /// The digits behind the dot.
    fraction: &'a str,
    /// `Z` or an offset that is not zero.
    zone: &'a str,
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let (seconds, rest) = text.split_at_checked(19)?;
    let fits = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    let number = |text: &str| text.parse::<u32>().ok();
    if !fits(seconds, "0000-00-00T00:00:00") {
        return None;
    }
    let in_day = number(&seconds[11..13])? < 24 && number(&seconds[14..16])? < 60 && number(&seconds[17..])? < 60;
    if Date::parse(&seconds[..10]).is_err() || !in_day {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(behind) => behind.split_at(behind.find(|c: char| !c.is_ascii_digit())?),
        None => ("", rest),
    };
    if rest.starts_with('.') && fraction.is_empty() {
        return None;
    }
    let zone = match zone {
        "Z" | "+00:00" | "-00:00" => "Z",
        offset if fits(offset, "+00:00") || fits(offset, "-00:00") => {
            (number(&offset[1..3])? < 24 && number(&offset[4..])? < 60).then_some(offset)?
        }
        _ => return None,
    };
    Some(Parts { seconds, fraction, zone })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{format, to_nanoseconds, to_seconds};

    #[test]
    fn seconds_since_1970() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(format(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn go_writes_them_again() {
        assert_eq!(to_seconds("2026-01-02T03:04:05.999Z").as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(to_seconds("2026-01-02T03:04:05+00:00").as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(to_seconds("2026-01-02T03:04:05+02:00").as_deref(), Some("2026-01-02T03:04:05+02:00"));
        assert_eq!(to_nanoseconds("2026-01-02T03:04:05.1200Z").as_deref(), Some("2026-01-02T03:04:05.12Z"));
        assert_eq!(to_nanoseconds("2026-01-02T03:04:05.000Z").as_deref(), Some("2026-01-02T03:04:05Z"));
        for bad in [
            "",
            "2026-01-02",
            "2026-02-29T00:00:00Z",
            "2026-01-02T24:00:00Z",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05+2:00",
            "ä026-01-02T03:04:05Z",
        ] {
            assert_eq!(to_seconds(bad), None, "{bad}");
        }
    }
}
