#!/usr/bin/env python3
"""Derives kubernetes.txt, flux.txt, argocd.txt and gateway.txt (beside this file) from published Go modules.

    python3 src/api/derive.py            # needs Go 1.26 and PyYAML, and the Go module proxy; takes two minutes

Sources, all Apache-2.0, fetched by `go mod download`:
* k8s.io/kubernetes, one patch release of each minor: api/openapi-spec/swagger.json (fields, types, what is required, the keys
  of lists) and pkg/generated/openapi/zz_generated.openapi.go (enums, which the published JSON leaves out);
* k8s.io/api: zz_generated.prerelease-lifecycle.go (since when a version of a kind is deprecated and gone, what comes instead);
* the controllers of Flux, Argo CD and the Gateway API: their CRDs. notification-controller and source-watcher publish only
  their Go types: controller-gen makes CRDs of them, as their own Makefiles do.

The format is told in text.rs. A field that is alike in all versions of its type has no range; one that changed has a line per range.
A field counts as required where every version says so: where one stopped saying so, servers never asked for it.
"""
import json, pathlib, re, shutil, subprocess, sys, tempfile

import yaml

HERE = pathlib.Path(__file__).parent
KUBERNETES = {28: "v1.28.15", 29: "v1.29.6", 30: "v1.30.14", 31: "v1.31.14", 32: "v1.32.13", 33: "v1.33.13", 34: "v1.34.4",
              35: "v1.35.4", 36: "v1.36.3", 37: "v1.37.0"}
# The newest, and an older one that still has the types that are gone.
LIFECYCLES = ["v0.32.3", "v0.37.0"]
# What the proxy has of each Flux minor; a version that it lacks is filled from its neighbours, the later one counting.
FLUX = {
    "github.com/fluxcd/source-controller": {7: "v1.7.3", 8: "v1.8.5", 9: "v1.9.6"},
    "github.com/fluxcd/kustomize-controller": {7: "v1.7.3", 9: "v1.9.6"},
    "github.com/fluxcd/helm-controller": {7: "v1.4.3", 9: "v1.6.3"},
    "github.com/fluxcd/image-reflector-controller": {9: "v1.2.4"},
    "github.com/fluxcd/image-automation-controller": {9: "v1.2.4"},
}
FLUX_TYPES = {"github.com/fluxcd/notification-controller/api": "v1.9.4", "github.com/fluxcd/source-watcher/api/v2": "v2.2.4"}
CONTROLLER_GEN = "sigs.k8s.io/controller-tools/cmd/controller-gen@v0.19.0"
ARGO = ("github.com/argoproj/argo-cd/v3", "v3.6.1", "manifests/crds")
# The experimental channel has all of the standard one and more.
GATEWAY = ("sigs.k8s.io/gateway-api", "v1.6.3", "config/crd/experimental")

# A CRD and the API server disagree with the API's own JSON here: these are any value, or a text of a form.
SPECIAL = {"resource.Quantity": "quantity", "intstr.IntOrString": "int-or-string", "v1.Time": "time", "v1.MicroTime": "time",
           "runtime.RawExtension": "any", "v1.FieldsV1": "any", "v1.Patch": "any", "v1.Duration": "str", "version.Info": "any",
           "v1.JSON": "any", "v1.JSONSchemaPropsOrArray": "any", "v1.JSONSchemaPropsOrBool": "any",
           "v1.JSONSchemaPropsOrStringArray": "any", "v1.CustomResourceSubresourceStatus": "any"}
