//! Containers and what stands in a pod's spec.

use super::{ANY, BOOL, COUNT, Form, NAMED, NUMBER, PORT, SCALAR, TEXT, TEXT_MAP, TEXTS, choice, map, one_of, shape};
use crate::chart::Shape;

const KEY_OF: Form = map(&[("name", TEXT), ("key", TEXT), ("optional", BOOL)], &["key"]);
pub(super) const FIELD: Form = map(&[("apiVersion", TEXT), ("fieldPath", TEXT)], &["fieldPath"]);
pub(super) const RESOURCE_FIELD: Form =
    map(&[("containerName", TEXT), ("resource", TEXT), ("divisor", SCALAR)], &["resource"]);

pub(super) const ENV_VARS: Form = Form::List(&ENV_VAR);
const ENV_VAR: Form = choice(
    &[
        ("name", TEXT),
        ("value", TEXT),
        (
            "valueFrom",
            choice(
                &[
                    ("secretKeyRef", KEY_OF),
                    ("configMapKeyRef", KEY_OF),
                    ("fieldRef", FIELD),
                    ("resourceFieldRef", RESOURCE_FIELD),
                    (
                        "fileKeyRef",
                        map(
                            &[("volumeName", TEXT), ("path", TEXT), ("key", TEXT), ("optional", BOOL)],
                            &["volumeName", "path", "key"],
                        ),
                    ),
                ],
                &[],
                &["secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef", "fileKeyRef"],
            ),
        ),
    ],
    &["name"],
    &["value", "valueFrom"],
);

const OPTIONAL_NAME: Form = map(&[("name", TEXT), ("optional", BOOL)], &[]);
const ENV_FROM: Form = choice(
    &[("prefix", TEXT), ("configMapRef", OPTIONAL_NAME), ("secretRef", OPTIONAL_NAME)],
    &[],
    &["configMapRef", "secretRef"],
);

pub(super) const RESOURCES: Form = map(
    &[
        ("limits", Form::Amounts),
        ("requests", Form::Amounts),
        ("claims", Form::List(&map(&[("name", TEXT), ("request", TEXT)], &["name"]))),
    ],
    &[],
);

const EXEC: Form = map(&[("command", TEXTS)], &[]);
const TCP: Form = map(&[("port", SCALAR), ("host", TEXT)], &["port"]);
const HTTP: Form = map(
    &[
        ("path", TEXT),
        ("port", SCALAR),
        ("host", TEXT),
        ("scheme", one_of(&["HTTP", "HTTPS", ""])),
        ("httpHeaders", Form::List(&map(&[("name", TEXT), ("value", TEXT)], &["name", "value"]))),
    ],
    &["port"],
);

pub(super) const PROBE: Form = choice(
    &[
        ("exec", EXEC),
        ("httpGet", HTTP),
        ("tcpSocket", TCP),
        ("grpc", map(&[("port", PORT), ("service", TEXT)], &["port"])),
        ("initialDelaySeconds", COUNT),
        ("timeoutSeconds", COUNT),
        ("periodSeconds", COUNT),
        ("successThreshold", COUNT),
        ("failureThreshold", COUNT),
        ("terminationGracePeriodSeconds", COUNT),
    ],
    &[],
    &["exec", "httpGet", "tcpSocket", "grpc"],
);

pub(super) const LIFECYCLE: Form = map(&[("postStart", HANDLER), ("preStop", HANDLER), ("stopSignal", TEXT)], &[]);
const HANDLER: Form = choice(
    &[("exec", EXEC), ("httpGet", HTTP), ("tcpSocket", TCP), ("sleep", map(&[("seconds", COUNT)], &["seconds"]))],
    &[],
    &["exec", "httpGet", "tcpSocket", "sleep"],
);

const SE_LINUX: Form = map(&[("level", TEXT), ("role", TEXT), ("type", TEXT), ("user", TEXT)], &[]);
const PROFILE: Form =
    map(&[("type", one_of(&["RuntimeDefault", "Localhost", "Unconfined"])), ("localhostProfile", TEXT)], &["type"]);
const WINDOWS: Form = map(
    &[("gmsaCredentialSpec", TEXT), ("gmsaCredentialSpecName", TEXT), ("hostProcess", BOOL), ("runAsUserName", TEXT)],
    &[],
);

pub(super) const SECURITY_CONTEXT: Form = map(
    &[
        ("allowPrivilegeEscalation", BOOL),
        ("appArmorProfile", PROFILE),
        ("capabilities", map(&[("add", TEXTS), ("drop", TEXTS)], &[])),
        ("privileged", BOOL),
        ("procMount", TEXT),
        ("readOnlyRootFilesystem", BOOL),
        ("runAsGroup", COUNT),
        ("runAsNonRoot", BOOL),
        ("runAsUser", COUNT),
        ("seLinuxOptions", SE_LINUX),
        ("seccompProfile", PROFILE),
        ("windowsOptions", WINDOWS),
    ],
    &[],
);

