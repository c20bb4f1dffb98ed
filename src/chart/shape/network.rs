//! Services, network policies, host names.

use super::{Form, PORT, SCALAR, TEXT, TEXTS, map, one_of, shape};
use crate::chart::{Kind, Shape};

pub(super) const PROTOCOL: Form = one_of(&["TCP", "UDP", "SCTP", ""]);

pub(super) const SERVICE_PORTS: Form = Form::List(&SERVICE_PORT);
const SERVICE_PORT: Form = map(
    &[
        ("name", TEXT),
        ("port", PORT),
        ("targetPort", SCALAR),
        // 0 is Kubernetes' word for none.
        ("nodePort", Form::Is(Kind::Integer(0, 65535))),
        ("protocol", PROTOCOL),
        ("appProtocol", TEXT),
    ],
    &["port"],
);

pub(super) const SESSION_AFFINITY: Form =
    map(&[("clientIP", map(&[("timeoutSeconds", Form::Is(Kind::Integer(1, 86400)))], &[]))], &[]);

pub(super) const HOST_ALIASES: Form = Form::List(&map(&[("ip", TEXT), ("hostnames", TEXTS)], &["ip"]));

const PEERS: Form = Form::List(&map(
    &[
        ("podSelector", shape(Shape::LabelSelector)),
        ("namespaceSelector", shape(Shape::LabelSelector)),
        ("ipBlock", map(&[("cidr", TEXT), ("except", TEXTS)], &["cidr"])),
    ],
    &[],
));
const PORTS: Form = Form::List(&map(&[("port", SCALAR), ("endPort", PORT), ("protocol", PROTOCOL)], &[]));
pub(super) const INGRESS_RULES: Form = Form::List(&map(&[("from", PEERS), ("ports", PORTS)], &[]));
pub(super) const EGRESS_RULES: Form = Form::List(&map(&[("to", PEERS), ("ports", PORTS)], &[]));
