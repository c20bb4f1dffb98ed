//! One sealed value: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`.

/// The type that a sealed value says it has (`str`, `int`, ...); `None` for whatever is not wholly sealed.
///
/// Narrower than `sops`, whose pattern has no end: text behind the closing bracket would stay readable.
pub(super) fn sealed_type(text: &str) -> Option<&str> {
    let mut parts = text.strip_prefix("ENC[AES256_GCM,")?.strip_suffix(']')?.split(',');
    let mut part = |name: &str| parts.next()?.strip_prefix(name);
    let (data, iv, tag, type_) = (part("data:")?, part("iv:")?, part("tag:")?, part("type:")?);
    // A GCM tag has 16 bytes: 22 digits and the padding.
    let sealed = is_base64(data) && is_base64(iv) && is_base64(tag) && tag.len() == 24 && tag.ends_with("==");
    (sealed && parts.next().is_none() && !type_.is_empty()).then_some(type_)
}

/// Whether a text is padded base64 of at least one byte.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padded = text.len().is_multiple_of(4) && text.len() - digits.len() <= 2;
    padded
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::sealed_type;

    /// A value sealed by sops 3.13.3.
    const SEALED: &str = "ENC[AES256_GCM,data:sv5RCStsIhde0N8y,iv:kS6PdBMmaRsxZaXikcaVp7r8X22z/z5hK2Z0ddZptfE=,\
                          tag:ZkXmEZUROUbxfSnkM5x7gQ==,type:str]";

    #[test]
    fn whole_values_only() {
        assert_eq!(sealed_type(SEALED), Some("str"));
        assert_eq!(sealed_type(&SEALED.replace("type:str", "type:int")), Some("int"));
        for (what, to) in [
            ("ENC[", "enc["),
            ("]", ""),
            ("]", "] hunter2"),
            ("AES256_GCM", "AES128_GCM"),
            ("data:sv5RCStsIhde0N8y", "data:"),
            ("data:sv5RCStsIhde0N8y", "data:hunter2"),
            ("data:sv5RCStsIhde0N8y", "data:my secret value"),
            ("tag:ZkXmEZUROUbxfSnkM5x7gQ==", "tag:ZkXmEZUROUbxfSnkM5x7"),
            ("type:str", "type:"),
            ("type:str", "type:str,note:x"),
            (",type:str", ""),
            ("iv:", "tag:"),
        ] {
            let damaged = SEALED.replacen(what, to, 1);
            assert_ne!(damaged, SEALED);
            assert_eq!(sealed_type(&damaged), None, "{damaged}");
        }
    }
}
