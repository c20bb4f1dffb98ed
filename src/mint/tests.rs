use std::time::{Duration, SystemTime};

use super::{Certificate, KeyMatch, VALID_DAYS, server_certificate};
use crate::plain::Plain;

fn names() -> Vec<String> {
    ["postgres", "postgres.shop", "postgres.shop.svc.cluster.local", "*.postgres-hl.shop.svc"].map(str::to_owned).into()
}

fn read(text: &Plain) -> Certificate {
    Certificate::read(text).unwrap_or_else(|reason| panic!("{reason}")).remove(0)
}

#[test]
fn a_new_certificate_is_what_clients_ask_for() {
    let now = SystemTime::now();
    let made = server_certificate(&names(), now).unwrap();
    let (server, authority) = (read(&made.certificate), read(&made.authority));
    assert_eq!(server.names(), names());
    assert!(server.is_for("POSTGRES") && server.is_for("postgres-0.postgres-hl.shop.svc"));
    assert!(
        !server.is_for("postgres.other") && !server.is_for("a.b.postgres-hl.shop.svc") && !server.is_for("hl.shop.svc")
    );
    assert!(authority.is_authority() && !server.is_authority());
    assert_eq!(server.is_signed_by(&authority), Some(true));
    assert_eq!(server.is_signed_by(&server), Some(false));
    assert_eq!(server.fits(&made.private_key), Ok(KeyMatch::Pair));
    let left = server.ends().duration_since(now).unwrap();
    assert!(left.as_secs().abs_diff(u64::from(VALID_DAYS) * 86_400) <= 1, "{left:?}");
    assert!(server.begins() < now && server.begins() > now - Duration::from_secs(3_700));
    assert_eq!(authority.ends(), server.ends());
}

#[test]
fn another_authority_of_the_same_name_signed_nothing() {
    let one = server_certificate(&names(), SystemTime::now()).unwrap();
    let other = server_certificate(&names(), SystemTime::now()).unwrap();
    assert_eq!(read(&one.certificate).is_signed_by(&read(&other.authority)), Some(false));
    assert_eq!(read(&one.certificate).fits(&other.private_key), Ok(KeyMatch::Other));
}

#[test]
fn names_that_fit_into_no_certificate_are_said() {
    assert!(server_certificate(&[], SystemTime::now()).is_err());
    assert!(server_certificate(&["größe".to_owned()], SystemTime::now()).is_err());
    let long = format!("{}.svc", "a".repeat(63));
    assert!(
        read(&server_certificate(std::slice::from_ref(&long), SystemTime::now()).unwrap().certificate).is_for(&long)
    );
}

#[test]
fn broken_texts_are_no_panic() {
    let made = server_certificate(&names(), SystemTime::now()).unwrap();
    for text in [&made.certificate, &made.private_key] {
        for end in 0..text.len() {
            let cut = Plain::new(text.expose()[..end].to_vec());
            let certificates = Certificate::read(&cut);
            assert!(certificates.is_err() || end + 1 == text.len(), "{end}");
            let fits = read(&made.certificate).fits(&cut);
            assert!(fits.is_err() || end + 1 >= text.len(), "{end}");
        }
    }
}