# What the JSON says nothing of and the server's own code asks for: pkg/apis/core/validation and its like. Limits, and types.
PORT = " >=1 <=65535"
LABEL = " len<=63 ~^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
PORT_NAME = " ~^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$"
PERCENT = " ~^[0-9]+%$"
COUNT = " >=0"
REFINED = {
    "core.v1.Container": {"name": LABEL},
    "core.v1.Volume": {"name": LABEL},
    "core.v1.ContainerPort": {"containerPort": PORT, "hostPort": " >=0 <=65535", "name": PORT_NAME},
    "core.v1.ServicePort": {"port": PORT, "nodePort": " >=0 <=65535", "name": LABEL, "targetPort": PORT_NAME},
    "core.v1.PersistentVolumeSpec": {"accessModes": " n>=1"},
    "core.v1.PersistentVolumeClaimSpec": {"accessModes": " n>=1"},
    "networking.v1.IngressServiceBackend": {"name": LABEL},
    "policy.v1.PodDisruptionBudgetSpec": {"maxUnavailable": PERCENT, "minAvailable": PERCENT},
    "apps.v1.RollingUpdateDeployment": {"maxUnavailable": PERCENT, "maxSurge": PERCENT},
    "apps.v1.RollingUpdateDaemonSet": {"maxUnavailable": PERCENT, "maxSurge": PERCENT},
    "core.v1.ClientIPConfig": {"timeoutSeconds": " >=1 <=86400"},
    "core.v1.GRPCAction": {"port": PORT},
    "core.v1.Probe": {key: COUNT for key in ("failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold",
                                             "terminationGracePeriodSeconds", "timeoutSeconds")},
    "core.v1.SleepAction": {"seconds": COUNT},
    "core.v1.PodSpec": {"terminationGracePeriodSeconds": COUNT, "activeDeadlineSeconds": " >=1"},
    "core.v1.PodSecurityContext": {key: " >=0 <=2147483647" for key in ("runAsUser", "runAsGroup", "fsGroup")},
    "core.v1.SecurityContext": {key: " >=0 <=2147483647" for key in ("runAsUser", "runAsGroup")},
    "core.v1.TopologySpreadConstraint": {"maxSkew": " >=1", "minDomains": " >=1"},
    "core.v1.WeightedPodAffinityTerm": {"weight": " >=1 <=100"},
    "core.v1.PreferredSchedulingTerm": {"weight": " >=1 <=100"},
    "core.v1.KeyToPath": {"mode": " >=0 <=511"},
    "core.v1.DownwardAPIVolumeFile": {"mode": " >=0 <=511"},
    **{f"core.v1.{name}VolumeSource": {"defaultMode": " >=0 <=511"} for name in ("ConfigMap", "Secret", "Projected", "DownwardAPI")},
    "apps.v1.DeploymentSpec": {key: COUNT for key in ("replicas", "minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit")},
    "apps.v1.StatefulSetSpec": {key: COUNT for key in ("replicas", "minReadySeconds", "revisionHistoryLimit")},
    "apps.v1.RollingUpdateStatefulSetStrategy": {"partition": COUNT, "maxUnavailable": PERCENT},
    "apps.v1.ReplicaSetSpec": {key: COUNT for key in ("replicas", "minReadySeconds")},
    "apps.v1.DaemonSetSpec": {key: COUNT for key in ("minReadySeconds", "revisionHistoryLimit")},
    "batch.v1.JobSpec": {key: COUNT for key in ("activeDeadlineSeconds", "backoffLimit", "completions", "parallelism",
                                                "ttlSecondsAfterFinished")},
    "batch.v1.CronJobSpec": {key: COUNT for key in ("failedJobsHistoryLimit", "startingDeadlineSeconds", "successfulJobsHistoryLimit")},
    "autoscaling.v2.HorizontalPodAutoscalerSpec": {"maxReplicas": " >=1", "minReplicas": COUNT},
    "networking.v1.NetworkPolicyPort": {"endPort": PORT},
    "networking.v1.ServiceBackendPort": {"number": " >=0 <=65535"},
}
RETYPED = {
    ("core.v1.ResourceRequirements", "limits"): "{#compute}",
    ("core.v1.ResourceRequirements", "requests"): "{#compute}",
    ("core.v1.VolumeResourceRequirements", "limits"): "{#storage}",
    ("core.v1.VolumeResourceRequirements", "requests"): "{#storage}",
    # Types without a `+enum` whose values the server checks all the same.
    ("core.v1.Container", "restartPolicy"): "str:Always|Never|OnFailure",
    ("core.v1.ContainerResizePolicy", "restartPolicy"): "str:NotRequired|RestartContainer",
    ("networking.v1.NetworkPolicySpec", "policyTypes"): "[# str:Egress|Ingress]",
    ("apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted"): "str:Delete|Retain",
    ("apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", "whenScaled"): "str:Delete|Retain",
    ("autoscaling.v2.MetricTarget", "type"): "str:AverageValue|Utilization|Value",
    ("core.v1.PersistentVolumeSpec", "capacity"): "{#storage}",
}
NEEDED = {("core.v1.Container", "image"), ("core.v1.HostAlias", "ip"), ("core.v1.PersistentVolumeSpec", "accessModes"), ("core.v1.PersistentVolumeSpec", "capacity"),
          ("core.v1.PersistentVolumeClaimSpec", "resources"), ("core.v1.VolumeResourceRequirements", "requests")}
