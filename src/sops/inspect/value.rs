//! One sealed value: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What a text says that it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Says<'t> {
    /// Nothing of a seal.
    Nothing,
    /// A whole sealed value of this type (`str`, `int`, ...).
    Sealed(&'t str),
    /// The beginning of a sealed value, and not all of it.
    Cut,
    /// A whole sealed value by its form, with text in it where a seal has random bytes.
    Disguise,
}

/// What a text says that it is.
///
/// Narrower than `sops`, whose pattern has no end: text behind the closing bracket would stay readable.
pub(super) fn says(text: &str) -> Says<'_> {
    if !text.starts_with("ENC[") {
        return Says::Nothing;
    }
    match parts(text) {
        Some((data, iv, tag, _)) if is_text(&data) || is_text(&iv) || is_text(&tag) => Says::Disguise,
        Some((_, _, _, type_)) => Says::Sealed(type_),
        None => Says::Cut,
    }
}

/// The type of a whole sealed value; `None` for whatever is none.
pub(super) fn sealed_type(text: &str) -> Option<&str> {
    match says(text) {
        Says::Sealed(type_) => Some(type_),
        _ => None,
    }
}

type Parts<'t> = (Vec<u8>, Vec<u8>, Vec<u8>, &'t str);

/// Ciphertext, initialization vector, tag and type. A tag of GCM has 16 bytes; sops makes vectors of 32, and nobody takes less
/// than 12.
fn parts(text: &str) -> Option<Parts<'_>> {
    let mut parts = text.strip_prefix("ENC[AES256_GCM,")?.strip_suffix(']')?.split(',');
    let mut part = |name: &str| parts.next()?.strip_prefix(name);
    let (data, iv, tag, type_) = (part("data:")?, part("iv:")?, part("tag:")?, part("type:")?);
    let bytes = |part: &str| STANDARD.decode(part).ok().filter(|bytes| !bytes.is_empty());
    let (data, iv, tag) = (bytes(data)?, bytes(iv)?, bytes(tag)?);
    let is_word = !type_.is_empty() && type_.bytes().all(|byte| byte.is_ascii_lowercase());
    (parts.next().is_none() && tag.len() == 16 && iv.len() >= 12 && is_word).then_some((data, iv, tag, type_))
}

/// Whether bytes are text or all the same, which 16 random ones are once in seven millions.
fn is_text(bytes: &[u8]) -> bool {
    const ENOUGH: usize = 16;
    let is_readable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    let is_letter = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let is_foreign =
        || bytes.len() >= ENOUGH + 8 && std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_letter));
    bytes.len() >= ENOUGH
        && (bytes.iter().all(is_readable) || is_foreign() || bytes.iter().all(|byte| *byte == bytes[0]))
}

#[cfg(test)]
mod tests {
    use super::{STANDARD, Says, says, sealed_type};
    use base64::Engine as _;

    /// A value sealed by sops 3.13.3.
    const SEALED: &str = "ENC[AES256_GCM,data:sv5RCStsIhde0N8y,iv:kS6PdBMmaRsxZaXikcaVp7r8X22z/z5hK2Z0ddZptfE=,\
                          tag:ZkXmEZUROUbxfSnkM5x7gQ==,type:str]";

    #[test]
    fn whole_values_only() {
        assert_eq!(sealed_type(SEALED), Some("str"));
        assert_eq!(sealed_type(&SEALED.replace("type:str", "type:int")), Some("int"));
        assert_eq!(says("hunter2"), Says::Nothing);
        for (what, to) in [
            ("ENC[", "ENC[["),
            ("]", ""),
            ("]", "] hunter2"),
            ("AES256_GCM", "AES128_GCM"),
            ("data:sv5RCStsIhde0N8y", "data:"),
            ("data:sv5RCStsIhde0N8y", "data:hunter2"),
            ("data:sv5RCStsIhde0N8y", "data:my secret value"),
            ("tag:ZkXmEZUROUbxfSnkM5x7gQ==", "tag:ZkXmEZUROUbxfSnkM5x7"),
            ("iv:kS6PdBMmaRsxZaXikcaVp7r8X22z/z5hK2Z0ddZptfE=", "iv:kS6P"),
            ("type:str", "type:"),
            ("type:str", "type:hunter2"),
            ("type:str", "type:str,note:x"),
            (",type:str", ""),
            ("iv:", "tag:"),
        ] {
            let damaged = SEALED.replacen(what, to, 1);
            assert_ne!(damaged, SEALED);
            assert_eq!(says(&damaged), Says::Cut, "{damaged}");
        }
    }

    #[test]
    fn text_in_the_form_of_a_seal() {
        let part = |name: &str| {
            let start = SEALED.find(name).map_or(0, |at| at + name.len());
            let end = SEALED[start..].find(',').map_or(SEALED.len(), |at| start + at);
            SEALED[start..end].to_owned()
        };
        for (name, content) in [
            ("data:", "correct horse battery staple"),
            ("data:", "aHVudGVyMmh1bnRlcjI="),
            ("data:", "füße und bärte und größe"),
            ("iv:", "12345678901234567890123456789012"),
            ("tag:", "AAAAAAAAAAAAAAAA"),
            ("tag:", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ] {
            let fake = SEALED.replacen(&part(name), &STANDARD.encode(content), 1);
            assert_ne!(fake, SEALED);
            assert_eq!(says(&fake), Says::Disguise, "{name} {content}");
        }
    }
}
