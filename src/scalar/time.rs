//! Spans of time and calendar days.

use std::time::SystemTime;

/// Units of a span with their minutes, longest first.
const UNITS: [(char, u64); 4] = [('w', 7 * 24 * 60), ('d', 24 * 60), ('h', 60), ('m', 1)];

/// A span of time of at least a minute: whole numbers of weeks, days, hours and minutes, the longest first (`30d`, `1d12h`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    text: String,
    minutes: u64,
}

impl Duration {
    /// Reads the text.
    ///
    /// # Errors
    /// The reason why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Duration { minutes: minutes(text)?, text: text.to_owned() })
    }

    /// The text as it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The span in minutes, at least 1.
    #[must_use]
    pub fn minutes(&self) -> u64 {
        self.minutes
    }
}

text_traits!(Duration, "time-span");

fn minutes(text: &str) -> Result<u64, String> {
    const UNITS_IN_WORDS: &str = "the units are w (weeks), d (days), h (hours) and m (minutes)";
    super::length(text, 32)?;
    if text.starts_with(['-', '+']) {
        return Err("must not have a sign".to_owned());
    }
    let mut rest = text;
    let mut units = UNITS.as_slice();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        if number.is_empty() {
            return Err(format!("write whole numbers with a unit, such as `30d` or `1d12h`; {UNITS_IN_WORDS}"));
        }
        let Some(letter) = tail.chars().next() else {
            return Err(format!("`{number}` has no unit, such as `{number}d`; {UNITS_IN_WORDS}"));
        };
        let Some(at) = units.iter().position(|(unit, _)| *unit == letter) else {
            let known = UNITS.iter().any(|(unit, _)| *unit == letter);
            return Err(match known {
                true => "write each unit once, the longest first, such as `1d12h`".to_owned(),
                false => format!("{} is no unit here; {UNITS_IN_WORDS}", super::shown(letter)),
            });
        };
        let span = number.parse::<u64>().ok().and_then(|n| n.checked_mul(units[at].1));
        total = span.and_then(|span| total.checked_add(span)).ok_or("is too long".to_owned())?;
        units = &units[at + 1..];
        rest = &tail[1..];
    }
    // A century: whatever counts back from today must not leave the calendar.
    match total {
        0 => Err("must be more than zero".to_owned()),
        n if n > 100 * 366 * 24 * 60 => Err("is longer than a hundred years".to_owned()),
        n => Ok(n),
    }
}

text_type! {
    /// A day of the calendar, `YYYY-MM-DD`; ordered by time.
    Date, "date", date
}

impl Date {
    /// The day of a moment in UTC; the first of 1970 for anything before it.
    #[must_use]
    pub fn of(moment: SystemTime) -> Date {
        let seconds = moment.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        // Years from March, so that a leap day is the last one; eras of 400 years, which all have as many days:
        // https://howardhinnant.github.io/date_algorithms.html#civil_from_days
        let days = seconds / 86_400 + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year + u64::from(month < 3);
        Date(format!("{year:04}-{month:02}-{day:02}"))
    }
}

fn date(text: &str) -> Result<(), String> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if !shape {
        return Err("write a day as `YYYY-MM-DD`, such as `2027-03-01`".to_owned());
    }
    let number =
        |from: usize, to: usize| text[from..to].bytes().fold(0u32, |n, digit| n * 10 + u32::from(digit - b'0'));
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(format!("there is no month {month:02}")),
    };
    match day {
        _ if year == 0 => Err("there is no year 0".to_owned()),
        day if (1..=days).contains(&day) => Ok(()),
        _ => Err(format!("there is no day {day:02} in month {month:02} of {year}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::{Date, Duration};
    use proptest::prelude::{any, prop_assert_eq, proptest};

    #[test]
    fn spans() {
        for (text, minutes) in
            [("90m", 90), ("12h", 720), ("30d", 43_200), ("2w", 20_160), ("1w2d3h4m", 13_144), ("007d", 10_080)]
        {
            assert_eq!(Duration::parse(text).unwrap().minutes(), minutes, "{text}");
        }
        for (text, word) in [
            ("", "empty"),
            ("0d", "zero"),
            ("30", "`30d`"),
            ("30 days", "a space"),
            ("30days", "whole numbers"),
            ("d", "whole numbers"),
            ("-1d", "sign"),
            ("1.5d", "`.`"),
            ("30s", "`s`"),
            ("1M", "`M`"),
            ("1y", "`y`"),
            ("1d1d", "once"),
            ("1h1d", "longest first"),
            ("99999999999999999999d", "too long"),
            ("36601d", "hundred years"),
            ("1ä", "`ä`"),
        ] {
            let reason = Duration::parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    #[test]
    fn days() {
        for good in ["2027-03-01", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert!(Date::parse(good).is_ok(), "{good}");
        }
        for bad in ["2023-02-29", "1900-02-29", "2027-04-31", "2027-00-01", "2027-13-01", "2027-01-00", "0000-01-01"] {
            assert!(Date::parse(bad).unwrap_err().starts_with("there is no"), "{bad}");
        }
        for bad in ["", "2027-3-1", "27-03-01", "2027/03/01", "2027-03-01T00:00:00Z", "01-03-2027", "２０27-1"] {
            assert!(Date::parse(bad).unwrap_err().contains("YYYY-MM-DD"), "{bad}");
        }
        assert!(Date::parse("2026-12-31").unwrap() < Date::parse("2027-01-01").unwrap());
    }

    #[test]
    fn moments() {
        // `date -u -d @N +%F`
        let days = [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_735_689_599, "2024-12-31"),
            (4_107_542_400, "2100-03-01"),
        ];
        for (seconds, day) in days {
            assert_eq!(Date::of(UNIX_EPOCH + std::time::Duration::from_secs(seconds)).as_str(), day);
        }
    }

    proptest! {
        #[test]
        fn parts_add_up(w in 0u64..50, d in 0u64..50, h in 0u64..50, m in 1u64..50) {
            let minutes = ((w * 7 + d) * 24 + h) * 60 + m;
            prop_assert_eq!(Duration::parse(&format!("{w}w{d}d{h}h{m}m")).unwrap().minutes(), minutes);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = (Duration::parse(&text), Date::parse(&text));
        }
    }
}