# Of these fields one at most; with `!` one exactly, with `+` one at least. From the same code.
ALONE = {
    "core.v1.EnvVar": "value valueFrom",
    "core.v1.EnvVarSource": "! configMapKeyRef fieldRef fileKeyRef resourceFieldRef secretKeyRef",
    "core.v1.EnvFromSource": "! configMapRef secretRef",
    "core.v1.Probe": "exec grpc httpGet tcpSocket",
    "core.v1.LifecycleHandler": "exec httpGet sleep tcpSocket",
    "core.v1.VolumeMount": "subPath subPathExpr",
    "core.v1.DownwardAPIVolumeFile": "! fieldRef resourceFieldRef",
    "core.v1.Volume": "* name",
    "core.v1.VolumeProjection": "*",
    "networking.v1.IngressBackend": "! resource service",
    "networking.v1.ServiceBackendPort": "! name number",
    "networking.v1.NetworkPolicyPeer": "+ ipBlock namespaceSelector podSelector; ipBlock podSelector; ipBlock namespaceSelector",
}


def module(name, version):
    """The folder of a module in Go's cache."""
    done = subprocess.run(["go", "mod", "download", "-json", f"{name}@{version}"], capture_output=True, text=True, cwd="/")
    answer = json.loads(done.stdout or "{}")
    # A module that asks for a newer Go is fetched all the same, and nothing of it is compiled here.
    cache = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True).stdout.strip()
    folder = pathlib.Path(answer.get("Dir") or f"{cache}/{name}@{version}")
    if not folder.is_dir():
        raise SystemExit(f"{name}@{version}: {answer.get('Error') or done.stderr}")
    return folder


# -- the text ---------------------------------------------------------------------------------------------------------------------
class Field:
    """One field in one version: what stands on its line, without its range."""
    def __init__(self, type_, required=False, limits=""):
        self.type, self.required, self.limits = type_, required, limits

    def key(self):
        return (self.type, self.limits)


def span(there, life, last):
    """The range `there` out of `life`, as the file writes it."""
    if there == life:
        return [""]
    runs, run = [], []
    for version in life:
        if version in there:
            run.append(version)
        elif run:
            runs.append(run); run = []
    if run:
        runs.append(run)
    return [f" @{run[0]}-{'' if run[-1] == last else run[-1]}" for run in runs]


def block(name, fields, life, last, domain, alone=()):
    """A type: `fields` is version -> name -> Field; `alone` are the groups of which one may be there."""
    out = [f"= {name}{domain}", *(f"? {group}" for group in alone)]
    names = sorted({name for of in fields.values() for name in of})
    for field in names:
        has = {version: of[field] for version, of in fields.items() if field in of}
        required = all(one.required for one in has.values())
        for key in dict.fromkeys(one.key() for one in has.values()):
            there = [version for version in life if version in has and has[version].key() == key]
            for run in span(there, life, last):
                out.append(f"{field}{'!' if required else ''} {key[0]}{run}{key[1]}")
    return "\n".join(out)


