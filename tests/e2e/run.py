#!/usr/bin/env python3
"""The committed trees on a real control plane with a real Flux: python3 tests/e2e/run.py

Works on a copy of the repository, in which the scenarios edit environments and run the real `gen build`. Ends with 0, with
1 when something did not come out as it must, and with 77 when a peer is missing (`just peers` builds them). With
GEN_CHART_DIR, or where `just peers` could fetch it, the real chart is installed, else the stand-in beside this file.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from cluster import PEERS, REPOSITORY, Cluster, Failure
from flux import Flux
from scenarios import SCENARIOS, World

NEEDED = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok",
    "kustomize-controller", "helm-controller", "helm",
)
PASSED_OVER = 77


def missing():
    absent = [name for name in NEEDED if not (PEERS / "bin" / name).exists()]
    if not (PEERS / "crds" / "source.toolkit.fluxcd.io_gitrepositories.yaml").exists():
        absent.append("flux-crds")
    return absent + ([] if shutil.which("openssl") else ["openssl"])


def chart():
    for folder in (os.environ.get("GEN_CHART_DIR"), PEERS / "chart" / "postgresql"):
        if folder and (pathlib.Path(folder) / "charts" / "common").is_dir():
            return pathlib.Path(folder)
    return pathlib.Path(__file__).with_name("chart")


def main():
    absent = missing()
    if absent:
        print(f"end to end PASSED OVER: missing {', '.join(absent)} (just peers)", file=sys.stderr)
        return PASSED_OVER
    # Without this a kill would leave the control plane behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=REPOSITORY, check=True)
    gen = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target") / "release" / "gen"
    start, step = time.monotonic(), "start"
    with tempfile.TemporaryDirectory(prefix="gen-e2e-work-") as work:
        work = pathlib.Path(work)
        package = [PEERS / "bin" / "helm", "package", chart(), "--destination", work]
        subprocess.run(package, check=True, stdout=subprocess.DEVNULL)
        print(f"chart: {'the stand-in' if chart().parent.name == 'e2e' else chart()}", flush=True)
        repository = work / "repository"
        ignore = shutil.ignore_patterns(".git", ".peers", "target", "node_modules")
        shutil.copytree(REPOSITORY, repository, symlinks=True, ignore=ignore)
        try:
            with Cluster() as cluster:
                key = REPOSITORY / "tests" / "keys" / "test-flux.agekey"
                flux = Flux(cluster, repository, {"postgresql": next(work.glob("postgresql-*.tgz"))}, key)
                world = World(cluster, flux, gen.resolve(), repository)
                print(f"ok  {time.monotonic() - start:5.1f} s  a control plane with Flux", flush=True)
                for scenario in SCENARIOS:
                    step = scenario.__doc__.splitlines()[0]
                    begin = time.monotonic()
                    scenario(world)
                    print(f"ok  {time.monotonic() - begin:5.1f} s  {step}", flush=True)
        except Failure as failure:
            print(f"FAILED  {step}\n  {failure}", file=sys.stderr)
            return 1
    print(f"end to end passed in {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
