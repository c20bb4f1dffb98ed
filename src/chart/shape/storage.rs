//! Volumes, their mounts, and what claims are filled from.

use super::{
    ANY, BOOL, COUNT, Form, NAMED, QUANTITY, TEXT, TEXT_MAP, choice, map, one_of,
    pod::{FIELD, RESOURCE_FIELD},
};
use crate::chart::Kind;

/// Permission bits; a manifest's `0400` is octal and arrives here as 256.
const MODE: Form = Form::Is(Kind::Integer(0, 0o777));
const ITEMS: Form = Form::List(&map(&[("key", TEXT), ("path", TEXT), ("mode", MODE)], &["key", "path"]));
const FILES: Form = Form::List(&choice(
    &[("path", TEXT), ("fieldRef", FIELD), ("resourceFieldRef", RESOURCE_FIELD), ("mode", MODE)],
    &["path"],
    &["fieldRef", "resourceFieldRef"],
));
/// Sources that are rare, or gone from Kubernetes: any keys.
const OPEN: Form = Form::Each(&ANY);

const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];

pub(super) const VOLUMES: Form = Form::List(&VOLUME);
// A volume without a source is an emptyDir.
const VOLUME: Form = choice(
    &[
        ("name", TEXT),
        ("configMap", map(&[("name", TEXT), ("items", ITEMS), ("defaultMode", MODE), ("optional", BOOL)], &[])),
        ("secret", map(&[("secretName", TEXT), ("items", ITEMS), ("defaultMode", MODE), ("optional", BOOL)], &[])),
        ("emptyDir", map(&[("medium", TEXT), ("sizeLimit", QUANTITY)], &[])),
        ("persistentVolumeClaim", map(&[("claimName", TEXT), ("readOnly", BOOL)], &["claimName"])),
        ("hostPath", map(&[("path", TEXT), ("type", TEXT)], &["path"])),
        ("nfs", map(&[("server", TEXT), ("path", TEXT), ("readOnly", BOOL)], &["server", "path"])),
        (
            "csi",
            map(
                &[
                    ("driver", TEXT),
                    ("fsType", TEXT),
                    ("readOnly", BOOL),
                    ("volumeAttributes", TEXT_MAP),
                    ("nodePublishSecretRef", NAMED),
                ],
                &["driver"],
            ),
        ),
        ("downwardAPI", map(&[("items", FILES), ("defaultMode", MODE)], &[])),
        ("projected", map(&[("sources", Form::List(&PROJECTION)), ("defaultMode", MODE)], &[])),
        ("image", map(&[("reference", TEXT), ("pullPolicy", one_of(&["Always", "IfNotPresent", "Never", ""]))], &[])),
        ("ephemeral", map(&[("volumeClaimTemplate", OPEN)], &[])),
        ("awsElasticBlockStore", OPEN),
        ("azureDisk", OPEN),
        ("azureFile", OPEN),
        ("cephfs", OPEN),
        ("cinder", OPEN),
        ("fc", OPEN),
        ("flexVolume", OPEN),
        ("flocker", OPEN),
        ("gcePersistentDisk", OPEN),
        ("gitRepo", OPEN),
        ("glusterfs", OPEN),
        ("iscsi", OPEN),
        ("photonPersistentDisk", OPEN),
        ("portworxVolume", OPEN),
        ("quobyte", OPEN),
        ("rbd", OPEN),
        ("scaleIO", OPEN),
        ("storageos", OPEN),
        ("vsphereVolume", OPEN),
    ],
    &["name"],
    SOURCES,
);
const PROJECTED: Form = map(&[("name", TEXT), ("items", ITEMS), ("optional", BOOL)], &[]);
const PROJECTION: Form = map(
    &[
        ("configMap", PROJECTED),
        ("secret", PROJECTED),
        ("downwardAPI", map(&[("items", FILES)], &[])),
        ("serviceAccountToken", map(&[("audience", TEXT), ("expirationSeconds", COUNT), ("path", TEXT)], &["path"])),
        ("clusterTrustBundle", OPEN),
        ("podCertificate", OPEN),
    ],
    &[],
);

pub(super) const VOLUME_MOUNTS: Form = Form::List(&choice(
    &[
        ("name", TEXT),
        ("mountPath", TEXT),
        ("subPath", TEXT),
        ("subPathExpr", TEXT),
        ("readOnly", BOOL),
        ("recursiveReadOnly", one_of(&["Disabled", "IfPossible", "Enabled"])),
        ("mountPropagation", one_of(&["None", "HostToContainer", "Bidirectional"])),
    ],
    &["name", "mountPath"],
    &["subPath", "subPathExpr"],
));

pub(super) const DATA_SOURCE: Form =
    map(&[("apiGroup", TEXT), ("kind", TEXT), ("name", TEXT), ("namespace", TEXT)], &["kind", "name"]);