# -- Kubernetes -------------------------------------------------------------------------------------------------------------------
def enums(source):
    """(group.version.Type, property) -> values."""
    found, type_, prop = {}, None, None
    for line in open(source, encoding="utf8"):
        if head := re.match(r"func schema_(\w+)\(ref", line):
            type_ = ".".join(head[1].split("_")[-3:])
        elif head := re.match(r'^\t{5}"(.+)": \{$', line):
            prop = head[1]
        elif head := re.match(r"^\t{7,}Enum: +\[\]interface\{\}\{(.*)\},$", line):
            found[type_, prop] = sorted(set(json.loads(f"[{head[1]}]")))
    return found


def short(reference):
    parts = reference.rsplit("/", 1)[-1].split(".")
    return ".".join(parts[-3:])


def word(values):
    """The type of a text that has one of these values; a line has no room for values with spaces."""
    return "str" if any(re.search(r"[\s|]", value) for value in values) else "str:" + "|".join(filter(None, values))


def kube_type(schema, values=None):
    """The type of a property of swagger.json, and the names that it refers to."""
    if "$ref" in schema:
        name = short(schema["$ref"])
        plain = SPECIAL.get(name.split(".", 1)[1])
        return (plain, []) if plain else (name, [name])
    kind = schema.get("type")
    if kind == "array":
        inner, names = kube_type(schema["items"], values)
        keys = schema.get("x-kubernetes-list-map-keys") if schema.get("x-kubernetes-list-type") == "map" else None
        keys = "#" + ",".join(keys) + " " if keys else ""
        return f"[{keys}{inner}]", names
    if kind == "object":
        if "additionalProperties" in schema:
            inner, names = kube_type(schema["additionalProperties"])
            return f"{{{inner}}}", names
        return "any", []
    if kind == "string":
        if values:
            return word(values), []
        return {"byte": "base64", "date-time": "time"}.get(schema.get("format"), "str"), []
    return {"integer": "int", "number": "num", "boolean": "bool"}.get(kind, "any"), []


def kubernetes():
    types, kinds, refers = {}, {}, {}
    for minor, version in KUBERNETES.items():
        folder = module("k8s.io/kubernetes", version)
        definitions = json.loads((folder / "api/openapi-spec/swagger.json").read_text())["definitions"]
        known = enums(folder / "pkg/generated/openapi/zz_generated.openapi.go")
        for full, schema in definitions.items():
            name = short(full)
            if schema.get("type") != "object" and "properties" not in schema:
                continue
            fields = {}
            for prop, of in schema.get("properties", {}).items():
                is_own = bool(schema.get("x-kubernetes-group-version-kind"))
                if prop in ("status", "managedFields") and (is_own or prop == "managedFields"):
                    fields[prop] = Field("any")
                    continue
                type_, names = kube_type(of, known.get((name, prop)))
                refers.setdefault(name, set()).update(names)
                type_ = RETYPED.get((name, prop), type_)
                is_needed = prop in schema.get("required", []) or (name, prop) in NEEDED
                # An empty spec is refused where it needs anything.
                below = definitions.get(of.get("$ref", "").removeprefix("#/definitions/"), {})
                is_needed |= prop == "spec" and bool(below.get("required"))
                fields[prop] = Field(type_, is_needed, REFINED.get(name, {}).get(prop, ""))
            types.setdefault(name, {})[minor] = fields
            for gvk in schema.get("x-kubernetes-group-version-kind", []):
                props = schema.get("properties", {})
                if "metadata" in props and "ListMeta" not in json.dumps(props["metadata"]) and len(
                    schema["x-kubernetes-group-version-kind"]) == 1:
                    api = "/".join(filter(None, (gvk["group"], gvk["version"])))
                    kinds.setdefault((api, gvk["kind"]), (name, []))[1].append(minor)
    reached, todo = set(), [name for name, _ in kinds.values()] + ["core.v1.PodSpec"]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo.extend(refers.get(name, ()))
    last = max(KUBERNETES)
    lines = ["# Derived by derive.py from k8s.io/kubernetes " + ", ".join(KUBERNETES.values()) + " and k8s.io/api "
             + ", ".join(LIFECYCLES) + ": Apache-2.0, Copyright The Kubernetes Authors."]
    lives = lifecycles()
    for api, kind in sorted(set(kinds) | {at for at in lives if "removed" in lives[at]}):
        name, minors = kinds.get((api, kind), ("-", []))
        # A preview that exists in no version that gen knows is of no use to anybody.
        life = lives.get((api, kind), {})
        if name == "-" and not (life.get("removed", 99) <= min(KUBERNETES) and "beta" in api):
            continue
        there = span(sorted(minors), sorted(KUBERNETES), last)[0] if minors else ""
        facts = "".join(f" {fact}={value}" for fact, value in life.items())
        lines.append(f"K {api} {kind} {name}{there}{facts}")
    for name in sorted(reached & set(types)):
        life, of = sorted(types[name]), types[name]
        for prop, newest in of[life[-1]].items():
            # The keys of a list were there before anybody wrote them down.
            for fields in of.values():
                if prop in fields and newest.type.startswith("[#") and fields[prop].type == f"[{newest.type.split(' ', 1)[1]}":
                    fields[prop].type = newest.type
        alone = ALONE.get(name)
        if alone and alone.startswith("*"):
            alone = " ".join(sorted({prop for fields in of.values() for prop in fields} - set(alone.split())))
        lines.append(block(name, of, life, last, "", alone.split("; ") if alone else []))
    (HERE / "kubernetes.txt").write_text("\n".join(lines) + "\n")


