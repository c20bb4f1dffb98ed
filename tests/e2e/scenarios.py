"""What must hold when a real Flux reconciles what gen writes. The scenarios run in order on one cluster, each from where the
one before it ended; the first line of each docstring is its name. Facts come from the API server, never from gen.
"""

import base64
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from cluster import PEERS, REPOSITORY, Cluster, demand
from flux import Flux
from wiring import wiring_verdicts
import pod_security

COMMITTED = ("staging", "production")
NAMESPACES = {"staging": "viridial-staging", "production": "viridial-production", "legacy": "viridial-legacy", "fresh": "shop-fresh"}
PASSWORDS = {"postgres-password", "password", "replication-password"}
BASE = "environments/base.yaml"
STAGING = "environments/staging.yaml"
SEALED = "environments/staging/secrets/postgres-auth.sops.yaml"
# The private key of one who may open staging's files; the cluster has the other one.
HOLDER = {**os.environ, "SOPS_AGE_KEY_FILE": str(REPOSITORY / "tests/keys/test-platform.agekey")}


@dataclasses.dataclass
class World:
    cluster: Cluster
    flux: Flux
    gen: pathlib.Path
    repository: pathlib.Path

    def run_gen(self, *arguments):
        return subprocess.run(
            [self.gen, *arguments], cwd=self.repository, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def secret(self, *arguments, value=""):
        """`gen secret` as one who holds a key; the value goes to its stdin. Gives what it said."""
        command = [self.gen, "secret", *arguments]
        done = subprocess.run(command, cwd=self.repository, env=HOLDER, input=value, capture_output=True, text=True)
        output = done.stdout + done.stderr
        demand(done.returncode == 0, f"gen secret {' '.join(arguments)} gave {done.returncode}:\n{output}")
        demand(not value or value not in output, f"gen secret {arguments[0]} printed the value")
        return output

    def build(self, *arguments):
        done = self.run_gen("build", *arguments)
        output = done.stdout + done.stderr
        demand(done.returncode == 0, f"gen build {' '.join(arguments)} gave {done.returncode}:\n{output}")
        return output

    def edit(self, pattern, replacement, name=STAGING):
        """Edits an input as a person would. The pattern must match once: the example may have changed."""
        file = self.repository / name
        text, count = re.subn(pattern, replacement, file.read_text(), flags=re.MULTILINE)
        demand(count == 1, f"{name} holds {count} times what this scenario edits: {pattern}")
        file.write_text(text)

    def deliver(self, *arguments):
        """Builds staging, commits, and waits until Flux is content with it. Gives what gen said."""
        output = self.build("staging", *arguments)
        self.flux.settle(self.flux.push())
        return output

    def tree(self):
        """A digest of everything under gitops/."""
        digest = hashlib.sha256()
        for file in sorted((self.repository / "gitops").rglob("*")):
            if file.is_file():
                digest.update(f"{file}\0".encode() + file.read_bytes())
        return digest.hexdigest()

    def one(self, kind, name, environment="staging"):
        found = self.cluster.get(kind, name, NAMESPACES[environment])
        demand(found, f"{environment}: there is no {kind} {name}")
        return found

    def uids(self, *objects):
        """The identity of objects of staging, given as kind/name: it changes when one is deleted and made again."""
        return {item: self.one(*item.split("/"))["metadata"]["uid"] for item in objects}

    def wait_for_database(self, fits, what):
        """Waits until the container of staging's primary, in its template and in the running pod, is as `fits` says."""
        def there():
            sets = [s for s in self.cluster.list("statefulset", NAMESPACES["staging"]) if is_primary(s)]
            pods = [p for p in self.cluster.list("pod", NAMESPACES["staging"]) if is_primary(p)]
            templates = [s["spec"]["template"]["spec"] for s in sets]
            running = [p["spec"] for p in pods if is_ready(p)]
            return len(running) == 1 and all(fits(spec["containers"][0]) for spec in templates + running)

        self.cluster.wait(there, 90, what)


def is_primary(item):
    return item["metadata"]["labels"].get("app.kubernetes.io/component") == "primary"


def is_ready(pod):
    conditions = {c["type"]: c["status"] for c in pod["status"].get("conditions", [])}
    leaving = "deletionTimestamp" in pod["metadata"]
    return pod["status"]["phase"] == "Running" and conditions.get("Ready") == "True" and not leaving


def claims_of(pod):
    volumes = pod["spec"]["volumes"]
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]


