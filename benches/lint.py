"""Times gen lint beside other linters on one tree of 5,000 objects: python3 benches/lint.py GEN [SCHEMAS]

SCHEMAS is a folder of JSON schemas as kubeconform wants them (`{{.ResourceKind}}{{.KindSuffix}}.json`), such as those in the Python
package kubernetes-validate. Tools that are not there are passed over. Nothing here passes or fails.
"""

import os
import pathlib
import shutil
import sys
import tempfile

from bench import PEERS, row, timed

OBJECTS = 5000

OBJECT = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}, namespace: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app.kubernetes.io/name: app-{n}}}}}
  template:
    metadata: {{labels: {{app.kubernetes.io/name: app-{n}}}}}
    spec:
      automountServiceAccountToken: false
      securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
        - name: app
          image: ghcr.io/example/app:1.4.{n}
          ports: [{{name: http, containerPort: 8080}}]
          env:
            - {{name: LOG_LEVEL, value: info}}
            - {{name: DB_PASSWORD, valueFrom: {{secretKeyRef: {{name: app-{n}, key: password}}}}}}
          resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 256Mi}}}}
          livenessProbe: {{httpGet: {{path: /healthz, port: http}}}}
          readinessProbe: {{httpGet: {{path: /readyz, port: http}}}}
          securityContext: {{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {{drop: [ALL]}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{n}, namespace: shop}}
spec:
  selector: {{app.kubernetes.io/name: app-{n}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: app-{n}, namespace: shop}}
data: {{application.yaml: "server: {{port: 8080}}"}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: app-{n}, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app.kubernetes.io/name: app-{n}}}}}
  policyTypes: [Ingress]
  ingress:
    - from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: ingress}}}}}}]
      ports: [{{port: 8080, protocol: TCP}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: app-{n}, namespace: shop}}
spec:
  maxUnavailable: 1
  selector: {{matchLabels: {{app.kubernetes.io/name: app-{n}}}}}
"""


def tree(folder):
    for number in range(OBJECTS // 5):
        for kind, text in enumerate(OBJECT.format(n=number).split("---\n")):
            (folder / f"app-{number}-{kind}.yaml").write_text(text)


def figures(what, command, cwd, runs):
    """A linter ends with 0 or 1, whatever it thinks of the tree."""
    for code in (0, 1):
        try:
            return row(what, timed(command, cwd, runs, code=code))
        except SystemExit as problem:
            last = problem
    print(f"| {what} | did not run: {str(last)[:80]} | | |")


def main():
    gen = pathlib.Path(sys.argv[1]).resolve()
    search = f"{PEERS}:{pathlib.Path.home() / 'tools/bin'}:{pathlib.Path.home() / 'tools/venv/bin'}:{os.environ['PATH']}"
    memory = pathlib.Path("/dev/shm")
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="gen-lint-", dir=memory if memory.is_dir() else None))
    try:
        tree(scratch)
        files = sorted(str(file) for file in scratch.glob("*.yaml"))
        print("| what | median | range | memory |\n|---|---|---|---|")
        figures(f"gen lint, {OBJECTS} objects", [gen, "lint", "."], scratch, 5)
        if (tool := shutil.which("kubeconform", path=search)) and len(sys.argv) > 2:
            schemas = f"{pathlib.Path(sys.argv[2]).resolve()}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
            figures("kubeconform -strict", [tool, "-strict", "-schema-location", schemas, "."], scratch, 5)
        if tool := shutil.which("kube-score", path=search):
            figures("kube-score score", [tool, "score", *files], scratch, 3)
        if tool := shutil.which("checkov", path=search):
            figures("checkov", [tool, "-d", ".", "--framework", "kubernetes", "--compact", "--quiet"], scratch, 1)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
