"""Real Flux controllers on a `Cluster`. source-controller, which cannot be built from its published module, is played: a
file server holds the artifacts, and the status of each source says where, as source-controller would.
"""

import base64
import functools
import hashlib
import http.server
import json
import shutil
import tarfile
import threading
import time

from cluster import Failure, free_port

NAMESPACE = "flux-system"
SOURCE = "flux-system"


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Flux:
    """Reconciles gitops/ of a repository, for the environments that `follow` names.

    `charts` is the folder's or OCI artifact's name to the packaged chart, `age_key` the key file that decrypts.
    """

    def __init__(self, cluster, repository, charts, age_key):
        self.cluster, self.repository = cluster, repository
        self.artifacts = cluster.directory / "artifacts"
        self.artifacts.mkdir()
        for name, package in charts.items():
            shutil.copy(package, self.artifacts / f"{name}.tgz")
        handler = functools.partial(Silent, directory=self.artifacts)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.commits = 0

        key = base64.b64encode(age_key.read_bytes()).decode()
        named = lambda name: {"name": name, "namespace": NAMESPACE}
        cluster.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": named("sops-age"), "data": {"age.agekey": key}},
            {
                "apiVersion": "source.toolkit.fluxcd.io/v1",
                "kind": "GitRepository",
                "metadata": named(SOURCE),
                "spec": {"interval": "1h", "url": "https://example.invalid/repository"},
            },
        )
        for name in ("kustomize-controller", "helm-controller"):
            cluster.spawn(
                name,
                "--watch-all-namespaces=true",
                "--requeue-dependency=1s",  # 30 s by default: the wait for dependsOn would be most of the test's time
                "--events-addr=",
                f"--metrics-addr=127.0.0.1:{free_port()}",
                f"--health-addr=127.0.0.1:{free_port()}",
                KUBECONFIG=str(cluster.kubeconfig),
                RUNTIME_NAMESPACE=NAMESPACE,
            )
        cluster.every(0.5, self.serve_charts)

    def push(self):
        """Offers what stands under gitops/ now as a new commit and gives its revision."""
        self.commits += 1
        file = self.artifacts / f"commit-{self.commits}.tar.gz"
        with tarfile.open(file, "w:gz") as archive:
            archive.add(self.repository / "gitops", arcname="gitops")
        revision = f"main@sha1:{self.commits:040x}"
        source = self.cluster.get("gitrepository", SOURCE, NAMESPACE)
        self.offer("gitrepository", source, file, revision)
        return revision

    def follow(self, environment):
        """What a platform team's clusters/<name> folder holds: one Kustomization that points at the environment."""
        self.cluster.apply({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": environment, "namespace": NAMESPACE},
            "spec": {
                "interval": "1h",
                "path": f"./gitops/{environment}/flux",
                "prune": True,
                "sourceRef": {"kind": "GitRepository", "name": SOURCE},
            },
        })

    def offer(self, kind, source, file, revision):
        """Writes the status by which a source says that its artifact lies at `file`."""
        content, meta = file.read_bytes(), source["metadata"]
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        status = {
            "observedGeneration": meta["generation"],
            "conditions": [{
                "type": "Ready",
                "status": "True",
                "reason": "Succeeded",
                "message": "stored artifact",
                "lastTransitionTime": now,
                "observedGeneration": meta["generation"],
            }],
            "artifact": {
                "url": f"{self.url}/{file.name}",
                "path": file.name,
                "revision": revision,
                "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
                "lastUpdateTime": now,
                "size": len(content),
            },
        }
        self.cluster.kubectl(
            "patch", kind, meta["name"], "-n", meta["namespace"],
            "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}),
        )

    def serve_charts(self):
        """A HelmChart is what helm-controller makes of `chart.spec`; an OCIRepository is what `chartRef` points at."""
        for kind in ("helmchart", "ocirepository"):
            for source in self.cluster.list(kind):
                status, spec = source.get("status") or {}, source["spec"]
                if "artifact" in status and status.get("observedGeneration") == source["metadata"]["generation"]:
                    continue
                path = spec["chart"] if kind == "helmchart" else spec["url"]
                file = self.artifacts / f"{path.rstrip('/').rsplit('/', 1)[-1]}.tgz"
                if not file.exists():
                    raise Failure(f"no chart for {path}")
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                revision = "17.0.2" if kind == "helmchart" else f"17.0.2@sha256:{digest}"
                self.offer(kind, source, file, revision)

    def states(self):
        """Kind, name and namespace of every Kustomization and HelmRelease: whether and at which revision it is Ready."""
        found = {}
        for kind in ("kustomizations.kustomize.toolkit.fluxcd.io", "helmreleases.helm.toolkit.fluxcd.io"):
            for item in self.cluster.list(kind):
                meta, status = item["metadata"], item.get("status") or {}
                ready = next((c for c in status.get("conditions", []) if c["type"] == "Ready"), {})
                current = status.get("observedGeneration") == meta["generation"]
                found[item["kind"], meta["name"], meta["namespace"]] = {
                    "ready": current and ready.get("status") == "True",
                    "message": ready.get("message", "not looked at yet"),
                    "revision": status.get("lastAppliedRevision"),
                }
        return found

    def settle(self, revision, seconds=120):
        """Waits until every Kustomization has applied `revision` and all of Flux is Ready."""

        def pending():
            return {
                key: state
                for key, state in self.states().items()
                if not state["ready"] or (key[0] == "Kustomization" and state["revision"] != revision)
            }

        try:
            self.cluster.wait(lambda: self.states() and not pending(), seconds, "Flux to be Ready")
        except Failure as failure:
            lines = [f"{'/'.join(key)}: {state['message']}" for key, state in pending().items()]
            raise Failure("\n  ".join([str(failure), *lines])) from None
