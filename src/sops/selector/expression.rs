//! Go's regular expressions (RE2, <https://pkg.go.dev/regexp/syntax>), in which selectors are written, as regex-lite takes them.
//!
//! Nothing is passed on as it stands: the two languages write different things alike (`\<`, `\s`, `a**`, `(?i)k`), and a selector
//! that means something else than in sops leaves values readable. What Go refuses is refused; what Go knows and this does not
//! is refused by name.

use regex_lite::Regex;

use super::set::Set;

/// Go refuses more repetitions, also as the product of nested ones.
const MOST_REPEATS: u32 = 1000;
/// Selectors are short; the time of a match grows with the length.
const LONGEST: usize = 1024;
const DEEPEST: usize = 40;
/// How many characters may be looked for at once, repetitions counted: the time of a match grows with it.
const HEAVIEST: u32 = 1024;

/// Compiles an expression of Go, and says what each byte that it is matched with costs at most.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn compile(pattern: &str) -> Result<(Regex, u32), String> {
    if pattern.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let mut parser = Parser { rest: pattern, names: Vec::new(), depth: 0 };
    let whole = parser.alternatives(Flags::default())?;
    if !parser.rest.is_empty() {
        return Err("a `)` closes nothing".to_owned());
    }
    let too_large = || "it is too large".to_owned();
    if whole.weight > HEAVIEST {
        return Err(too_large());
    }
    Ok((Regex::new(&whole.text).map_err(|_| too_large())?, whole.weight))
}

#[derive(Clone, Copy, Default)]
struct Flags {
    /// `i`: letters stand for both cases.
    fold: bool,
    /// `m`: `^` and `$` stand at lines.
    lines: bool,
    /// `s`: the dot is a line break too.
    dot_all: bool,
}

/// A translated part.
struct Part {
    text: String,
    /// The largest product of nested repetitions.
    repeats: u32,
    /// How many characters it looks for, repetitions counted.
    weight: u32,
}

impl Part {
    fn one(text: impl Into<String>) -> Part {
        Part { text: text.into(), repeats: 1, weight: 1 }
    }
}

struct Parser<'p> {
    rest: &'p str,
    /// The names of groups so far.
    names: Vec<&'p str>,
    depth: usize,
}

impl<'p> Parser<'p> {
    fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest.strip_prefix(wanted);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    /// What stands between here and the next `)` or the end.
    fn alternatives(&mut self, mut flags: Flags) -> Result<Part, String> {
        let mut whole = Part::one("");
        loop {
            let (sequence, last) = self.sequence(flags)?;
            flags = last;
            whole.text.push_str(&sequence.text);
            whole.repeats = whole.repeats.max(sequence.repeats);
            whole.weight = whole.weight.saturating_add(sequence.weight);
            if !self.take("|") {
                return Ok(whole);
            }
            whole.text.push('|');
        }
    }

