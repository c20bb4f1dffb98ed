//! Certificates that clients would refuse, now or soon: seen with a key only.

use std::time::{Duration, SystemTime};

use super::judged::{Credential, Judged};
use crate::{
    diagnostic::{Finding, Severity},
    mint::{Certificate, KeyMatch},
    part::{self, CertificateText},
    scalar::Date,
};

/// How long before its end a certificate is spoken of.
const SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What is wrong, as of `now`, with the certificates of files that were opened.
#[must_use]
pub fn findings(opened: &[Judged<'_>], now: SystemTime) -> Vec<Finding> {
    opened.iter().filter_map(|judged| Set::of(judged, now)).flat_map(|set| set.findings()).collect()
}

/// The texts of a server certificate in one file, as far as they are there.
struct Set<'a> {
    judged: &'a Judged<'a>,
    certificate: Credential<'a>,
    private_key: Option<Credential<'a>>,
    authority: Option<Credential<'a>>,
    /// The name that clients are told; empty where nobody knows it.
    name: &'a str,
    now: SystemTime,
}

impl<'a> Set<'a> {
    fn of(judged: &'a Judged<'a>, now: SystemTime) -> Option<Set<'a>> {
        let named = |wanted: CertificateText| match judged.demand {
            Some(demand) => demand.keys.iter().find_map(|key| match &key.credential {
                part::Credential::Certificate { text, names } if *text == wanted => {
                    Some((key.name.as_str(), names.first().map_or("", String::as_str)))
                }
                _ => None,
            }),
            None => Some(match wanted {
                CertificateText::Certificate => ("tls.crt", ""),
                CertificateText::PrivateKey => ("tls.key", ""),
                CertificateText::Authority => ("ca.crt", ""),
            }),
        };
        let text = |wanted| {
            let (key, _) = named(wanted)?;
            judged.credentials().into_iter().find(|credential| credential.key == key)
        };
        Some(Set {
            judged,
            name: named(CertificateText::Certificate)?.1,
            certificate: text(CertificateText::Certificate)?,
            private_key: text(CertificateText::PrivateKey),
            authority: text(CertificateText::Authority),
            now,
        })
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let chain = match Certificate::read(&self.certificate.value) {
            Ok(chain) => chain,
            Err(reason) => return vec![self.unreadable(&self.certificate, &reason)],
        };
        let [server, above @ ..] = chain.as_slice() else { return findings };
        if let Some(key) = &self.private_key {
            let message = match server.fits(&key.value) {
                Ok(KeyMatch::Pair | KeyMatch::Unknown) => None,
                Ok(KeyMatch::Other) => Some(format!(
                    "`{}` is not the private key of `{}`: the server would not start",
                    key.path, self.certificate.path
                )),
                Err(reason) => Some(format!("`{}` cannot be used: {reason}", key.path)),
            };
            findings.extend(message.map(|message| self.wrong(key, message)));
        }
        if !self.name.is_empty() && !server.is_for(self.name) {
            let message = format!(
                "the certificate in `{}` does not count for {}: clients that verify it do not connect",
                self.certificate.path, self.name
            );
            findings.push(self.wrong(&self.certificate, message));
        }
        findings.extend(self.time(&self.certificate, &chain));
        if let Some(authority) = &self.authority {
            match Certificate::read(&authority.value) {
                Err(reason) => findings.push(self.unreadable(authority, &reason)),
                Ok(authorities) => {
                    // The server's certificate may bring others between it and the authority.
                    let last = above.iter().fold(server, |last, next| match last.is_signed_by(next) {
                        Some(false) => last,
                        _ => next,
                    });
                    if authorities.iter().all(|authority| last.is_signed_by(authority) == Some(false)) {
                        let message = format!(
                            "the authority in `{}` did not sign the certificate in `{}`: clients that trust it do not connect",
                            authority.path, self.certificate.path
                        );
                        findings.push(self.wrong(authority, message));
                    }
                    findings.extend(self.time(authority, &authorities));
                }
            }
        }
        findings
    }

    /// The certificate of these that stops counting first, where that is soon.
    fn time(&self, at: &Credential<'_>, certificates: &[Certificate]) -> Option<Finding> {
        if let Some(later) = certificates.iter().find(|certificate| certificate.begins() > self.now) {
            let message = format!("`{}` does not count before {}", at.path, Date::of(later.begins()));
            return Some(self.wrong(at, message));
        }
        let ends = certificates.iter().map(Certificate::ends).min()?;
        let left = ends.duration_since(self.now);
        let (severity, message) = match left {
            Err(_) => (Severity::Error, format!("`{}` ended on {}: clients refuse it", at.path, Date::of(ends))),
            Ok(left) if left < SOON => {
                let severity = if self.judged.is_production { Severity::Error } else { Severity::Warning };
                let days = left.as_secs() / 86_400;
                (severity, format!("`{}` ends on {}, in {days} days", at.path, Date::of(ends)))
            }
            Ok(_) => return None,
        };
        Some(Finding { severity, ..self.finding("certificate-ends", at, message) })
    }

    fn unreadable(&self, at: &Credential<'_>, reason: &str) -> Finding {
        self.wrong(at, format!("`{}` cannot be used: {reason}", at.path))
    }

    fn wrong(&self, at: &Credential<'_>, message: String) -> Finding {
        self.finding("wrong-certificate", at, message)
    }

    fn finding(&self, rule: &'static str, at: &Credential<'_>, message: String) -> Finding {
        let help = match self.judged.demand {
            Some(demand) => format!(
                "`gen secret rotate {} {}` makes a new certificate, and says what the running service needs",
                self.judged.environment, demand.name
            ),
            None => format!("put the right one in with `gen secret edit {}`", self.judged.file),
        };
        Finding::error(rule, at.place.clone(), message).help(help).at(&at.path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
