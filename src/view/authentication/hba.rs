//! The lines of a pg_hba.conf.
//!
//! Source: <https://www.postgresql.org/docs/17/auth-pg-hba-conf.html>.

/// A line about connections over a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::view) struct Line {
    /// `host`, `hostssl` or another one.
    pub(in crate::view) kind: String,
    /// From where.
    pub(in crate::view) address: String,
    pub(in crate::view) method: String,
}

impl Line {
    /// Whether it lets other hosts in without asking.
    pub(in crate::view) fn trusts(&self) -> bool {
        self.method == "trust" && !self.is_local()
    }

    /// Whether it is about the machine itself.
    pub(in crate::view) fn is_local(&self) -> bool {
        self.address.starts_with("127.")
            || self.address.starts_with("::1")
            || self.address == "samehost"
            || self.address == "localhost"
    }

    /// Whether it is about every address.
    pub(in crate::view) fn is_for_all(&self) -> bool {
        self.address == "all" || self.address.ends_with("/0")
    }

    /// Whether connections need not be encrypted.
    pub(in crate::view) fn takes_plain(&self) -> bool {
        matches!(self.kind.as_str(), "host" | "hostnossl" | "hostnogssenc")
    }
}

/// The lines about connections over a network.
pub(in crate::view) fn lines(text: &str) -> Vec<Line> {
    text.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Line> {
    let text = text.split('#').next().unwrap_or_default();
    let mut words = text.split_whitespace().map(|word| word.trim_matches('"'));
    let kind = words.next().filter(|kind| kind.starts_with("host"))?.to_owned();
    let (_database, _user) = (words.next()?, words.next()?);
    let mut address = words.next()?.to_owned();
    let mut method = words.next()?;
    // A mask may stand behind the address in a field of its own.
    if method.contains(['.', ':']) {
        if method.chars().all(|c| matches!(c, '0' | '.' | ':')) {
            address.push_str("/0");
        }
        method = words.next()?;
    }
    Some(Line { kind, address, method: method.to_ascii_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn the_lines_of_hosts_are_read() {
        let text = "# host all all all trust\nlocal all all trust\nhost all all 127.0.0.1/32 trust\n\
                    host all all 0.0.0.0 0.0.0.0 md5\nhostssl \"all\" all all scram-sha-256 # x\nhost all all";
        let read = lines(text);
        let told: Vec<(&str, &str, &str)> =
            read.iter().map(|line| (line.kind.as_str(), line.address.as_str(), line.method.as_str())).collect();
        let expected =
            [("host", "127.0.0.1/32", "trust"), ("host", "0.0.0.0/0", "md5"), ("hostssl", "all", "scram-sha-256")];
        assert_eq!(told, expected);
        assert!(!read[0].trusts() && read[1].is_for_all() && read[1].takes_plain() && !read[2].takes_plain());
        assert!(lines("host all all 10.0.0.0/8 trust")[0].trusts());
    }
}