def selects(selector, labels):
    demand("matchExpressions" not in selector, f"this test reads matchLabels only: {selector}")
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def assert_private_and_running(world, environment):
    """What holds for an environment at any time after Flux settled."""
    cluster, namespace = world.cluster, NAMESPACES[environment]
    labels = cluster.get("namespace", namespace, "default")["metadata"]["labels"]
    demand(labels.get("pod-security.kubernetes.io/enforce") == "restricted", f"{namespace} does not enforce restricted")
    rejected = [
        event["message"]
        for event in cluster.list("event", namespace)
        if event["reason"].startswith("Failed") and "forbidden" in event["message"]
    ]
    demand(not rejected, f"{namespace}: the API server rejected {rejected}")

    def all_running():
        pods = cluster.list("pod", namespace)
        return pods and all(is_ready(pod) or pod["status"]["phase"] == "Succeeded" for pod in pods) and pods

    pods = cluster.wait(all_running, 60, f"every pod of {namespace} to run")

    policies = cluster.list("networkpolicy", namespace)
    for policy in policies:
        owner = policy["metadata"].get("labels", {})
        demand("kustomize.toolkit.fluxcd.io/name" in owner, f"{policy['metadata']['name']} is a policy of the chart's")
    for pod in pods:
        closed = any(
            "Ingress" in policy["spec"]["policyTypes"]
            and selects(policy["spec"]["podSelector"], pod["metadata"].get("labels", {}))
            for policy in policies
        )
        demand(closed, f"{namespace}: no NetworkPolicy closes pod {pod['metadata']['name']}")

    for service in cluster.list("service", namespace):
        demand(service["spec"]["type"] == "ClusterIP", f"{service['metadata']['name']} is {service['spec']['type']}")
    assert_service_leads_to_primary(world, environment, pods)

    for budget in cluster.list("poddisruptionbudget", namespace):
        name = budget["metadata"]["name"]
        drains = lambda: cluster.get("poddisruptionbudget", name, namespace)["status"].get("disruptionsAllowed")
        cluster.wait(drains, 30, f"the budget {name} of {namespace} to allow a drain")

    for secret in cluster.list("secret", namespace):
        if secret["type"] == "helm.sh/release.v1":
            continue
        name, data = secret["metadata"]["name"], secret.get("data", {})
        demand("kustomize.toolkit.fluxcd.io/name" in secret["metadata"].get("labels", {}), f"{name} is no Secret of gen's")
        # base64 of "ENC["
        demand(not any(value.startswith("RU5D") for value in data.values()), f"{name} arrived encrypted")


def assert_service_leads_to_primary(world, environment, pods):
    """The Service `postgres` is gen's own and leads to the primary in every architecture."""
    namespace = NAMESPACES[environment]
    service = world.one("service", "postgres", environment)
    demand("kustomize.toolkit.fluxcd.io/name" in service["metadata"]["labels"], "the Service postgres is the chart's")
    primaries = [pod["status"]["podIP"] for pod in pods if is_primary(pod)]
    demand(len(primaries) == 1, f"{namespace} has {len(primaries)} primaries")

    def endpoints():
        return [
            address
            for piece in world.cluster.list("endpointslice", namespace)
            if piece["metadata"]["labels"]["kubernetes.io/service-name"] == "postgres"
            for endpoint in piece["endpoints"] or []
            if endpoint["conditions"]["ready"]
            for address in endpoint["addresses"]
        ]

    world.cluster.wait(lambda: endpoints() == primaries, 30, f"Service postgres of {namespace} to lead to its primary")


