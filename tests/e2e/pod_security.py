"""Generated pods, judged by `gen lint` and by the admission controller of a running API server: every verdict must be the same."""

import json
import pathlib
import random
import re
import subprocess
import tempfile

from cluster import demand

LEVELS = ("baseline", "restricted")
# Standards older than the server are asked for by a label; "latest" is the server's own.
VERSIONS = ("latest", "v1.24", "v1.31", "v1.34")
PODS = 300
SEED = 20261121


def maybe(chance, make, likely=0.5):
    return make() if chance.random() < likely else None


def clean(value):
    """Without what was not chosen."""
    if isinstance(value, dict):
        return {key: clean(below) for key, below in value.items() if below is not None}
    return [clean(below) for below in value] if isinstance(value, list) else value


def context(chance, is_pod):
    """A security context that is mostly the one of `restricted`, with one or two fields changed."""
    fields = {
        "runAsNonRoot": lambda: chance.choice([True, True, False]),
        "runAsUser": lambda: chance.choice([1000, 1000, 0]),
        "seccompProfile": lambda: chance.choice(
            [{"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "a.json"}, {"type": "Unconfined"}]
        ),
        "seLinuxOptions": lambda: chance.choice(
            [{"level": "s0:c1"}, {"type": "container_t"}, {"type": "container_engine_t"}, {"type": "spc_t"}, {"user": "u"}, {"role": "r"}]
        ),
        "appArmorProfile": lambda: chance.choice([{"type": "RuntimeDefault"}, {"type": "Unconfined"}]),
    }
    made = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}} if chance.random() < 0.8 else {}
    if not is_pod:
        made |= {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}} if chance.random() < 0.85 else {}
        fields |= {
            "privileged": lambda: chance.choice([True, False]),
            "allowPrivilegeEscalation": lambda: chance.choice([True, False, None]),
            "capabilities": lambda: {
                "drop": chance.choice([["ALL"], ["NET_RAW", "ALL"], ["all"], []]),
                "add": chance.choice([[], ["NET_BIND_SERVICE"], ["CHOWN"], ["NET_RAW"], ["CHOWN", "SYS_PTRACE"]]),
            },
            "procMount": lambda: chance.choice(["Default", "Unmasked"]),
        }
    else:
        names = ["kernel.shm_rmid_forced", "net.ipv4.tcp_rmem", "net.ipv4.tcp_keepalive_time", "kernel.msgmax", "net.core.somaxconn"]
        fields["sysctls"] = lambda: [{"name": chance.choice(names), "value": "1"}]
    for name in chance.sample(sorted(fields), chance.choice([0, 0, 1, 1, 2])):
        made[name] = fields[name]()
    return made or None


def container(chance, name):
    host = lambda: {"httpGet": {"port": 80, "host": chance.choice(["", "10.0.0.1"])}}
    return {
        "name": name,
        "image": "registry.example.com/app:1.0.0",
        "securityContext": context(chance, False),
        "ports": maybe(chance, lambda: [{"containerPort": 8080, "hostPort": chance.choice([0, 8080])}], 0.1),
        "livenessProbe": maybe(chance, host, 0.05) if not name.startswith("init") else None,
        "lifecycle": maybe(chance, lambda: {"preStop": host()}, 0.05) if not name.startswith("init") else None,
    }


def pod(chance, number):
    volumes = [
        {"emptyDir": {}}, {"configMap": {"name": "c"}}, {"hostPath": {"path": "/srv"}}, {"nfs": {"server": "nas", "path": "/"}},
        {"persistentVolumeClaim": {"claimName": "c"}}, {"iscsi": {"targetPortal": "a:1", "iqn": "iqn.2001-04.com.example:a", "lun": 0}}, {},
    ]
    annotation = {"container.apparmor.security.beta.kubernetes.io/app": chance.choice(["runtime/default", "unconfined"])}
    true = lambda: chance.choice([True, False])
    return clean({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"pod-{number:03}", "annotations": maybe(chance, lambda: annotation, 0.05)},
        "spec": {
            "hostNetwork": maybe(chance, true, 0.05),
            "hostPID": maybe(chance, true, 0.05),
            "hostIPC": maybe(chance, true, 0.05),
            "hostUsers": maybe(chance, true, 0.15),
            "securityContext": context(chance, True),
            "volumes": maybe(chance, lambda: [{"name": "v", **chance.choice(volumes)}], 0.15),
            "initContainers": maybe(chance, lambda: [container(chance, "init")], 0.15),
            "containers": [container(chance, "app")] + (maybe(chance, lambda: [container(chance, "side")], 0.2) or []),
        },
    })


def pods():
    chance = random.Random(SEED)
    return [pod(chance, number) for number in range(PODS)]


def refused_by_server(cluster, namespace, file):
    """Which pods the server refuses by their level, and which it takes for no pods at all."""
    done = cluster.kubectl("create", "--dry-run=server", "--namespace", namespace, "-f", file, check=False)
    taken = set(re.findall(r"^pod/(\S+) created", done.stdout, re.MULTILINE))
    refused = set(re.findall(r'pods "(\S+)" is forbidden: violates PodSecurity', done.stderr))
    return taken, refused


def refused_by_gen(gen, folder, minor):
    command = [gen, "lint", folder, "--format", "json", "--kubernetes", f"1.{minor}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    demand(done.returncode in (0, 1), f"gen lint gave {done.returncode}: {done.stderr}")
    findings = [one for one in json.loads(done.stdout)["findings"] if one["rule"] == "pod-security"]
    return {pathlib.PurePath(one["file"]).stem for one in findings if one["severity"] == "error"}


def compare(cluster, gen):
    """Gives how many verdicts were compared."""
    made, compared = pods(), 0
    minor = int(re.match(r"\d+", json.loads(cluster.kubectl("version", "-o", "json").stdout)["serverVersion"]["minor"])[0])
    with tempfile.TemporaryDirectory(prefix="gen-e2e-pods-") as folder:
        folder = pathlib.Path(folder)
        everything = folder / "all.json"
        everything.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": made}))
        for level in LEVELS:
            for version in VERSIONS:
                name = f"psa-{level}-{version.replace('.', '-')}"
                labels = {"pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/enforce-version": version}
                namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
                cluster.apply(namespace)
                cluster.wait(lambda: cluster.get("serviceaccount", "default", name), 60, f"the ServiceAccount of {name}")
                taken, refused = refused_by_server(cluster, name, everything)
                demand(len(taken) + len(refused) > PODS * 3 // 4, f"only {len(taken)} and {len(refused)} of {PODS} are pods")
                demand(taken and refused, f"{name}: all verdicts are the same, which proves nothing")
                tree = folder / name
                tree.mkdir()
                (tree / "namespace.json").write_text(json.dumps(namespace))
                for one in made:
                    placed = {**one, "metadata": {**one["metadata"], "namespace": name}}
                    (tree / f"{one['metadata']['name']}.json").write_text(json.dumps(placed))
                ours = refused_by_gen(gen, tree, minor)
                wrong = sorted((ours & taken) | (refused - ours))
                by_name = {one["metadata"]["name"]: one for one in made}
                shown = "\n".join(f"{pod}: gen {'refuses' if pod in ours else 'takes'} {json.dumps(by_name[pod])}" for pod in wrong[:5])
                demand(not wrong, f"{name}: {len(wrong)} verdicts differ from the server's:\n{shown}")
                compared += len(taken) + len(refused)
    return compared
