"""Small trees with one planted defect each: what the real controllers make of them, held against what gen lint says.

Each tree has a namespace and a GitRepository of its own; its Kustomizations stand in clusters/ and are applied by hand, as
`flux bootstrap` would. An observer says what came of the defect, from the API server only.
"""

import base64
import concurrent.futures
import dataclasses
import json
import subprocess
import tarfile
import time
import typing

from cluster import PEERS, demand

API = "kustomize.toolkit.fluxcd.io/v1"
SEALED = "environments/staging/secrets/postgres-auth.sops.yaml"
# What gen lint says about the way from a repository to a cluster.
RULES = {
    "dangling-reference", "missing-file", "unlisted-file", "undecryptable-secret", "dependency-cycle", "deadlock",
    "undefined-substitution", "unwatched-values", "two-owners", "namespace-mismatch",
}


def kustomization(name, path, **spec):
    source = {"kind": "GitRepository", "name": "repository"}
    defaults = {"interval": "1h", "retryInterval": "2s", "timeout": "4s", "prune": True, "sourceRef": source}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": API, "kind": "Kustomization", "metadata": metadata, "spec": {**defaults, "path": path, **spec}}


# Stands in the trees for the namespace that a case gets.
NAMESPACE = "NAMESPACE"


def config_map(name, namespace=NAMESPACE, **data):
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data or {"greeting": "hello"}}


def overlay(*resources, **more):
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return {**head, **({"resources": list(resources)} if resources else {}), **more}


def release(name, **spec):
    chart = {"chart": "tiny", "version": "17.0.2", "sourceRef": {"kind": "GitRepository", "name": "repository"}}
    retry = {"strategy": {"name": "RetryOnFailure", "retryInterval": "2s"}}
    spec = {"interval": "1h", "timeout": "30s", "chart": {"spec": chart}, "install": retry, "upgrade": retry, **spec}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": metadata, "spec": spec}


def generator(name, hashed=False, watched=True):
    """A ConfigMap that kustomize makes of values.yaml."""
    labels = {"labels": {"reconcile.fluxcd.io/watch": "Enabled"}} if watched else {}
    options = {**({} if hashed else {"disableNameSuffixHash": True}), **labels}
    return {"configMapGenerator": [{"name": name, "namespace": NAMESPACE, "files": ["values.yaml"], "options": options}]}