def lifecycles():
    """(apiVersion, kind) -> deprecated, removed (minors of Kubernetes 1), use."""
    found = {}
    folders = [module("k8s.io/api", version) for version in LIFECYCLES]
    for file in [file for folder in folders for file in sorted(folder.glob("*/*/zz_generated.prerelease-lifecycle.go"))]:
        register = (file.parent / "register.go").read_text()
        group = re.search(r'GroupName = "(.*)"', register)[1]
        api = "/".join(filter(None, (group, file.parent.name)))
        text = file.read_text()
        for kind, what, body in re.findall(r"func \(in \*(\w+)\) APILifecycle(\w+)\(\).*?\{\n(.*?)\n\}", text, re.S):
            if kind.endswith("List") and kind != "List":
                continue
            life = found.setdefault((api, kind), {})
            if what in ("Deprecated", "Removed"):
                life[what.lower()] = int(re.search(r"return 1, (\d+)", body)[1])
            elif what == "Replacement":
                to = re.search(r'Group: "(.*?)", Version: "(.*?)", Kind: "(.*?)"', body)
                if to:
                    # networking.k8s.io/v1beta1 names a list here.
                    life["use"] = "/".join(filter(None, to.groups())).removesuffix("List")
    # Not in k8s.io/api: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#v1-22
    found["apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"] = {
        "deprecated": 16, "removed": 22, "use": "apiextensions.k8s.io/v1/CustomResourceDefinition"}
    found["apiregistration.k8s.io/v1beta1", "APIService"] = {
        "deprecated": 19, "removed": 22, "use": "apiregistration.k8s.io/v1/APIService"}
    found["policy/v1beta1", "PodSecurityPolicy"] = {"deprecated": 21, "removed": 25}
    found["extensions/v1beta1", "PodSecurityPolicy"] = {"deprecated": 10, "removed": 16}
    order = ("deprecated", "removed", "use")
    return {at: {fact: life[fact] for fact in order if fact in life}
            for at, life in found.items() if "deprecated" in life or "removed" in life}


