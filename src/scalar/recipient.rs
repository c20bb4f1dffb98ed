//! Who may open a sealed file.

use std::str::FromStr;

text_type! {
    /// An age recipient: the public X25519 key of a holder (`age1...`). A private key is never echoed.
    AgeRecipient, "age-recipient", age_recipient
}

fn age_recipient(text: &str) -> Result<(), String> {
    let upper = text.trim_start().to_ascii_uppercase();
    if upper.contains("AGE-SECRET-KEY-") || upper.starts_with("AGE-PLUGIN-") || upper.contains("PRIVATE KEY") {
        return Err(
            "this is a private key, which must never stand in a repository: make a new one, put its public key \
                    (`age-keygen -y FILE`) here and change what the old one could open"
                .to_owned(),
        );
    }
    if text.starts_with("ssh-") {
        return Err("is an ssh key, which is not taken as a recipient: `age-keygen` makes an age key".to_owned());
    }
    if text.starts_with("age1pq1") {
        return Err(
            "is a post-quantum recipient, which this gen does not know: `age-keygen` without `-pq` makes one that \
                    Flux and every sops read"
                .to_owned(),
        );
    }
    if text.contains(|c: char| c.is_whitespace() || c == ',') {
        return Err("must be one public key, without spaces, commas or line breaks".to_owned());
    }
    if text.starts_with("age1") && text.rfind('1') > Some(3) {
        return Err("is a recipient of an age plugin, which Flux cannot run: `age-keygen` makes one without".to_owned());
    }
    if !text.starts_with("age1") {
        return Err("is no age recipient: they start with `age1` (`age-keygen -y FILE` prints it)".to_owned());
    }
    match age::x25519::Recipient::from_str(text) {
        Ok(_) => Ok(()),
        Err(_) => Err("is no age recipient: mistyped or cut off, its checksum does not fit".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::AgeRecipient;

    const PUBLIC: &str = "age19y5gw76lhk5ghchsr3ju2m9etj7ggcn97sddmum0y25xde8n75asxf2mh0";

    #[test]
    fn recipients() {
        assert_eq!(AgeRecipient::parse(PUBLIC).unwrap().as_str(), PUBLIC);
        for (text, word) in [
            ("", "`age1`"),
            ("bob", "`age1`"),
            ("age1", "checksum"),
            (&PUBLIC[..60], "checksum"),
            (&PUBLIC.replace("y5g", "5yg"), "checksum"),
            (&format!("{PUBLIC} "), "spaces"),
            (&format!("{PUBLIC},{PUBLIC}"), "one public key"),
            ("age1pq1qqqq", "post-quantum"),
            ("age1yubikey1qwer", "plugin"),
            ("ssh-ed25519 AAAA", "ssh key"),
            ("AGE1ABC", "`age1`"),
        ] {
            let reason = AgeRecipient::parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    #[test]
    fn a_private_key_is_never_echoed() {
        let identity = age::x25519::Identity::generate();
        let private = age::secrecy::ExposeSecret::expose_secret(&identity.to_string()).to_owned();
        for text in [private.clone(), private.to_lowercase(), format!(" {private}"), format!("key {private}")] {
            let reason = AgeRecipient::parse(&text).unwrap_err();
            assert!(reason.contains("private key"), "{reason}");
            let secret = &private["AGE-SECRET-KEY-".len()..];
            assert!(!reason.to_uppercase().contains(secret));
        }
        assert!(AgeRecipient::parse("AGE-PLUGIN-YUBIKEY-1QQQ").unwrap_err().contains("private key"));
    }
}
