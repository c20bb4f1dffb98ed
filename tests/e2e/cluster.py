"""A real Kubernetes control plane on loopback, without containers.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler run as ordinary processes; kwok plays the kubelets of
three nodes, so that pods become Running without running anything; a loop plays the local-path provisioner, of which no Go
module is published. Leaving the context ends every process by its id and removes every file.
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PEERS = pathlib.Path(os.environ.get("GEN_PEERS") or REPOSITORY / ".peers")
TOKEN = "loopback"
NODES = ("node-1", "node-2", "node-3")


class Failure(Exception):
    """Something did not come out as it must. Its text is for the person who reads the log."""


def demand(condition, text):
    """Fails with `text` unless `condition` holds; an assert would vanish under `python3 -O`."""
    if not condition:
        raise Failure(text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="gen-e2e-"))
        self.processes = []
        self.threads = []
        self.over = threading.Event()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        # Nothing is kept, so nobody gets time to say goodbye; and none of these starts processes of its own.
        for _, process in reversed(self.processes):
            process.kill()
            process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        home = self.directory
        for command in ("genrsa -out sa.key 2048", "rsa -in sa.key -pubout -out sa.pub"):
            subprocess.run(["openssl", *command.split()], cwd=home, check=True, capture_output=True)
        (home / "tokens.csv").write_text(f'{TOKEN},admin,admin,"system:masters"\n')
        clients, peers, server = (free_port() for _ in range(3))
        etcd, cluster = f"http://127.0.0.1:{clients}", f"http://127.0.0.1:{peers}"
        self.spawn(
            "etcd",
            f"--data-dir={home}/etcd",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls={cluster}",
            f"--initial-advertise-peer-urls={cluster}",
            f"--initial-cluster=default={cluster}",
            "--unsafe-no-fsync",
        )
        self.spawn(
            "kube-apiserver",
            f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={server}",
            f"--cert-dir={home}/apiserver",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={home}/sa.pub",
            f"--service-account-signing-key-file={home}/sa.key",
            f"--token-auth-file={home}/tokens.csv",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none",
        )
        self.kubeconfig = home / "kubeconfig"
        named = lambda kind, **body: [{"name": "e2e", kind: body}]
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "e2e",
            "clusters": named("cluster", **{"server": f"https://127.0.0.1:{server}", "insecure-skip-tls-verify": True}),
            "users": named("user", token=TOKEN),
            "contexts": named("context", cluster="e2e", user="e2e"),
        }))
        self.wait(lambda: self.kubectl("get", "--raw", "/readyz", check=False).returncode == 0, 90, "the API server")
        # No serving ports: they would need a free one each, and nobody asks there.
        quiet = (f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--secure-port=0")
        self.spawn(
            "kube-controller-manager",
            *quiet,
            f"--service-account-private-key-file={home}/sa.key",
            f"--root-ca-file={home}/apiserver/apiserver.crt",
            # kwok's nodes send no heartbeats: after the default of 50 s all their pods would be marked as not ready.
            "--node-monitor-grace-period=1h",
            "--node-startup-grace-period=1h",
        )
        self.spawn("kube-scheduler", *quiet)
        self.spawn("kwok", f"--kubeconfig={self.kubeconfig}", "--manage-all-nodes=true", "--node-ip=127.0.0.1")
        room = {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "500Gi"}
        node = lambda name: {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
            "status": {"allocatable": room, "capacity": room},
        }
        local_path = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": "local-path",
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": "rancher.io/local-path",
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
        }
        self.apply(*map(node, NODES), local_path)
        self.kubectl("create", "-f", PEERS / "crds")
        established = ("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
        # Fails at once while a CRD has no conditions at all.
        self.wait(lambda: self.kubectl(*established, check=False).returncode == 0, 60, "the CRDs")
        self.every(0.5, self.provision)

    def spawn(self, name, *arguments, **environment):
        with open(self.directory / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                [PEERS / "bin" / name, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env={**os.environ, **environment},
            )
        self.processes.append((name, process))

    def every(self, seconds, act):
        """Runs `act` again and again in the background. What fails now may succeed the next time."""

        def loop():
            while not self.over.wait(seconds):
                try:
                    act()
                except (Failure, KeyError, ValueError):
                    pass

        self.threads.append(threading.Thread(target=loop))
        self.threads[-1].start()

    def wait(self, probe, seconds, what):
        """The first true value of `probe`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name, process in self.processes:
                if process.poll() is not None:
                    log = (self.directory / f"{name}.log").read_text(errors="replace")
                    raise Failure(f"{name} ended with {process.returncode}: {log[-1500:]}")
            value = probe()
            if value:
                return value
            time.sleep(0.3)
        raise Failure(f"waited {seconds} s in vain for {what}")

    def kubectl(self, *arguments, check=True, stdin=""):
        return self.run("kubectl", *arguments, check=check, stdin=stdin)

    def helm(self, *arguments):
        return self.run("helm", *arguments)

    def run(self, name, *arguments, check=True, stdin=""):
        done = subprocess.run(
            [PEERS / "bin" / name, "--kubeconfig", self.kubeconfig, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
        )
        if check and done.returncode:
            raise Failure(f"{name} {' '.join(map(str, arguments))[:200]}: {done.stderr[-1500:]}")
        return done

    def get(self, kind, name, namespace):
        """One object, or None."""
        done = self.kubectl("get", kind, name, "-n", namespace, "-o", "json", "--ignore-not-found")
        return json.loads(done.stdout) if done.stdout else None

    def list(self, kind, namespace=None):
        scope = ["-n", namespace] if namespace else ["-A"]
        return json.loads(self.kubectl("get", kind, *scope, "-o", "json").stdout)["items"]

    def apply(self, *objects):
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def provision(self):
        """What rancher.io/local-path does: a volume on the node that the scheduler chose for the claim's first pod."""
        for claim in self.list("pvc"):
            meta, spec = claim["metadata"], claim["spec"]
            node = meta.get("annotations", {}).get("volume.kubernetes.io/selected-node")
            if not node or claim["status"]["phase"] != "Pending" or spec["storageClassName"] != "local-path":
                continue
            self.apply({
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {
                    "name": f"pvc-{meta['uid']}",
                    "annotations": {"pv.kubernetes.io/provisioned-by": "rancher.io/local-path"},
                },
                "spec": {
                    "capacity": {"storage": spec["resources"]["requests"]["storage"]},
                    "accessModes": spec["accessModes"],
                    "persistentVolumeReclaimPolicy": "Delete",
                    "storageClassName": "local-path",
                    "hostPath": {"path": f"/opt/{meta['uid']}"},
                    "claimRef": {
                        "apiVersion": "v1",
                        "kind": "PersistentVolumeClaim",
                        **{key: meta[key] for key in ("namespace", "name", "uid")},
                    },
                    "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                        {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]},
                    ]}]}},
                },
            })