# -- CRDs -------------------------------------------------------------------------------------------------------------------------
def exclusive(rules):
    """The CEL rules that say which fields exclude each other; they are most of those that Flux has."""
    groups = []
    for rule in rules:
        plain = re.sub(r"[\s()]", "", rule)
        both = re.fullmatch(r"has(self\.\w+)&&!has(self\.\w+)\|\|!has(self\.\w+)&&has(self\.\w+)", plain)
        either = re.fullmatch(r"has(self\.\w+)\|\|has(self\.\w+)", plain)
        neither = re.fullmatch(r"!has(self\.\w+)\|\|!has(self\.\w+)|!has(self\.\w+)&&has(self\.\w+)", plain)
        if both and both[1] == both[3] and both[2] == both[4]:
            groups.append("! " + " ".join(sorted(name.removeprefix("self.") for name in both.groups()[:2])))
        elif either:
            groups.append("+ " + " ".join(sorted(name.removeprefix("self.") for name in either.groups())))
        elif neither:
            names = [name for name in neither.groups() if name]
            groups.append(" ".join(sorted(name.removeprefix("self.") for name in names)))
    return groups


class Crds:
    """Types of CRDs of several versions of one project, alike ones once."""
    def __init__(self, versions, domain):
        self.versions, self.domain, self.last = versions, domain, max(versions)
        self.blocks, self.by_body = {}, {}

    def type(self, path, schemas):
        """`schemas` is version -> schema; gives version -> (type, limits)."""
        given, objects, lists, maps = {}, {}, {}, {}
        for version, schema in schemas.items():
            limits = ""
            for key, spelled in (("minimum", ">="), ("maximum", "<="), ("minLength", "len>="), ("maxLength", "len<="),
                                 ("minItems", "n>="), ("maxItems", "n<=")):
                # Defaults of controller-gen for integers say nothing.
                if key in schema:
                    limits += f" {spelled}{int(schema[key])}"
            if "pattern" in schema and "\n" not in schema["pattern"]:
                limits += f" ~{schema['pattern']}"
            kind = schema.get("type")
            if "x-type" in schema:
                given[version] = (schema["x-type"], "")
            elif schema.get("x-kubernetes-int-or-string"):
                given[version] = ("quantity" if "^(\\+|-)?" in schema.get("pattern", "") else "int-or-string", "")
            elif schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource"):
                given[version] = ("any", "")
            elif kind == "array":
                lists[version] = (schema, limits)
            elif kind == "object" and "properties" in schema:
                objects[version] = schema
            elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
                maps[version] = schema
            elif kind == "object":
                given[version] = ("any" if schema.get("additionalProperties") is True else "{}", "")
            elif kind == "string":
                values = schema.get("enum")
                form = {"date-time": "time", "byte": "base64"}.get(schema.get("format"), "str")
                if values and "" in values:
                    limits += " empty"
                given[version] = (word(values) if values else form, limits)
            else:
                given[version] = ({"integer": "int", "number": "num", "boolean": "bool"}.get(kind, "any"), limits)
        if lists:
            inner = self.type(path, {version: schema["items"] for version, (schema, _) in lists.items()})
            for version, (schema, limits) in lists.items():
                keys = ""
                if schema.get("x-kubernetes-list-type") == "map":
                    props = schema["items"].get("properties", {})
                    named = [key + (f"={props[key]['default']}" if props.get(key, {}).get("default") else "")
                             for key in schema["x-kubernetes-list-map-keys"]]
                    keys = "#" + ",".join(named) + " "
                elif schema.get("x-kubernetes-list-type") == "set":
                    keys = "# "
                # Limits of the items themselves go with the list's own only where they are told apart by nature.
                item, of_items = inner[version]
                given[version] = (f"[{keys}{item}]", limits + of_items.replace(" n>=", " ?").replace(" n<=", " ?"))
        if maps:
            inner = self.type(path, {version: schema["additionalProperties"] for version, schema in maps.items()})
            for version in maps:
                given[version] = (f"{{{inner[version][0]}}}", "")
        if objects:
            name = self.object(path, objects)
            given.update({version: (name, "") for version in objects})
        return given

    def object(self, path, schemas):
        fields = {version: {} for version in schemas}
        props = sorted({prop for schema in schemas.values() for prop in schema["properties"]})
        for prop in props:
            has = {version: schema["properties"][prop] for version, schema in schemas.items() if prop in schema["properties"]}
            for version, (type_, limits) in self.type(f"{path}.{prop}", has).items():
                is_needed = prop in schemas[version].get("required", []) and "default" not in has[version]
                fields[version][prop] = Field(type_, is_needed, limits)
        rules = [rule["rule"] for rule in schemas[max(schemas)].get("x-kubernetes-validations", [])]
        body = block("", fields, sorted(schemas), self.last, "", exclusive(rules)).split("\n", 1)
        body = body[1] if len(body) > 1 else ""
        if body in self.by_body:
            return self.by_body[body]
        self.by_body[body] = path
        self.blocks[path] = body
        return path

    def text(self):
        return [f"= {name}{self.domain}\n{body}".rstrip("\n") for name, body in sorted(self.blocks.items())]