def the_committed_trees_become_ready(world):
    """the committed trees of staging and production become Ready, every pod runs, nothing is open"""
    revision = world.flux.push()
    for environment in COMMITTED:
        world.flux.follow(environment)
    world.flux.settle(revision, 240)
    kinds = {(kind, namespace) for kind, _, namespace in world.flux.states()}
    for environment in COMMITTED:
        namespace = NAMESPACES[environment]
        demand(("HelmRelease", namespace) in kinds, f"{namespace} has no HelmRelease")
        assert_private_and_running(world, environment)
        keys = set(world.one("secret", "postgres-auth", environment)["data"])
        demand(PASSWORDS <= keys, f"{environment}: postgres-auth lacks {PASSWORDS - keys}")
        claim = world.one("pvc", "postgres-data", environment)
        demand(claim["status"]["phase"] == "Bound", f"{environment}: postgres-data is {claim['status']['phase']}")
        demand(claim["spec"]["accessModes"] == ["ReadWriteOncePod"], f"{environment}: {claim['spec']['accessModes']}")
        demand(not world.run_gen("check", environment).returncode, f"gen check {environment} is not content")


def restricted_is_enforced(world):
    """a pod that is not restricted is turned away, so the running ones are"""
    pod = ("run", "intruder", "--image=busybox", "--dry-run=server", "-n", NAMESPACES["staging"])
    done = world.cluster.kubectl(*pod, check=False)
    demand("violates PodSecurity" in done.stderr, f"the control pod was not turned away: {done.stdout}{done.stderr}")


def the_backup_runs(world):
    """a backup job is admitted, gets its claim, prefers another node than the primary's, and is let in"""
    cluster, namespace = world.cluster, NAMESPACES["production"]
    cron_jobs = cluster.list("cronjob", namespace)
    demand(len(cron_jobs) == 1, f"{namespace} has {len(cron_jobs)} CronJobs")
    cron_job = cron_jobs[0]["metadata"]["name"]
    cluster.kubectl("create", "job", "backup-now", f"--from=cronjob/{cron_job}", "-n", namespace)

    def admitted():
        pods = cluster.list("pod", namespace)
        pods = [pod for pod in pods if pod["metadata"]["labels"].get("batch.kubernetes.io/job-name") == "backup-now"]
        # kwok completes the pods of a job as soon as it has started them.
        return pods and pods[0]["status"]["phase"] in ("Running", "Succeeded") and pods[0]

    pod = cluster.wait(admitted, 60, "the backup's pod to be admitted and scheduled")
    claims = claims_of(pod)
    demand(len(claims) == 1 and claims != ["postgres-data"], f"the backup writes to {claims}")
    phase = world.one("pvc", claims[0], "production")["status"]["phase"]
    demand(phase == "Bound", f"the backup's claim is {phase}")
    primary = next(p for p in cluster.list("pod", namespace) if is_primary(p))
    demand(pod["spec"]["nodeName"] != primary["spec"]["nodeName"], "the backup runs on the primary's node")
    rules = [
        rule
        for policy in cluster.list("networkpolicy", namespace)
        if selects(policy["spec"]["podSelector"], primary["metadata"]["labels"])
        for rule in policy["spec"].get("ingress", [])
    ]
    let_in = any(
        selects(peer["podSelector"], pod["metadata"]["labels"])
        for rule in rules
        for peer in rule.get("from", [])
        if "podSelector" in peer and "namespaceSelector" not in peer
    )
    demand(let_in, "no NetworkPolicy lets the backup reach the database")


def a_changed_value_rolls_out(world):
    """changed resources reach the running pod; StatefulSet, claim and Service stay the same objects"""
    before = world.uids("statefulset/postgres", "pvc/postgres-data", "service/postgres")
    world.edit(r"memory: 512Mi", "memory: 640Mi")
    world.deliver()
    world.wait_for_database(lambda c: c["resources"]["requests"]["memory"] == "640Mi", "the new memory request")
    after = world.uids(*before)
    demand(after == before, f"objects were made again: {before} became {after}")
    assert_private_and_running(world, "staging")


