//! What a plain scalar means, and to whom. Three readers stand for the world: the YAML 1.2 core schema (YAML 1.2.2, section
//! 10.3.2), go-yaml v2 (`resolve.go`, what Kubernetes reads with) and PyYAML (`resolver.py`, YAML 1.1).

/// What a reader makes of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A float, `.inf` and `.nan` included.
    Float(f64),
    /// Text. Dates are text too: every reader's text of a date is the date.
    Text,
    /// Something that has no place in JSON, such as PyYAML's `=`.
    Other,
}

/// The words that are no text to every reader alike.
pub(super) fn word(text: &str) -> Option<Scalar> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// The words that YAML 1.1 adds.
fn old_word(text: &str) -> Option<Scalar> {
    Some(match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        _ => return None,
    })
}

/// As the YAML 1.2 core schema reads it.
pub(super) fn core(text: &str) -> Scalar {
    if let Some(scalar) = word(text) {
        return scalar;
    }
    let (negative, digits) = sign(text);
    if is_all(digits, |byte| byte.is_ascii_digit()) {
        return integer(negative, digits, 10).unwrap_or_else(|| float(text));
    }
    let based = |prefix, radix| text.strip_prefix(prefix).and_then(|digits| integer(false, digits, radix));
    if let Some(scalar) = based("0o", 8).or_else(|| based("0x", 16)) {
        return scalar;
    }
    if is_float(digits) { float(text) } else { Scalar::Text }
}

/// As go-yaml v2, and with it `sigs.k8s.io/yaml`, reads it. A date stays the text it is written as.
pub(super) fn go(text: &str) -> Scalar {
    let first = text.bytes().next().unwrap_or(b'~');
    if !matches!(
        first,
        b'+' | b'-' | b'.' | b'0'..=b'9' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~'
    ) {
        return Scalar::Text;
    }
    let own_word = match text {
        "y" | "Y" => Some(Scalar::Bool(true)),
        "n" | "N" => Some(Scalar::Bool(false)),
        _ => None,
    };
    if let Some(scalar) = word(text).or_else(|| old_word(text)).or(own_word) {
        return scalar;
    }
    if first == b'.' {
        return if is_float(text) { finite(text) } else { Scalar::Text };
    }
    if !matches!(first, b'+' | b'-' | b'0'..=b'9') {
        return Scalar::Text;
    }
    let plain = text.replace('_', "");
    let (negative, digits) = sign(&plain);
    let whole = go_integer(negative, digits).filter(|value| match value {
        Scalar::Int(value) => (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(value),
        _ => false,
    });
    // ParseUint takes no sign: +9223372036854775808 is a float.
    let signed = digits.len() < plain.len();
    let too_big = matches!(whole, Some(Scalar::Int(value)) if signed && value > i128::from(i64::MAX));
    match whole {
        Some(scalar) if !too_big => scalar,
        _ if is_float(digits) => finite(&plain),
        _ => Scalar::Text,
    }
}

/// Go's `ParseInt` with base 0.
pub(super) fn go_integer(negative: bool, digits: &str) -> Option<Scalar> {
    match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => integer(negative, &digits[2..], 16),
        [b'0', b'b' | b'B', ..] => integer(negative, &digits[2..], 2),
        [b'0', b'o' | b'O', ..] => integer(negative, &digits[2..], 8),
        [b'0', _, ..] => integer(negative, &digits[1..], 8),
        _ => integer(negative, digits, 10),
    }
}

