//! When a CronJob runs.

text_type! {
    /// A CronJob's schedule: five fields as the standard parser of robfig/cron v3 reads them, which Kubernetes uses, or one
    /// of `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`. Without a time zone: Kubernetes
    /// refuses `TZ=` here. Narrower than Kubernetes: no `@every`, no empty list items, no sign, and no day that never comes.
    CronSchedule, "cron-schedule", cron_schedule
}

/// One of the five fields.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of month", least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: MONTHS },
    Field { name: "day of week", least: 0, most: 6, names: DAYS },
];
/// The longest each month gets, from January.
const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The values that a field matches, and whether one of its items is a plain `*` or `?`.
#[derive(Clone, Copy, Default)]
struct Matches {
    bits: u64,
    any: bool,
}

fn cron_schedule(text: &str) -> Result<(), String> {
    super::length(text, 256)?;
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\t') {
        return Err(format!("{} is not allowed in a schedule", super::shown(c)));
    }
    if text.contains("TZ") {
        return Err("must not name a time zone: Kubernetes refuses TZ= and CRON_TZ= in a schedule".to_owned());
    }
    if text.starts_with('@') {
        return descriptor(text);
    }
    let written: Vec<&str> = text.split_whitespace().collect();
    if written.len() != FIELDS.len() {
        return Err(format!(
            "has {} fields, five are needed: minute, hour, day of month, month, day of week, such as \"0 2 * * *\"",
            written.len()
        ));
    }
    let mut matches = [Matches::default(); FIELDS.len()];
    for ((field, text), matched) in FIELDS.iter().zip(written).zip(&mut matches) {
        *matched = field.read(text).map_err(|reason| format!("{}: {reason}", field.name))?;
    }
    let [_, _, days, months, weekdays] = matches;
    never(days, months, weekdays)
}

fn descriptor(text: &str) -> Result<(), String> {
    match text {
        "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly" => Ok(()),
        _ if text.starts_with("@every") => {
            Err("`@every` counts from when its CronJob was made: write five fields, such as \"0 */6 * * *\"".to_owned())
        }
        _ => Err("is no schedule: the words are @yearly, @monthly, @weekly, @daily and @hourly".to_owned()),
    }
}

/// A restricted day of the week matches beside the day of the month, so that only a schedule without one can miss for ever.
fn never(days: Matches, months: Matches, weekdays: Matches) -> Result<(), String> {
    let exists = |month: u32| {
        let length = LENGTHS[month as usize - 1];
        months.bits & (1 << month) != 0 && (1..=length).any(|day| days.bits & (1 << day) != 0)
    };
    if weekdays.any && !(1..=12).any(exists) {
        return Err("never runs: no month of it has that day".to_owned());
    }
    Ok(())
}

impl Field {
    fn read(&self, text: &str) -> Result<Matches, String> {
        let mut all = Matches::default();
        for item in text.split(',') {
            let Matches { bits, any } = self.item(item)?;
            all = Matches { bits: all.bits | bits, any: all.any || any };
        }
        Ok(all)
    }

    /// Reads `*`, `?`, a number, a name or a range, each with or without `/step`.
    fn item(&self, text: &str) -> Result<Matches, String> {
        if text.is_empty() {
            return Err("has an empty item in its list".to_owned());
        }
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(number(step)?)),
            None => (text, None),
        };
        if step == Some(0) {
            return Err("a step must be at least 1".to_owned());
        }
        let star = matches!(range, "*" | "?");
        let (first, last) = match range.split_once('-') {
            _ if star => (self.least, self.most),
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            // With a step, a lone number means from there to the field's end.
            None => (self.value(range)?, if step.is_some() { self.most } else { self.value(range)? }),
        };
        if first > last {
            return Err(format!("the range {first}-{last} runs backwards"));
        }
        let step = step.unwrap_or(1);
        let bits = (first..=last).step_by(step as usize).fold(0, |bits, value| bits | 1 << value);
        Ok(Matches { bits, any: star && step == 1 })
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let lower = text.to_ascii_lowercase();
        if let Some(at) = self.names.iter().position(|name| *name == lower) {
            return Ok(at as u32 + self.least);
        }
        match number(text)? {
            7 if self.names == DAYS => Err("7 is no day for Kubernetes, Sunday is 0".to_owned()),
            n if n < self.least || n > self.most => Err(format!("{n} is not between {} and {}", self.least, self.most)),
            n => Ok(n),
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits => Ok(number),
        _ if digits => Err("has a number that is too large".to_owned()),
        _ => Err(match text.chars().find(|c| !c.is_ascii_digit()) {
            Some(c) if !c.is_ascii_alphabetic() => format!("{} is not understood here", super::shown(c)),
            Some(_) => format!("`{text}` is not understood here"),
            None => "a number is missing".to_owned(),
        }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::CronSchedule;
    use proptest::prelude::{any, proptest};

    #[test]
    fn schedules() {
        for good in [
            "0 2 * * *",
            "*/15 0-6,20 1,15 JAN-mar MON-FRI",
            "0 0 ? * ?",
            "5/15 * * * 0",
            "0\t2  * * *",
            "59 23 31 12 6",
            "0 0 29 2 *",
            "0 0 31 2 1",
            "0 0 31 2,3 *",
            "@daily",
            "@hourly",
            "*/90 * * * *",
        ] {
            assert_eq!(CronSchedule::parse(good).map(drop), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_reason_names_the_field() {
        for (text, word) in [
            ("", "empty"),
            ("0 2 * *", "4 fields"),
            ("0 0 2 * * *", "6 fields"),
            ("60 * * * *", "minute: 60 is not between 0 and 59"),
            ("* 24 * * *", "hour: 24"),
            ("* * 0 * *", "day of month: 0"),
            ("* * * 13 *", "month: 13"),
            ("* * * * 7", "day of week: 7 is no day"),
            ("* * * * 1-7", "Sunday is 0"),
            ("* * * foo *", "month: `foo`"),
            ("mon * * * *", "minute: `mon`"),
            ("*/0 * * * *", "minute: a step"),
            ("*/ * * * *", "minute: a number is missing"),
            ("5-1 * * * *", "runs backwards"),
            ("1-2-3 * * * *", "minute: `-`"),
            ("1/2/3 * * * *", "minute: `/`"),
            ("1,,2 * * * *", "empty item"),
            ("+5 * * * *", "minute: `+`"),
            ("*-5 * * * *", "minute: `*`"),
            ("* * L * *", "day of month: `L`"),
            ("* * 15W * *", "day of month"),
            ("99999999999 * * * *", "too large"),
            ("0 2 * * *\n", "line break"),
            ("TZ=UTC 0 2 * * *", "time zone"),
            ("CRON_TZ=Europe/Berlin 0 2 * * *", "time zone"),
            ("@every 6h", "five fields"),
            ("@reboot", "@daily"),
            ("@daily ", "@daily"),
            ("0 0 30 2 *", "never runs"),
            ("0 0 31 4,6 ?", "never runs"),
        ] {
            let reason = CronSchedule::parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), close in "[0-9*/,?@ a-c-]{0,30}") {
            let _ = (CronSchedule::parse(&text), CronSchedule::parse(&close));
        }
    }
}