pub(super) const POD_SECURITY_CONTEXT: Form = map(
    &[
        ("appArmorProfile", PROFILE),
        ("fsGroup", COUNT),
        ("fsGroupChangePolicy", one_of(&["Always", "OnRootMismatch"])),
        ("runAsGroup", COUNT),
        ("runAsNonRoot", BOOL),
        ("runAsUser", COUNT),
        ("seLinuxChangePolicy", TEXT),
        ("seLinuxOptions", SE_LINUX),
        ("seccompProfile", PROFILE),
        ("supplementalGroups", Form::List(&COUNT)),
        ("supplementalGroupsPolicy", TEXT),
        ("sysctls", Form::List(&map(&[("name", TEXT), ("value", TEXT)], &["name", "value"]))),
        ("windowsOptions", WINDOWS),
    ],
    &[],
);

const CONTAINER_PORT: Form = map(
    &[
        ("name", TEXT),
        ("containerPort", PORT),
        // 0 is Kubernetes' word for none.
        ("hostPort", Form::Is(crate::chart::Kind::Integer(0, 65535))),
        ("hostIP", TEXT),
        ("protocol", super::network::PROTOCOL),
    ],
    &["containerPort"],
);

pub(super) const CONTAINERS: Form = Form::List(&CONTAINER);
const CONTAINER: Form = map(
    &[
        ("name", TEXT),
        ("image", TEXT),
        ("command", TEXTS),
        ("args", TEXTS),
        ("workingDir", TEXT),
        ("ports", Form::List(&CONTAINER_PORT)),
        ("env", shape(Shape::EnvVars)),
        ("envFrom", Form::List(&ENV_FROM)),
        ("resources", shape(Shape::Resources)),
        (
            "resizePolicy",
            Form::List(&map(&[("resourceName", TEXT), ("restartPolicy", TEXT)], &["resourceName", "restartPolicy"])),
        ),
        ("restartPolicy", one_of(&["Always", "OnFailure", "Never"])),
        ("restartPolicyRules", Form::List(&ANY)),
        ("volumeMounts", shape(Shape::VolumeMounts)),
        ("volumeDevices", Form::List(&map(&[("name", TEXT), ("devicePath", TEXT)], &["name", "devicePath"]))),
        ("livenessProbe", shape(Shape::Probe)),
        ("readinessProbe", shape(Shape::Probe)),
        ("startupProbe", shape(Shape::Probe)),
        ("lifecycle", shape(Shape::Lifecycle)),
        ("terminationMessagePath", TEXT),
        ("terminationMessagePolicy", one_of(&["File", "FallbackToLogsOnError", ""])),
        ("imagePullPolicy", one_of(&["Always", "IfNotPresent", "Never", ""])),
        ("securityContext", shape(Shape::SecurityContext)),
        ("stdin", BOOL),
        ("stdinOnce", BOOL),
        ("tty", BOOL),
    ],
    &["name", "image"],
);

pub(super) const POD_SPEC: Form = map(
    &[
        ("activeDeadlineSeconds", COUNT),
        ("affinity", shape(Shape::Affinity)),
        ("automountServiceAccountToken", BOOL),
        ("containers", shape(Shape::Containers)),
        ("dnsConfig", DNS_CONFIG),
        ("dnsPolicy", one_of(&["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None", ""])),
        ("enableServiceLinks", BOOL),
        ("ephemeralContainers", Form::List(&ANY)),
        ("hostAliases", shape(Shape::HostAliases)),
        ("hostIPC", BOOL),
        ("hostNetwork", BOOL),
        ("hostPID", BOOL),
        ("hostUsers", BOOL),
        ("hostname", TEXT),
        ("hostnameOverride", TEXT),
        ("imagePullSecrets", Form::List(&NAMED)),
        ("initContainers", shape(Shape::Containers)),
        ("nodeName", TEXT),
        ("nodeSelector", TEXT_MAP),
        ("os", map(&[("name", TEXT)], &["name"])),
        ("overhead", Form::Amounts),
        ("preemptionPolicy", one_of(&["PreemptLowerPriority", "Never", ""])),
        ("priority", NUMBER),
        ("priorityClassName", TEXT),
        ("readinessGates", Form::List(&map(&[("conditionType", TEXT)], &["conditionType"]))),
        (
            "resourceClaims",
            Form::List(&map(
                &[("name", TEXT), ("resourceClaimName", TEXT), ("resourceClaimTemplateName", TEXT)],
                &["name"],
            )),
        ),
        ("resources", shape(Shape::Resources)),
        ("restartPolicy", one_of(&["Always", "OnFailure", "Never", ""])),
        ("runtimeClassName", TEXT),
        ("schedulerName", TEXT),
        ("schedulingGates", Form::List(&map(&[("name", TEXT)], &["name"]))),
        ("schedulingGroup", Form::Each(&ANY)),
        ("securityContext", shape(Shape::PodSecurityContext)),
        ("serviceAccount", TEXT),
        ("serviceAccountName", TEXT),
        ("setHostnameAsFQDN", BOOL),
        ("shareProcessNamespace", BOOL),
        ("subdomain", TEXT),
        ("terminationGracePeriodSeconds", COUNT),
        ("tolerations", shape(Shape::Tolerations)),
        ("topologySpreadConstraints", shape(Shape::TopologySpread)),
        ("volumes", shape(Shape::Volumes)),
        ("workloadRef", Form::Each(&ANY)),
    ],
    &[],
);
const DNS_CONFIG: Form = map(
    &[
        ("nameservers", TEXTS),
        ("searches", TEXTS),
        ("options", Form::List(&map(&[("name", TEXT), ("value", TEXT)], &[]))),
    ],
    &[],
);