/// As PyYAML reads it, `y` and `n` aside, which are text to it.
pub(super) fn python(text: &str) -> Scalar {
    // PyYAML cannot read the first two, nor a tab inside a plain text.
    if matches!(text, "=" | "<<") || text.contains('\t') {
        return Scalar::Other;
    }
    if let Some(scalar) = word(text).or_else(|| old_word(text)) {
        return scalar;
    }
    let (negative, body) = sign(text);
    if !body.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Scalar::Text;
    }
    let plain = body.replace('_', "");
    if let Some(digits) =
        body.strip_prefix("0b").filter(|digits| is_all(digits, |byte| matches!(byte, b'0' | b'1' | b'_')))
    {
        return integer(negative, &digits.replace('_', ""), 2).unwrap_or(Scalar::Other);
    }
    if let Some(digits) =
        body.strip_prefix("0x").filter(|digits| is_all(digits, |byte| byte.is_ascii_hexdigit() || byte == b'_'))
    {
        return integer(negative, &digits.replace('_', ""), 16).unwrap_or(Scalar::Other);
    }
    if body.starts_with('0') && is_all(&body[1..], |byte| matches!(byte, b'0'..=b'7' | b'_')) {
        return integer(negative, &plain, 8).unwrap_or(Scalar::Other);
    }
    if body == "0" || (!body.starts_with(['0', '.']) && is_all(body, |byte| byte.is_ascii_digit() || byte == b'_')) {
        return integer(negative, &plain, 10).unwrap_or(Scalar::Other);
    }
    if body.contains(':') {
        return if is_base_60(body) { Scalar::Other } else { Scalar::Text };
    }
    python_float(text, body)
}

/// `[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?` or, without a sign, `\.[0-9][0-9_]*([eE][-+][0-9]+)?`.
fn python_float(text: &str, body: &str) -> Scalar {
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    if exponent.is_some_and(|exponent| {
        !exponent.starts_with(['+', '-']) || !is_all(&exponent[1..], |byte| byte.is_ascii_digit())
    }) {
        return Scalar::Text;
    }
    let Some((whole, fraction)) = mantissa.split_once('.') else {
        return Scalar::Text;
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let starts = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    let unsigned = body.len() == text.len();
    let shaped = if whole.is_empty() { unsigned && starts(fraction) } else { starts(whole) };
    if shaped && digits(whole) && digits(fraction) { float(&text.replace('_', "")) } else { Scalar::Text }
}

/// `[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: 12:30:45 as 45045.
fn is_base_60(body: &str) -> bool {
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let leading_zero = fraction.is_none() && first.starts_with('0');
    first.starts_with(|first: char| first.is_ascii_digit())
        && !leading_zero
        && first.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
        && parts.all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
        && fraction.is_none_or(|fraction| fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_'))
}

pub(super) fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn is_all(text: &str, test: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(test)
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, the float of YAML 1.2 and of go-yaml, sign aside.
pub(super) fn is_float(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(sign(&digits[at + 1..]).1)),
        None => (digits, None),
    };
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && number(fraction),
        Some((whole, fraction)) => number(whole) && number(fraction),
        None => !mantissa.is_empty() && number(mantissa),
    };
    shaped && exponent.is_none_or(|exponent| !exponent.is_empty() && number(exponent))
}

fn integer(negative: bool, digits: &str, radix: u32) -> Option<Scalar> {
    if !is_all(digits, |byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    Some(Scalar::Int(if negative { -value } else { value }))
}

fn float(text: &str) -> Scalar {
    text.parse().map_or(Scalar::Text, Scalar::Float)
}

/// Go's `ParseFloat` refuses what is out of range, and the text stays a text.
fn finite(text: &str) -> Scalar {
    match float(text) {
        Scalar::Float(value) if value.is_finite() => Scalar::Float(value),
        _ => Scalar::Text,
    }
}

/// The text that `sigs.k8s.io/yaml` makes of a number used as a key: floats as Go's `FormatFloat(f, 'g', -1, 32)`.
pub(super) fn number_key(number: &serde_json::Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    #[allow(clippy::cast_possible_truncation, reason = "that is what Go does")]
    let float = float as f32;
    let shortest = format!("{float:e}");
    match shortest.split_once('e').and_then(|(digits, power)| Some((digits, power.parse::<i32>().ok()?))) {
        Some((digits, power)) if !(-4..6).contains(&power) => format!("{digits}e{power:+03}"),
        _ => float.to_string(),
    }
}