def read_crds(folder):
    found = {}
    for file in sorted(pathlib.Path(folder).glob("*.yaml")):
        for crd in yaml.load_all(file.read_text(), yaml.CSafeLoader):
            if crd and crd.get("kind") == "CustomResourceDefinition":
                for version in crd["spec"]["versions"]:
                    at = (crd["spec"]["group"], version["name"], crd["spec"]["names"]["kind"])
                    found[at] = version
    return found


def top(version):
    """The schema of a custom kind, its metadata and status left to the server."""
    schema = version["schema"]["openAPIV3Schema"]
    text, of = {"type": "string"}, schema.get("properties", {})
    own = {"apiVersion": text, "kind": text, "metadata": {"x-type": "meta.v1.ObjectMeta"}, "status": {"x-type": "any"}}
    return {**schema, "properties": {**of, **own}, "required": schema.get("required", []) + ["apiVersion", "kind"]}


def whole(crds, kinds, path, of_versions, extra, all_versions):
    """Adds one kind; `of_versions` is version -> CRD version."""
    group, api, kind = path
    served = {version: top(crd) for version, crd in of_versions.items() if crd["served"]}
    if not served:
        return
    name = crds.object(f"{kind}.{api}", served)
    there = span(sorted(served), all_versions, max(all_versions))[0]
    kinds.append(f"K {group}/{api} {kind} {name}{there}{extra}")


def flux():
    versions = [7, 8, 9]
    crds, kinds = Crds(versions, " flux"), []
    lives = {}
    for name, minors in FLUX.items():
        at = {minor: read_crds(module(name, version) / "config/crd/bases") for minor, version in minors.items()}
        for minor in versions:
            # What came between is taken to have come with the earlier.
            at.setdefault(minor, at[min((have for have in at if have > minor), default=max(at))])
        for path in sorted({path for of in at.values() for path in of}):
            lives[path] = {minor: at[minor][path] for minor in versions if path in at[minor]}
    for path, crd in (made() if "--quick" not in sys.argv else {}).items():
        lives[path] = {minor: crd for minor in versions}
    for path, of in sorted(lives.items()):
        gone = GONE.get("/".join(path), {})
        of = {minor: crd for minor, crd in of.items() if minor < gone.get("removed", 99)}
        extra = "".join(f" {fact}={value}" for fact, value in gone.items())
        whole(crds, kinds, path, of, " flux" + extra, versions)
    seen = {tuple(line.split()[1:3]) for line in kinds}
    for at, gone in GONE.items():
        api, kind = at.rsplit("/", 1)
        if (api, kind) not in seen:
            facts = "".join(f" {fact}={value}" for fact, value in gone.items())
            kinds.append(f"K {api} {kind} - flux{facts}")
    head = ("# Derived by derive.py from the Go modules of Flux: " + ", ".join(
        f"{name.removeprefix('github.com/fluxcd/')} {' '.join(of.values())}" for name, of in FLUX.items()) + ", " + ", ".join(
        f"{name.removeprefix('github.com/fluxcd/')} {version}" for name, version in FLUX_TYPES.items())
        + ": Apache-2.0, Copyright The Flux authors.")
    (HERE / "flux.txt").write_text("\n".join([head] + sorted(kinds) + crds.text()) + "\n")


