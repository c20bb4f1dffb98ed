//! Passwords that a chart makes up.

use super::{At, Tree};
use crate::chart::{Facet, Target};

/// A release whose chart makes up a password.
pub struct Generated<'a> {
    /// Where a Secret should be named.
    pub at: At<'a>,
    /// The setting that names one.
    pub setting: &'static str,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Generated<'a>> {
    let one = |release: &super::Release<'a>| {
        let is_login = |path: &str| path.split('.').any(|key| key == "auth");
        let names = release.chart.settings.iter().filter(|setting| is_login(setting.path));
        let (mut first, mut is_given) = (None, false);
        for setting in names {
            let is_secret = setting.facet == Facet::Reference(Target::Secret);
            // What stands below `global` is for all charts of a release.
            if is_secret && !setting.path.starts_with("global.") {
                first = first.or(Some(setting.path));
            }
            let is_set =
                release.value(setting.path).is_some_and(|value| value.as_str() != Some("") && !value.is_null());
            is_given |= (is_secret || setting.facet == Facet::Credential) && is_set;
        }
        let setting = first.filter(|_| release.is_whole && !is_given)?;
        Some(Generated { at: release.nearest(setting), setting })
    };
    tree.releases.iter().filter_map(|valued| one(valued.release)).collect()
}
