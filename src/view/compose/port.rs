//! Ports that Compose publishes, in their short and their long spelling.
//!
//! Source: <https://docs.docker.com/reference/compose-file/services/#ports>.

use super::Composed;
use crate::{
    diagnostic::Fix,
    view::{At, Spot},
};

/// A published port.
pub(super) struct Published<'a> {
    pub(super) at: At<'a>,
    /// Whether other machines reach it: it is bound to every address of this one.
    pub(super) is_open: bool,
    /// The port of this machine with a colon, for people; empty where Docker chooses one.
    pub(super) shown: String,
    /// The ports of the container: the first and the last.
    target: (u16, u16),
    /// What to write instead.
    pub(super) bound: String,
    pub(super) fix: Option<Fix>,
}

impl Published<'_> {
    pub(super) fn targets(&self) -> impl Iterator<Item = u16> + use<> {
        // Nobody publishes thousands of ports of a database.
        (self.target.0..=self.target.1).take(64)
    }
}

const LOCAL: &str = "127.0.0.1";

pub(super) fn published<'a>(service: &Composed<'a, '_>) -> Vec<Published<'a>> {
    service.spot.items(&["ports"]).iter().filter_map(one).collect()
}

fn one<'a>(port: &Spot<'a, '_>) -> Option<Published<'a>> {
    if port.value.is_object() {
        return long(port);
    }
    let written = port.value.as_str().map_or_else(|| port.value.to_string(), str::to_owned);
    let text = filled(&written);
    let plain = text.split('/').next().unwrap_or_default();
    let (rest, container) = plain.rsplit_once(':').unwrap_or(("", plain));
    let (address, host) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, host)) => (address, host.trim_start_matches(':')),
        None => rest.rsplit_once(':').unwrap_or(("", rest)),
    };
    let bound = match (rest, address) {
        ("", _) => format!("{LOCAL}::{written}"),
        (_, "") => format!("{LOCAL}:{written}"),
        // What stands before the last two ports is the address.
        _ => {
            let ports =
                written.strip_prefix(&format!("{address}:")).or_else(|| written.split_once("]:").map(|at| at.1));
            ports.map_or(String::new(), |ports| format!("{LOCAL}:{ports}"))
        }
    };
    let fix = (!bound.is_empty()).then(|| Fix::Replace(format!("\"{bound}\"")));
    let shown = if host.is_empty() { String::new() } else { format!(":{host}") };
    Some(Published { at: port.at(), is_open: is_open(address), shown, target: range(container)?, bound, fix })
}

fn long<'a>(port: &Spot<'a, '_>) -> Option<Published<'a>> {
    let text = |key: &str| {
        let value = port.value_at(&[key])?;
        Some(filled(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    };
    let address = port.get(&["host_ip"]);
    let shown = text("published").map_or(String::new(), |published| format!(":{published}"));
    let fix = match &address {
        Some(_) => Fix::Replace(LOCAL.to_owned()),
        None => Fix::Insert("host_ip".to_owned(), LOCAL.to_owned()),
    };
    let is_open = is_open(&text("host_ip").unwrap_or_default());
    let at = address.map_or_else(|| port.at(), |address| address.at());
    let bound = format!("host_ip: {LOCAL}");
    Some(Published { at, is_open, shown, target: range(&text("target")?)?, bound, fix: Some(fix) })
}

/// Whether an address is every one that the machine has. One that a variable tells is nobody's guess.
fn is_open(address: &str) -> bool {
    matches!(address, "" | "0.0.0.0" | "::" | "*")
}

/// The first and the last of `5432-5439`.
fn range(ports: &str) -> Option<(u16, u16)> {
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
}

/// The text with the defaults of its variables; a `?` stands for one that has none.
fn filled(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let (inside, behind) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some((inside, behind)) => (inside, behind),
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                after.split_at(end)
            }
        };
        let name = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
        let default = inside[name..].trim_start_matches(':').strip_prefix('-');
        filled.push_str(default.unwrap_or("?"));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::{filled, one};
    use crate::{
        manifest::{Object, Provenance},
        view::Spot,
    };

    /// Whether it is open, the port of this machine, and what to write instead.
    fn read(port: serde_json::Value) -> Option<(bool, String, String)> {
        let object = Object { file: String::new(), body: port, provenance: Provenance::Rendered };
        one(&Spot::whole(&object)).map(|port| (port.is_open, port.shown, port.bound))
    }

    fn open(port: &str, shown: &str, bound: &str) {
        assert_eq!(read(port.into()), Some((true, shown.to_owned(), bound.to_owned())), "{port}");
    }

    fn closed(port: serde_json::Value) {
        assert!(read(port.clone()).is_none_or(|(is_open, _, _)| !is_open), "{port}");
    }

    #[test]
    fn a_port_without_an_address_is_open() {
        open("5432:5432", ":5432", "127.0.0.1:5432:5432");
        open("5432", "", "127.0.0.1::5432");
        open("15432-15433:5432-5433/tcp", ":15432-15433", "127.0.0.1:15432-15433:5432-5433/tcp");
        open("0.0.0.0:5432:5432", ":5432", "127.0.0.1:5432:5432");
        open("[::]:5432:5432", ":5432", "127.0.0.1:5432:5432");
        open("${PORT:-5432}:5432", ":5432", "127.0.0.1:${PORT:-5432}:5432");
        open("$PORT:5432", ":?", "127.0.0.1:$PORT:5432");
        assert!(read(5432.into()).is_some_and(|(is_open, _, _)| is_open));
        assert!(read(serde_json::json!({"target": 5432, "published": "5432"})).is_some_and(|port| port.0));
        assert!(read(serde_json::json!({"target": 5432, "host_ip": "0.0.0.0"})).is_some_and(|port| port.0));
    }

    #[test]
    fn a_port_of_an_address_is_not() {
        for port in ["127.0.0.1:5432:5432", "[::1]:5432:5432", "localhost:5432:5432", "10.0.0.5:5432:5432"] {
            closed(port.into());
        }
        closed("${BIND:-127.0.0.1}:5432:5432".into());
        closed("${BIND}:5432:5432".into());
        closed(serde_json::json!({"target": 5432, "published": 5432, "host_ip": "127.0.0.1"}));
        closed("nonsense".into());
    }

    #[test]
    fn a_variable_is_filled_with_its_default() {
        assert_eq!(filled("${A:-1}:${B-2}:${C}:$D/${E:?say}"), "1:2:?:?/?");
    }
}