    /// What stands between here and the next `|`, `)` or the end, and the flags there: they hold till the end of the group.
    fn sequence(&mut self, mut flags: Flags) -> Result<(Part, Flags), String> {
        let mut parts: Vec<Part> = Vec::new();
        let mut repeated = false;
        while let Some(next) = self.rest.chars().next() {
            if next == '|' || next == ')' {
                break;
            }
            if let Some((least, most, text)) = self.repetition()? {
                if repeated {
                    return Err("two repetitions stand one behind the other".to_owned());
                }
                let Some(part) = parts.pop() else { return Err("a repetition has nothing before it".to_owned()) };
                parts.push(repeat(part, least, most, &text)?);
                repeated = true;
                continue;
            }
            repeated = false;
            if self.take("(") {
                self.group(&mut flags, &mut parts)?;
            } else if self.take("\\Q") {
                let (literal, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                for character in literal.chars() {
                    parts.push(Part::one(Set::of(character).folded(flags.fold)?.text()?));
                }
            } else {
                parts.push(Part::one(self.atom(flags)?));
            }
        }
        let repeats = parts.iter().map(|part| part.repeats).max().unwrap_or(1);
        let weight = parts.iter().fold(1, |weight: u32, part| weight.saturating_add(part.weight));
        Ok((Part { text: parts.into_iter().map(|part| part.text).collect(), repeats, weight }, flags))
    }

    /// A repetition: the least and most times, if there is a most, and how it is written.
    fn repetition(&mut self) -> Result<Option<(u32, Option<u32>, String)>, String> {
        let simple = [("*", 0, None), ("+", 1, None), ("?", 0, Some(1))];
        let found = match simple.into_iter().find(|(sign, ..)| self.rest.starts_with(sign)) {
            Some((sign, least, most)) => {
                self.take(sign);
                (least, most, sign.to_owned())
            }
            None => match self.braces()? {
                Some((least, most)) => {
                    let most_text = most.map_or(String::new(), |most: u32| most.to_string());
                    (least, most, format!("{{{least},{most_text}}}"))
                }
                None => return Ok(None),
            },
        };
        // How greedy it is does not matter for whether it matches.
        self.take("?");
        Ok(Some(found))
    }

    /// `{2}`, `{2,}` or `{2,3}`; to Go any other brace is a literal one.
    fn braces(&mut self) -> Result<Option<(u32, Option<u32>)>, String> {
        let Some((inside, rest)) = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            return Ok(None);
        };
        let (least, most) = inside
            .split_once(',')
            .map_or((inside, Some(inside)), |(least, most)| (least, (!most.is_empty()).then_some(most)));
        let is_number = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && (text.len() == 1 || !text.starts_with('0'))
        };
        if !is_number(least) || !most.is_none_or(is_number) {
            return Ok(None);
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number <= MOST_REPEATS);
        let error = || format!("more than {MOST_REPEATS} repetitions, or more at least than at most");
        let least = number(least).ok_or_else(error)?;
        let most = most.map(|most| number(most).filter(|most| least <= *most).ok_or_else(error)).transpose()?;
        self.rest = rest;
        Ok(Some((least, most)))
    }

    /// A group, or flags for the rest of this one. The `(` is read.
    fn group(&mut self, flags: &mut Flags, parts: &mut Vec<Part>) -> Result<(), String> {
        let mut inner = *flags;
        if self.take("?P<") || self.take("?<") {
            let (name, rest) = self.rest.split_once('>').ok_or("the name of a group is not closed")?;
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !is_name || self.names.contains(&name) {
                return Err("a group has a name that is none, or that another one has".to_owned());
            }
            self.names.push(name);
            self.rest = rest;
        } else if self.take("?") {
            inner = self.flags(inner)?;
            if self.take(")") {
                *flags = inner;
                // Go repeats what stands before the flags then, which nobody means.
                return match self.rest.starts_with(['*', '+', '?', '{']) {
                    true => Err("a repetition stands behind flags".to_owned()),
                    false => Ok(()),
                };
            }
            self.take(":");
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("groups are nested deeper than {DEEPEST} levels"));
        }
        let part = self.alternatives(inner)?;
        self.depth -= 1;
        if !self.take(")") {
            return Err("a `(` is not closed".to_owned());
        }
        parts.push(Part { text: format!("(?:{})", part.text), ..part });
        Ok(())
    }

    /// Flags behind `(?`, up to the `:` or `)`.
    fn flags(&mut self, mut flags: Flags) -> Result<Flags, String> {
        let (mut on, mut is_any) = (true, false);
        while !self.rest.starts_with([':', ')']) {
            match self.next() {
                Some('i') => flags.fold = on,
                Some('m') => flags.lines = on,
                Some('s') => flags.dot_all = on,
                // Greediness, which does not matter here.
                Some('U') => {}
                Some('-') if on => {
                    (on, is_any) = (false, false);
                    continue;
                }
                Some('=' | '!' | '<') => return Err("looking ahead or behind is unknown to Go".to_owned()),
                _ => return Err("an unknown flag or group behind `(?`".to_owned()),
            }
            is_any = true;
        }
        if on || is_any { Ok(flags) } else { Err("no flag behind `(?-`".to_owned()) }
    }

    /// One character, class or place.
    fn atom(&mut self, flags: Flags) -> Result<String, String> {
        for (sign, text) in [("\\A", "(?-m:^)"), ("\\z", "(?-m:$)"), ("\\b", r"\b"), ("\\B", r"\B")] {
            if self.take(sign) {
                return Ok(text.to_owned());
            }
        }
        match self.rest.as_bytes() {
            [b'^', ..] | [b'$', ..] => {
                let sign = self.next().unwrap_or('^');
                Ok(format!("(?{}:{sign})", if flags.lines { "m" } else { "-m" }))
            }
            [b'.', ..] => {
                self.next();
                Ok(if flags.dot_all { "(?s:.)" } else { r"[^\n]" }.to_owned())
            }
            [b'[', ..] => self.class(flags.fold)?.text(),
            _ => match self.shorthand(flags.fold)? {
                Some(set) => set.text(),
                None => Set::of(self.character()?).folded(flags.fold)?.text(),
            },
        }
    }

    /// `[...]`.
    fn class(&mut self, fold: bool) -> Result<Set, String> {
        const OPEN: &str = "a `[` is not closed";
        self.next();
        let is_negated = self.take("^");
        let mut set = Set::default();
        let mut is_first = true;
        while is_first || !self.rest.starts_with(']') {
            is_first = false;
            if self.rest.is_empty() {
                return Err(OPEN.to_owned());
            }
            if let Some((name, rest)) = self.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
                let (is_negated, plain) = name.strip_prefix('^').map_or((false, name), |plain| (true, plain));
                let class = Set::posix(plain).ok_or("an unknown class between `[:` and `:]`")?.folded(fold)?;
                set.add(if is_negated { class.complement() } else { class });
                self.rest = rest;
            } else if let Some(class) = self.shorthand(fold)? {
                set.add(class);
            } else {
                let low = self.character()?;
                let is_range = self.rest.starts_with('-') && !self.rest[1..].starts_with(']') && self.rest.len() > 1;
                let high = if is_range && self.take("-") { self.character()? } else { low };
                if high < low {
                    return Err("a range runs backwards".to_owned());
                }
                set.add(Set::range(low, high).folded(fold)?);
            }
        }
        if !self.take("]") {
            return Err(OPEN.to_owned());
        }
        Ok(if is_negated { set.complement() } else { set })
    }

    /// `\d`, `\W` and the like.
    fn shorthand(&mut self, fold: bool) -> Result<Option<Set>, String> {
        let Some(letter) = self.rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) else { return Ok(None) };
        let set = match letter.to_ascii_lowercase() {
            'd' => Set::posix("digit"),
            // Without the vertical tab, unlike `[:space:]`.
            's' => Some(Set::listed(&[('\t', '\n'), ('\x0C', '\r'), (' ', ' ')])),
            'w' => Set::posix("word"),
            'p' => return Err(format!("the Unicode class `\\{letter}` is not supported")),
            _ => None,
        };
        let Some(set) = set else { return Ok(None) };
        self.rest = &self.rest[2..];
        let set = set.folded(fold)?;
        Ok(Some(if letter.is_ascii_uppercase() { set.complement() } else { set }))
    }

    /// One character, as it is or escaped.
    fn character(&mut self) -> Result<char, String> {
        let first = self.next().ok_or("a character is missing")?;
        if first != '\\' {
            return Ok(first);
        }
        let escaped = self.next().ok_or("a backslash stands at the end")?;
        Ok(match escaped {
            'a' => '\x07',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0B',
            'x' => self.hexadecimal().ok_or("no character of hexadecimal digits behind `\\x`")?,
            '0'..='7' => {
                let more = self.rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                if escaped != '0' && more == 0 {
                    return Err(format!("the back reference `\\{escaped}` is unknown to Go"));
                }
                let (digits, rest) = self.rest.split_at(more);
                self.rest = rest;
                let number = u32::from_str_radix(&format!("{escaped}{digits}"), 8).ok();
                number.and_then(char::from_u32).ok_or("no character behind a backslash")?
            }
            sign if sign.is_ascii() && !sign.is_ascii_alphanumeric() => sign,
            other => return Err(format!("`\\{}` is unknown to Go", other.escape_debug())),
        })
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let (digits, rest) = match self.rest.strip_prefix('{') {
            Some(inside) => inside.split_once('}')?,
            None => self.rest.split_at_checked(2)?,
        };
        let is_number =
            !digits.is_empty() && digits.len() <= 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?).filter(|_| is_number)?;
        self.rest = rest;
        Some(character)
    }
}

fn repeat(part: Part, least: u32, most: Option<u32>, sign: &str) -> Result<Part, String> {
    let times = most.unwrap_or(least).max(1);
    let repeats = part.repeats.saturating_mul(times);
    if repeats > MOST_REPEATS {
        return Err(format!("nested repetitions add up to more than {MOST_REPEATS}"));
    }
    let weight = part.weight.saturating_mul(times);
    Ok(Part { text: format!("(?:{}){sign}", part.text), repeats, weight })
}