def a_size_edit_stops_nothing(world):
    """an edited size leaves the bound claim alone, and a change in the same commit arrives"""
    before = world.uids("statefulset/postgres", "pvc/postgres-data")
    world.edit(r"storage: 20Gi", "storage: 40Gi")
    world.edit(r"memory: 640Mi", "memory: 768Mi")
    output = world.deliver()
    demand("resize" in output, f"gen build did not say that local-path does not resize:\n{output}")
    world.wait_for_database(lambda c: c["resources"]["requests"]["memory"] == "768Mi", "the change beside the size")
    claim = world.one("pvc", "postgres-data")
    demand(claim["spec"]["resources"]["requests"]["storage"] == "20Gi", "the claim's size was edited")
    demand(claim["status"]["phase"] == "Bound", f"the claim is {claim['status']['phase']}")
    demand(world.uids(*before) == before, "objects were made again")


def replication_keeps_service_and_claim(world):
    """standalone to replication: the same Service, the same claim, and a replica beside the primary"""
    before = world.uids("pvc/postgres-data", "service/postgres")
    volume = world.one("pvc", "postgres-data")["spec"]["volumeName"]
    world.edit(r"^  postgres:$", "  postgres:\n    architecture: replication")
    world.deliver()
    namespace = NAMESPACES["staging"]

    def components():
        pods = [pod for pod in world.cluster.list("pod", namespace) if is_ready(pod)]
        return sorted(pod["metadata"]["labels"].get("app.kubernetes.io/component", "") for pod in pods)

    world.cluster.wait(lambda: components() == ["primary", "read"], 90, "a primary and a replica")
    demand(world.uids(*before) == before, "the Service or the claim was made again")
    demand(world.one("pvc", "postgres-data")["spec"]["volumeName"] == volume, "the claim has another volume")
    primary = next(pod for pod in world.cluster.list("pod", namespace) if is_primary(pod))
    demand(claims_of(primary) == ["postgres-data"], f"the primary runs on {claims_of(primary)}")
    assert_private_and_running(world, "staging")


def sealed_values(world):
    """What the sealed source of staging's postgres-auth holds, as the real sops reads it."""
    done = subprocess.run(
        [PEERS / "bin" / "sops", "decrypt", "--extract", '["stringData"]', "--output-type", "json", SEALED],
        cwd=world.repository, env=HOLDER, capture_output=True, text=True,
    )
    demand(done.returncode == 0, f"sops cannot open {SEALED}: {done.stderr}")
    return json.loads(done.stdout)


