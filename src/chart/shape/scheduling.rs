//! Where pods run, and label selectors.

use super::{COUNT, Form, NUMBER, TEXT, TEXT_MAP, TEXTS, map, one_of, shape};
use crate::chart::{Kind, Shape};

pub(super) const LABEL_SELECTOR: Form = map(
    &[
        ("matchLabels", TEXT_MAP),
        (
            "matchExpressions",
            Form::List(&map(
                &[("key", TEXT), ("operator", one_of(&["In", "NotIn", "Exists", "DoesNotExist"])), ("values", TEXTS)],
                &["key", "operator"],
            )),
        ),
    ],
    &[],
);

const REQUIREMENTS: Form = Form::List(&map(
    &[("key", TEXT), ("operator", one_of(&["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"])), ("values", TEXTS)],
    &["key", "operator"],
));
const NODE_TERM: Form = map(&[("matchExpressions", REQUIREMENTS), ("matchFields", REQUIREMENTS)], &[]);
const POD_TERM: Form = map(
    &[
        ("labelSelector", shape(Shape::LabelSelector)),
        ("matchLabelKeys", TEXTS),
        ("mismatchLabelKeys", TEXTS),
        ("namespaceSelector", shape(Shape::LabelSelector)),
        ("namespaces", TEXTS),
        ("topologyKey", TEXT),
    ],
    &["topologyKey"],
);
const WEIGHT: Form = Form::Is(Kind::Integer(1, 100));
const POD_AFFINITY: Form = map(
    &[
        ("requiredDuringSchedulingIgnoredDuringExecution", Form::List(&POD_TERM)),
        (
            "preferredDuringSchedulingIgnoredDuringExecution",
            Form::List(&map(&[("weight", WEIGHT), ("podAffinityTerm", POD_TERM)], &["weight", "podAffinityTerm"])),
        ),
    ],
    &[],
);
pub(super) const AFFINITY: Form = map(
    &[
        (
            "nodeAffinity",
            map(
                &[
                    (
                        "requiredDuringSchedulingIgnoredDuringExecution",
                        map(&[("nodeSelectorTerms", Form::List(&NODE_TERM))], &["nodeSelectorTerms"]),
                    ),
                    (
                        "preferredDuringSchedulingIgnoredDuringExecution",
                        Form::List(&map(&[("weight", WEIGHT), ("preference", NODE_TERM)], &["weight", "preference"])),
                    ),
                ],
                &[],
            ),
        ),
        ("podAffinity", POD_AFFINITY),
        ("podAntiAffinity", POD_AFFINITY),
    ],
    &[],
);

pub(super) const TOLERATIONS: Form = Form::List(&map(
    &[
        ("key", TEXT),
        ("operator", one_of(&["Exists", "Equal", "Lt", "Gt", ""])),
        ("value", TEXT),
        ("effect", one_of(&["NoSchedule", "PreferNoSchedule", "NoExecute", ""])),
        ("tolerationSeconds", NUMBER),
    ],
    &[],
));

const HONOR: Form = one_of(&["Honor", "Ignore"]);
pub(super) const TOPOLOGY_SPREAD: Form = Form::List(&map(
    &[
        ("maxSkew", Form::Is(Kind::Integer(1, i64::MAX))),
        ("minDomains", COUNT),
        ("topologyKey", TEXT),
        ("whenUnsatisfiable", one_of(&["DoNotSchedule", "ScheduleAnyway"])),
        ("labelSelector", shape(Shape::LabelSelector)),
        ("matchLabelKeys", TEXTS),
        ("nodeAffinityPolicy", HONOR),
        ("nodeTaintsPolicy", HONOR),
    ],
    &["maxSkew", "topologyKey", "whenUnsatisfiable"],
));