VALUES_FROM = {"valuesFrom": [{"kind": "ConfigMap", "name": "values"}]}
DECRYPTION = {"provider": "sops", "secretRef": {"name": "sops-age"}}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {
        "name": "data",
        "namespace": NAMESPACE,
        "annotations": {"kustomize.toolkit.fluxcd.io/prune": "Disabled"},
    },
    "spec": {
        "storageClassName": "local-path",
        "accessModes": ["ReadWriteOncePod"],
        "resources": {"requests": {"storage": "1Gi"}},
    },
}
CONSUMER = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "wiki", "namespace": NAMESPACE},
    "spec": {
        "selector": {"matchLabels": {"app": "wiki"}},
        "template": {
            "metadata": {"labels": {"app": "wiki"}},
            "spec": {
                "containers": [{
                    "name": "wiki",
                    "image": "registry.k8s.io/pause:3.10",
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            },
        },
    },
}


KINDS = {
    "kustomization": "kustomizations.kustomize.toolkit.fluxcd.io",
    "helmrelease": "helmreleases.helm.toolkit.fluxcd.io",
    "configmap": "configmaps",
    "secret": "secrets",
}


class Snapshot:
    """All that the cases look at, by one question for all of them."""

    def __init__(self, cluster):
        self.cluster, self.objects = cluster, {}

    def take(self):
        items = self.cluster.list(",".join(KINDS.values()))
        key = lambda item: (item["kind"].lower(), item["metadata"]["namespace"], item["metadata"]["name"])
        self.objects = {key(item): item for item in items}


class Seen:
    """What stands in the cluster for one case."""

    def __init__(self, snapshot, namespace):
        self.snapshot, self.cluster, self.namespace = snapshot, snapshot.cluster, namespace

    def get(self, kind, name, namespace=None):
        return self.snapshot.objects.get((kind, namespace or self.namespace, name))

    def ready(self, name, kind="kustomization"):
        """Whether it is Ready, and what it says; (None, "") before it was looked at."""
        found = self.get(kind, name) or {}
        conditions = {c["type"]: c for c in (found.get("status") or {}).get("conditions", [])}
        ready = conditions.get("Ready", {"status": "Unknown", "message": ""})
        return {"True": True, "False": False}.get(ready["status"]), ready["message"]

    def fails(self, name, *words, **kind):
        """Not Ready, and the message has one of the words."""
        ready, message = self.ready(name, **kind)
        return ready is False and any(word in message for word in words)

    def waits(self, *names):
        return all(self.fails(name, "dependency") for name in names)

    def data(self, name, key):
        return ((self.get("configmap", name) or {}).get("data") or {}).get(key)

    def secret(self, name, key):
        return base64.b64decode(((self.get("secret", name) or {}).get("data") or {}).get(key, "")).decode()

    def reconcile(self, name):
        patch = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": str(time.monotonic())}}}
        self.cluster.kubectl(
            "patch", KINDS["kustomization"], name, "-n", self.namespace, "--type=merge", "-p", json.dumps(patch),
        )

    def owner(self, name):
        """Whose the ConfigMap is now, not at the last snapshot."""
        found = self.cluster.get("configmap", name, self.namespace)
        return found["metadata"].get("labels", {}).get("kustomize.toolkit.fluxcd.io/name")


@dataclasses.dataclass
class Case:
    name: str
    rule: str | None
    tree: dict
    # Whether the defect shows, or for the clean tree whether all is well.
    shows: typing.Callable[[Seen], bool]
    # What never becomes Ready.
    never: tuple = ()
    # Files of a second commit, and what must hold some seconds after it.
    second: dict = dataclasses.field(default_factory=dict)
    after: typing.Callable[[Seen], bool] | None = None


def case(name, rule, shows, kustomizations, files, **more):
    """A tree: each Kustomization in a file of clusters/, and the files that they apply."""
    tree = {f"clusters/{item['metadata']['name']}.yaml": item for item in kustomizations}
    return Case(name, rule, {**tree, **files}, shows, **more)


def all_is_well(seen):
    return (
        all(seen.ready(name)[0] for name in ("base", "app", "storage"))
        and seen.data("app", "url") == "https://www.example.com ${kept}"
        and seen.data("tiny", "value") == "1"
        and not seen.secret("postgres-auth", "password").startswith("ENC[")
    )


def fought_over(seen):
    """Each Kustomization takes the ConfigMap from the other when it is its turn."""
    if not all(seen.ready(name)[0] for name in ("one", "two")):
        return False
    for name in ("one", "two", "one"):
        seen.reconcile(name)
        seen.cluster.wait(lambda: seen.owner("shared") == name, 15, f"{name} to take the ConfigMap")
    return True


def cases(sealed):
    app = kustomization("app", "./app")
    waits = {"dependsOn": [{"name": "app"}]}
    listed = {"app/kustomization.yaml": overlay("app.yaml"), "app/app.yaml": config_map("app")}
    return [
        case(
            "clean", None, all_is_well,
            [
                kustomization("base", "./base"),
                kustomization(
                    "app", "./app", dependsOn=[{"name": "base"}], decryption=DECRYPTION,
                    postBuild={"substitute": {"domain": "example.com"}},
                    healthChecks=[{"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "name": "tiny", "namespace": NAMESPACE}],
                ),
                kustomization("storage", "./storage", wait=True, timeout="30s", dependsOn=[{"name": "base"}]),
            ],
            {
                "base/base.yaml": config_map("base"),
                "app/kustomization.yaml": overlay("../shared", "release.yaml", "auth.sops.yaml", **generator("values")),
                "app/release.yaml": release("tiny", **VALUES_FROM),
                "app/values.yaml": {"value": "1"},
                "app/auth.sops.yaml": sealed,
                "shared/kustomization.yaml": overlay("app.yaml"),
                "shared/app.yaml": config_map("app", url="https://${host:=www}.${domain} $${kept}"),
                "storage/claim.yaml": CLAIM,
                "storage/deployment.yaml": CONSUMER,
            },
            second={"app/values.yaml": {"value": "2"}},
            after=lambda seen: seen.data("tiny", "value") == "2",
        ),
        case(
            "missing-path", "missing-file", lambda seen: seen.fails("gone", "not found", "no such file"),
            [app, kustomization("gone", "./ap")], listed,
        ),
        case(
            "missing-resource", "missing-file", lambda seen: seen.fails("app", "no such file", "accumulating resources"),
            [app], {**listed, "app/kustomization.yaml": overlay("app.yaml", "more.yaml")},
        ),
        case(
            "bare-folder", "missing-file", lambda seen: seen.fails("app", "unable to find one of", "accumulating resources"),
            [app], {"app/kustomization.yaml": overlay("parts"), "app/parts/app.yaml": config_map("app")},
        ),
        case(
            "missing-component", "missing-file", lambda seen: seen.fails("app", "no such file", "accumulating components"),
            [app], {**listed, "app/kustomization.yaml": overlay("app.yaml", components=["../component"])},
        ),
        case(
            "dangling-source", "dangling-reference", lambda seen: seen.fails("app", "not found"),
            [kustomization("app", "./app", sourceRef={"kind": "GitRepository", "name": "repositorium"})], listed,
        ),
        case(
            "dangling-dependency", "dangling-reference", lambda seen: seen.fails("app", "not found"),
            [kustomization("app", "./app", dependsOn=[{"name": "infra"}])], listed,
        ),
        case(
            "unlisted", "unlisted-file", lambda seen: seen.ready("app")[0] and not seen.get("configmap", "more"),
            [app], {**listed, "app/more.yaml": config_map("more")},
        ),
        case(
            "cycle", "dependency-cycle", lambda seen: seen.waits("app", "db"),
            [kustomization("app", "./app", dependsOn=[{"name": "db"}]), kustomization("db", "./db", **waits)],
            {**listed, "db/db.yaml": config_map("db")}, never=("app", "db"),
        ),
        case(
            "overlay-cycle", "dependency-cycle", lambda seen: seen.fails("app", "cycle"),
            [app], {**listed, "app/kustomization.yaml": overlay("app.yaml", "../more"), "more/kustomization.yaml": overlay("../app")},
        ),
        case(
            "claim-deadlock", "deadlock", lambda seen: seen.fails("claims", "PersistentVolumeClaim") and seen.waits("wiki"),
            [kustomization("claims", "./claims", wait=True), kustomization("wiki", "./wiki", dependsOn=[{"name": "claims"}])],
            {"claims/claim.yaml": CLAIM, "wiki/deployment.yaml": CONSUMER}, never=("claims", "wiki"),
        ),
        case(
            "parent-deadlock", "deadlock", lambda seen: seen.fails("all", "Kustomization") and seen.waits("one"),
            [kustomization("all", "./parts", wait=True)],
            {"parts/one.yaml": kustomization("one", "./one", dependsOn=[{"name": "all"}]), "one/one.yaml": config_map("one")},
            never=("all", "one"),
        ),
        case(
            # `stringData` becomes `data` before Flux looks for seals, which drops `sops`: it is applied as it is, and Ready.
            "no-decryption", "undecryptable-secret",
            lambda seen: seen.ready("app")[0] and seen.secret("postgres-auth", "password").startswith("ENC["),
            [app], {"app/auth.sops.yaml": sealed},
        ),
        case(
            "no-decryption-data", "undecryptable-secret", lambda seen: seen.fails("app", "base64", "SOPS"),
            [app], {**listed, "app/kustomization.yaml": overlay("app.yaml", "auth.sops.yaml"), "app/auth.sops.yaml": sealed.replace("stringData:", "data:")},
        ),
        case(
            "sealed-config-map", "undecryptable-secret", lambda seen: "ENC[" in (seen.data("auth", "auth.yaml") or ""),
            [kustomization("app", "./app", decryption=DECRYPTION)],
            {
                "app/kustomization.yaml": overlay(configMapGenerator=[{
                    "name": "auth", "namespace": NAMESPACE, "files": ["auth.yaml=auth.sops.yaml"], "options": {"disableNameSuffixHash": True},
                }]),
                "app/auth.sops.yaml": sealed,
            },
        ),
        case(
            # Up to Flux 2.8 nothing is put in its place, 2.9 refuses.
            "undefined", "undefined-substitution",
            lambda seen: seen.data("app", "url") == "https://.example.com" or seen.fails("app", "strict mode"),
            [kustomization("app", "./app", postBuild={"substitute": {"domain": "example.com"}})],
            {"app/app.yaml": config_map("app", url="https://${host}.${domain}")},
        ),
        case(
            "unwatched", "unwatched-values", lambda seen: seen.data("tiny", "value") == "1",
            [app],
            {
                "app/kustomization.yaml": overlay("release.yaml", **generator("values", watched=False)),
                "app/release.yaml": release("tiny", **VALUES_FROM),
                "app/values.yaml": {"value": "1"},
            },
            second={"app/values.yaml": {"value": "2"}},
            after=lambda seen: "2" in (seen.data("values", "values.yaml") or "") and seen.data("tiny", "value") == "1",
        ),
        case(
            "hashed-name", "dangling-reference",
            lambda seen: seen.fails("tiny", "not found", "could not", kind="helmrelease"),
            [app],
            {
                "app/kustomization.yaml": overlay("release.yaml", **generator("values", hashed=True)),
                "app/release.yaml": release("tiny", **VALUES_FROM),
                "app/values.yaml": {"value": "1"},
            },
        ),
        case(
            "two-owners", "two-owners", fought_over,
            [kustomization("one", "./one"), kustomization("two", "./two")],
            {"one/shared.yaml": config_map("shared", by="one"), "two/shared.yaml": config_map("shared", by="two")},
        ),
        case(
            "other-namespace", "namespace-mismatch",
            lambda seen: seen.ready("app")[0] and seen.get("configmap", "app") and not seen.get("configmap", "app", "default"),
            [kustomization("app", "./app", targetNamespace=NAMESPACE)], {"app/app.yaml": config_map("app", "default")},
        ),
    ]


def write(root, files, namespace):
    for name, body in files.items():
        text = body if isinstance(body, str) else json.dumps(body, indent=2)
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(NAMESPACE, namespace) + "\n")


def offer(world, root, source, number):
    """The tree as a commit of the case's own repository."""
    file = world.flux.artifacts / f"{root.name}-{number}.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        archive.add(root, arcname=".")
    world.flux.offer("gitrepository", source, file, f"main@sha1:{number:040x}")


def lint(world, root):
    """The rules by which gen lint finds something there."""
    done = subprocess.run([world.gen, "lint", "--format", "json", "."], cwd=root, capture_output=True, text=True)
    demand(done.returncode in (0, 1), f"gen lint of {root.name} gave {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)["findings"]


def said(planted, findings):
    """The rules about wiring. That something is missing from a tree that gen does not own is a note, and every tree here
    leaves out its namespace, its source and its key."""
    rules = {finding["rule"] for finding in findings if finding["rule"] in RULES and finding["severity"] != "note"}
    missing = [finding["message"] for finding in findings if finding["rule"] == "dangling-reference"]
    if planted.name in ("dangling-source", "dangling-dependency") and any("repositorium" in m or "infra" in m for m in missing):
        rules.add("dangling-reference")
    return rules


def package(world, work):
    """A chart that writes one value into a ConfigMap."""
    chart = work / "tiny"
    write(chart, {
        "Chart.yaml": {"apiVersion": "v2", "name": "tiny", "version": "17.0.2"},
        "templates/value.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tiny}\ndata: {value: {{ .Values.value | quote }}}",
    }, "")
    done = subprocess.run([PEERS / "bin" / "helm", "package", chart, "--destination", work], capture_output=True, text=True)
    demand(done.returncode == 0, f"helm package: {done.stderr}")
    (work / "tiny-17.0.2.tgz").rename(world.flux.artifacts / "tiny.tgz")


def wiring_verdicts(world):
    """what gen lint says about planted defects is what the real controllers make of them"""
    cluster, work = world.cluster, world.repository.parent / "wiring"
    work.mkdir()
    package(world, work)
    # Flux does not check the MAC that covers the namespace.
    sealed = (world.repository / SEALED).read_text().replace("viridial-staging", NAMESPACE)
    planted = cases(sealed)
    disagreements, seen, snapshot = [], {}, Snapshot(cluster)
    key = cluster.get("secret", "sops-age", "flux-system")["data"]
    objects, deliveries = [], []
    for item in planted:
        namespace, root = f"wiring-{item.name}", work / item.name
        write(root, item.tree, namespace)
        expected = {item.rule} if item.rule else set()
        rules = said(item, lint(world, root))
        if rules != expected:
            disagreements.append(f"{item.name}: gen lint says {sorted(rules)}, planted is {sorted(expected)}")
        seen[item.name] = Seen(snapshot, namespace)
        metadata = lambda name: {"name": name, "namespace": namespace}
        objects += [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata("sops-age"), "data": key},
            {
                "apiVersion": "source.toolkit.fluxcd.io/v1",
                "kind": "GitRepository",
                "metadata": metadata("repository"),
                "spec": {"interval": "1h", "url": "https://example.invalid/repository"},
            },
        ]
        deliveries += [json.loads(file.read_text()) for file in sorted((root / "clusters").glob("*.yaml"))]
    cluster.apply(*objects)
    sources = {source["metadata"]["namespace"]: source for source in cluster.list("gitrepository")}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda item: offer(world, work / item.name, sources[seen[item.name].namespace], 1), planted))
    cluster.apply(*deliveries)

    end = time.monotonic() + 45
    waiting = list(planted)
    while waiting and time.monotonic() < end:
        snapshot.take()
        waiting = [item for item in waiting if not item.shows(seen[item.name])]
        time.sleep(0.3)
    disagreements += [f"{item.name}: the controllers show nothing of it: {states(seen[item.name])}" for item in waiting]

    later = [item for item in planted if item.second and item not in waiting]
    for item in later:
        write(work / item.name, item.second, seen[item.name].namespace)
        offer(world, work / item.name, sources[seen[item.name].namespace], 2)
    # As long as the watched one takes, and then some: what is not noticed must not have arrived.
    clean = next(item for item in planted if item.rule is None)

    def arrived():
        snapshot.take()
        return clean not in later or clean.after(seen[clean.name])

    cluster.wait(arrived, 30, "a change of watched values to arrive")
    time.sleep(3)
    snapshot.take()
    disagreements += [f"{item.name}: after a second commit it looks otherwise" for item in later if not item.after(seen[item.name])]
    through = [(item, name) for item in planted for name in item.never if seen[item.name].ready(name)[0]]
    disagreements += [f"{item.name}: {name} came through in the end" for item, name in through]
    demand(not disagreements, "\n  ".join(["gen lint and the controllers disagree:", *disagreements]))


def states(seen):
    """What the Kustomizations of a case say, for a person."""
    names = [name for kind, namespace, name in seen.snapshot.objects if kind == "kustomization" and namespace == seen.namespace]
    return {name: seen.ready(name) for name in names}
