//! Bitnami's `postgresql` chart.

use super::{Chart, Image};

/// Git tag `postgresql/17.0.2` of bitnami/charts (commit b6318363). All three images go through the chart's image check,
/// unused ones too (`common.errors.insecureImages`, called in NOTES.txt), so all three are always set.
pub(super) const V17_0_2: Chart = Chart {
    name: "postgresql",
    version: "17.0.2",
    dependencies: &[("common", "2.31.4")],
    images: &[
        Image { role: "postgresql", path: "image" },
        Image { role: "os-shell", path: "volumePermissions.image" },
        Image { role: "postgres-exporter", path: "metrics.image" },
    ],
};