def made():
    """CRDs that controller-gen makes of Go types."""
    found = {}
    for name, version in FLUX_TYPES.items():
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch) / "api"
            shutil.copytree(module(name, version), folder, copy_function=shutil.copyfile)
            for path in [folder, *folder.rglob("*")]:
                path.chmod(0o755 if path.is_dir() else 0o644)
            subprocess.run(["go", "run", CONTROLLER_GEN, "crd", "paths=./...", f"output:crd:dir={scratch}/crds"], cwd=folder, check=True)
            found.update(read_crds(f"{scratch}/crds"))
    return found


def gone(kinds, api, deprecated, removed, use):
    facts = {"deprecated": deprecated, "removed": removed}
    return {f"{api}/{kind}": {**facts, "use": f"{use}/{kind}"} for kind in kinds.split()}


# The release notes of Flux 2.7, 2.8 and 2.9; facts older than 2.7 stand as 7, the oldest that gen knows.
GONE = {
    **gone("HelmRelease", "helm.toolkit.fluxcd.io/v2beta1", 3, 7, "helm.toolkit.fluxcd.io/v2"),
    **gone("HelmRelease", "helm.toolkit.fluxcd.io/v2beta2", 3, 8, "helm.toolkit.fluxcd.io/v2"),
    **gone("Kustomization", "kustomize.toolkit.fluxcd.io/v1beta1", 0, 7, "kustomize.toolkit.fluxcd.io/v1"),
    **gone("Kustomization", "kustomize.toolkit.fluxcd.io/v1beta2", 0, 8, "kustomize.toolkit.fluxcd.io/v1"),
    **gone("GitRepository HelmRepository HelmChart Bucket", "source.toolkit.fluxcd.io/v1beta1", 0, 7, "source.toolkit.fluxcd.io/v1"),
    **gone("GitRepository HelmRepository HelmChart Bucket OCIRepository", "source.toolkit.fluxcd.io/v1beta2", 6, 8,
           "source.toolkit.fluxcd.io/v1"),
    **gone("ImageRepository ImagePolicy ImageUpdateAutomation", "image.toolkit.fluxcd.io/v1beta1", 0, 7, "image.toolkit.fluxcd.io/v1"),
    **gone("ImageRepository ImagePolicy ImageUpdateAutomation", "image.toolkit.fluxcd.io/v1beta2", 7, 9, "image.toolkit.fluxcd.io/v1"),
    **gone("Alert Provider", "notification.toolkit.fluxcd.io/v1beta1", 0, 7, "notification.toolkit.fluxcd.io/v1beta3"),
    **gone("Alert Provider", "notification.toolkit.fluxcd.io/v1beta2", 2, 9, "notification.toolkit.fluxcd.io/v1beta3"),
    **gone("Receiver", "notification.toolkit.fluxcd.io/v1beta1", 0, 7, "notification.toolkit.fluxcd.io/v1"),
    **gone("Receiver", "notification.toolkit.fluxcd.io/v1beta2", 0, 9, "notification.toolkit.fluxcd.io/v1"),
}


def single(source, file, who):
    """CRDs of one version."""
    name, version, folder = source
    crds, kinds = Crds([1], " always"), []
    for path, crd in sorted(read_crds(module(name, version) / folder).items()):
        whole(crds, kinds, path, {1: crd}, " always", [1])
    head = f"# Derived by derive.py from {name} {version}: Apache-2.0, Copyright {who}."
    (HERE / file).write_text("\n".join([head] + kinds + crds.text()) + "\n")


if __name__ == "__main__":
    kubernetes()
    flux()
    single(ARGO, "argocd.txt", "The Argo CD authors")
    single(GATEWAY, "gateway.txt", "The Kubernetes Authors")
