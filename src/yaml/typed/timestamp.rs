//! YAML timestamps as go-yaml v3 takes them (`parseTimestamp` and the layouts of Go's `time.Parse`).

use std::fmt::Write as _;

/// The timestamp in Go's RFC3339Nano, where the text is one: `2026-1-2`, `2026-01-02 3:04:05`, `2026-01-02T03:04:05.6+02:00`.
pub(super) fn parse(text: &str) -> Option<String> {
    let mut rest = text.as_bytes();
    if rest.len() < 8 || !rest[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (year, after) = rest.split_at(4);
    rest = after;
    let year = year.iter().fold(0, |year, digit| year * 10 + u32::from(digit - b'0'));
    sign(&mut rest, b'-')?;
    let month = number(&mut rest)?;
    sign(&mut rest, b'-')?;
    let day = number(&mut rest)?;
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return None;
    }
    let mut out = String::with_capacity(35);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
    let Some((&separator, after)) = rest.split_first() else {
        out.push_str("T00:00:00Z");
        return Some(out);
    };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    rest = after;
    let hour = number(&mut rest)?;
    sign(&mut rest, b':')?;
    let minute = number(&mut rest)?;
    sign(&mut rest, b':')?;
    let second = number(&mut rest)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let _ = write!(out, "T{hour:02}:{minute:02}:{second:02}");
    fraction(&mut rest, &mut out);
    match (separator, rest) {
        (b' ', b"") | (b'T' | b't', b"Z") => out.push('Z'),
        (b'T' | b't', [plus @ (b'+' | b'-'), a, b, b':', c, d])
            if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) =>
        {
            let hours = (a - b'0') * 10 + (b - b'0');
            let minutes = (c - b'0') * 10 + (d - b'0');
            // So lenient is Go.
            if hours > 24 || minutes > 60 {
                return None;
            }
            let offset = u32::from(hours) * 60 + u32::from(minutes);
            if offset == 0 {
                out.push('Z');
            } else {
                let _ = write!(out, "{}{:02}:{:02}", char::from(*plus), offset / 60, offset % 60);
            }
        }
        _ => return None,
    }
    Some(out)
}

/// Appends the fraction of a second: at most nine digits, without zeros at the end.
fn fraction(rest: &mut &[u8], out: &mut String) {
    let [b'.' | b',', digits @ ..] = *rest else { return };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return;
    }
    *rest = &digits[count..];
    let kept = &digits[..count.min(9)];
    let kept = &kept[..kept.iter().rposition(|byte| *byte != b'0').map_or(0, |last| last + 1)];
    if !kept.is_empty() {
        out.push('.');
        out.extend(kept.iter().map(|byte| char::from(*byte)));
    }
}

fn sign(rest: &mut &[u8], wanted: u8) -> Option<()> {
    let after = rest.strip_prefix(&[wanted])?;
    *rest = after;
    Some(())
}

/// One or two digits.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let count = rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(count);
    *rest = after;
    (count > 0).then(|| digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