def arrived(world):
    """What the Secret in the cluster holds."""
    data = world.one("secret", "postgres-auth")["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def secrets_arrive(world):
    """values that gen set, gen rotated and the real sops edited are exactly what the Secret in the cluster holds"""
    before = arrived(world)
    # All that has a meaning in YAML, JSON, base64 or a shell.
    value = "known: #\u00e9 'q' \"d\" $HOME `x` \\n {{ }} ENC[ \u65e5"
    world.secret("set", "staging", "postgres-auth", "password", value=value)
    world.deliver()
    demand(arrived(world) == {**before, "password": value}, "the value that was set did not arrive, or others changed")

    world.secret("rotate", "staging", "postgres-auth", "password")
    world.deliver()
    rotated = arrived(world)
    demand(rotated["password"] not in (value, before["password"]), "the rotated password did not arrive")
    demand({**rotated, "password": ""} == {**before, "password": ""}, "the rotation changed another key")

    if not (PEERS / "bin" / "sops").exists():
        print("PASSED OVER: there is no sops (just peers); no file that it edited is delivered", file=sys.stderr)
        return
    demand(sealed_values(world) == rotated, "sops reads something else than what arrived")
    edited = value + "\nby sops"
    command = [PEERS / "bin" / "sops", "set", "--value-stdin", SEALED, '["stringData"]["password"]']
    done = subprocess.run(command, cwd=world.repository, env=HOLDER, input=json.dumps(edited), capture_output=True, text=True)
    demand(done.returncode == 0, f"sops set gave {done.returncode}: {done.stderr}")
    world.deliver()
    demand(arrived(world) == {**before, "password": edited}, "the value that sops set did not arrive")


def alive(world):
    """The identity of what holds staging's data."""
    sets = [f"statefulset/{s['metadata']['name']}" for s in world.cluster.list("statefulset", NAMESPACES["staging"])]
    return world.uids(*sets, "pvc/postgres-data", "secret/postgres-auth", "service/postgres")


def assert_nothing_follows(world, before, what):
    """Deletions come late, by garbage collection and finalizers: looks for some seconds."""
    end = time.monotonic() + 8
    while time.monotonic() < end:
        demand(world.uids(*before) == before, f"{what} made objects again")
        time.sleep(1)
    primaries = [pod for pod in world.cluster.list("pod", NAMESPACES["staging"]) if is_primary(pod)]
    states = [{key: pod["status"].get(key) for key in ("phase", "conditions")} for pod in primaries]
    demand(any(map(is_ready, primaries)), f"{what} stopped the database: {states}")


def a_renamed_instance_loses_nothing(world):
    """a renamed instance is refused, or loses nothing"""
    inputs = {name: (world.repository / name).read_text() for name in (BASE, STAGING)}
    tree, before = world.tree(), alive(world)
    world.edit(r"^  postgres:$", "  database:", BASE)
    # With the Secret that is there, so that only the new name can be a reason to refuse.
    world.edit(r"^  postgres:$", "  database:\n    kind: postgres\n    secret: {name: postgres-auth}")
    done = world.run_gen("build", "staging")
    if done.returncode:
        output = done.stdout + done.stderr
        demand(done.returncode == 1 and "postgres" in output, f"gen refused with {done.returncode}: {output}")
        demand(world.tree() == tree, "gen refused and wrote nevertheless")
    else:
        world.flux.push()
        assert_nothing_follows(world, before, "the new name")
    for name, text in inputs.items():
        (world.repository / name).write_text(text)


def a_removed_instance_stays_alive(world):
    """stopping takes an explicit --remove, and even then StatefulSet, claim and Secret live on"""
    tree, before = world.tree(), alive(world)
    # base.yaml has the instance too, so a deleted block would not remove it.
    world.edit(r"^  postgres:\n(?:    .*\n)+", "  postgres: null\n")
    done = world.run_gen("build", "staging")
    demand(done.returncode == 1, f"a deleted instance gave {done.returncode}: {done.stdout}{done.stderr}")
    demand(world.tree() == tree, "gen refused and wrote nevertheless")
    world.build("staging", "--remove", "postgres")
    world.flux.push()
    gone = lambda: ("Kustomization", "staging-postgres", "flux-system") not in world.flux.states()
    world.cluster.wait(gone, 60, "Flux to let go of the instance")
    assert_nothing_follows(world, before, "--remove")


LEGACY = """extends: base
cluster: k3s-legacy
namespace: viridial-legacy
services:
  postgres:
    storage: {claim: data-postgres-0}
    database: viridial
    release: {name: postgres, fullname: postgres}
"""


def a_running_release_is_taken_over(world):
    """a release that somebody installed by hand is taken over: the same claim and Service, and its policy closes"""
    cluster, namespace = world.cluster, NAMESPACES["legacy"]
    cluster.kubectl("create", "namespace", namespace)
    cluster.helm(
        "install", "postgres", world.flux.artifacts / "postgresql.tgz", "-n", namespace,
        "--set", "fullnameOverride=postgres,primary.persistence.storageClass=local-path",
    )
    running = lambda: [p for p in cluster.list("pod", namespace) if is_primary(p) and is_ready(p)]
    cluster.wait(running, 90, "the release installed by hand")
    before = {kind: world.one(*kind.split("/"), "legacy")["metadata"]["uid"] for kind in ("pvc/data-postgres-0", "service/postgres")}

    secrets = world.repository / "environments" / "legacy" / "secrets"
    secrets.mkdir(parents=True)
    # Flux does not check the MAC that covers the namespace, so the example's file serves once more.
    sealed = (world.repository / "environments/staging/secrets/postgres-auth.sops.yaml").read_text()
    (secrets / "postgres-auth.sops.yaml").write_text(sealed.replace(NAMESPACES["staging"], namespace))
    (world.repository / "environments/legacy.yaml").write_text(LEGACY)
    world.build("legacy")
    # What docs/adopting.md says to do right before: the template of a StatefulSet's claims cannot change.
    cluster.kubectl("delete", "statefulset", "postgres", "-n", namespace, "--cascade=orphan")
    world.flux.follow("legacy")
    world.flux.settle(world.flux.push())

    on_the_claim = lambda: [p for p in running() if claims_of(p) == ["data-postgres-0"]]
    cluster.wait(on_the_claim, 90, "the database to run on its old claim")
    after = {kind: world.one(*kind.split("/"), "legacy")["metadata"]["uid"] for kind in before}
    demand(after == before, f"objects were made again: {before} became {after}")
    assert_private_and_running(world, "legacy")


# What `flux bootstrap` left in the repository that the cluster reads.
GOTK_SYNC = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 10m0s
  path: ./clusters/e2e
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
"""


def a_new_repository_becomes_ready(world):
    """what gen init makes where Flux is already becomes Ready, with a key of its own and passwords that nobody typed"""
    cluster, new, home = world.cluster, world.repository.parent / "shop", world.repository.parent / "home"
    home.mkdir()
    (new / "clusters/e2e/flux-system").mkdir(parents=True)
    (new / "clusters/e2e/flux-system/gotk-sync.yaml").write_text(GOTK_SYNC)

    def gen(*arguments):
        done = subprocess.run(
            [world.gen, *arguments], cwd=new, env={"HOME": str(home), "USER": "ann"}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )
        # Its stdout may be a private key.
        demand(done.returncode == 0, f"gen {' '.join(arguments)} gave {done.returncode}: {done.stderr}")
        return done.stdout

    theirs = cluster.get("secret", "sops-age", "flux-system")
    gen("init", "--environment", "fresh")
    gen("build", "fresh")
    gen("check")
    # The steps that gen init prints, with a commit of the tree in the place of git push.
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=gen("secret", "bootstrap", "fresh"))
    cluster.kubectl("apply", "-f", new / "clusters/e2e/fresh.yaml")
    shutil.copytree(new / "gitops/fresh", world.repository / "gitops/fresh")
    world.flux.settle(world.flux.push())

    assert_private_and_running(world, "fresh")
    data = world.one("secret", "postgres-auth", "fresh")["data"]
    values = {base64.b64decode(data[key]).decode() for key in PASSWORDS}
    demand(len(values) == 3 and min(map(len, values)) >= 20, "the passwords are not three, or not long")
    now = cluster.get("secret", "sops-age", "flux-system")
    demand(now["metadata"]["resourceVersion"] == theirs["metadata"]["resourceVersion"], "gen touched the cluster's sops-age")
    annotations = cluster.get("secret", "gen-sops-age", "flux-system")["metadata"].get("annotations", {})
    demand(not annotations, f"the private key may stand in an annotation too: {', '.join(annotations)}")


def pods_are_judged_as_the_server_does(world):
    """generated pods: gen lint and the admission controller agree on every one"""
    compared = pod_security.compare(world.cluster, world.gen)
    demand(compared > 1000, f"only {compared} verdicts were compared")


SCENARIOS = (
    the_committed_trees_become_ready,
    restricted_is_enforced,
    pods_are_judged_as_the_server_does,
    the_backup_runs,
    a_changed_value_rolls_out,
    a_size_edit_stops_nothing,
    replication_keeps_service_and_claim,
    secrets_arrive,
    a_renamed_instance_loses_nothing,
    a_removed_instance_stays_alive,
    a_running_release_is_taken_over,
    a_new_repository_becomes_ready,
    wiring_verdicts,
)
