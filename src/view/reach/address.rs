//! Ranges of addresses.

use std::net::IpAddr;

/// The network and the number of leading bits of a range; none where the text is none.
fn range(text: &str) -> Option<(u128, u32, u32)> {
    let (address, bits) = text.trim().split_once('/')?;
    let (number, width) = number(address.parse().ok()?);
    let bits = bits.parse().ok().filter(|bits| *bits <= width)?;
    Some((number, bits, width))
}

/// An address as a number, and how many bits it has.
fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// Whether a range holds an address.
pub(super) fn holds(text: &str, address: IpAddr) -> bool {
    let (address, own) = number(address);
    range(text).is_some_and(|(network, bits, width)| {
        let rest = width - bits;
        width == own && (rest >= width || network >> rest == address >> rest)
    })
}

/// Whether an address is one that no host outside an own network reaches.
pub(in crate::view) fn is_private(address: IpAddr) -> bool {
    const PRIVATE: &[&str] = &["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
    PRIVATE.iter().any(|range| holds(range, address))
}

/// Whether a range is all addresses, or so large a part of them that it names nobody.
pub(in crate::view) fn is_wide(text: &str) -> bool {
    range(text).is_some_and(|(_, bits, width)| bits < if width == 32 { 8 } else { 16 })
}

#[cfg(test)]
mod tests {
    use super::{holds, is_wide};

    #[test]
    fn a_range_holds_what_starts_with_its_bits() {
        let is = |range: &str, address: &str| address.parse().is_ok_and(|address| holds(range, address));
        assert!(is("10.0.0.0/8", "10.255.0.1") && !is("10.0.0.0/8", "11.0.0.1"));
        assert!(is("10.1.2.3/32", "10.1.2.3") && !is("10.1.2.3/32", "10.1.2.2") && is("10.1.2.3/8", "10.9.9.9"));
        assert!(is("0.0.0.0/0", "8.8.8.8") && !is("0.0.0.0/0", "::1") && is("::/0", "::1"));
        assert!(
            is("fd00::/8", "fdff::1")
                && !is("fd00::/8", "fe80::1")
                && !is("x/8", "::1")
                && !is("10.0.0.0/33", "10.0.0.0")
        );
    }

    #[test]
    fn private_addresses_are_those_of_own_networks() {
        let is = |address: &str| address.parse().is_ok_and(super::is_private);
        assert!(is("10.1.2.3") && is("172.31.0.1") && is("192.168.1.1") && is("fd00::1"));
        assert!(!is("172.32.0.1") && !is("203.0.113.7") && !is("2001:db8::1"));
    }

    #[test]
    fn a_wide_range_names_nobody() {
        assert!(is_wide("0.0.0.0/0") && is_wide("128.0.0.0/1") && is_wide("::/0") && is_wide("2000::/3"));
        assert!(!is_wide("10.0.0.0/8") && !is_wide("fd00:1::/32") && !is_wide("0.0.0.0") && !is_wide(""));
    }
}
