"""Times gen as a whole process, beside the tools that people use today: python3 benches/bench.py [GEN [CHART]]

Each figure is the median of several runs after a warm-up, with the least and the most. Nothing here passes or fails: a
machine under load measures high. CHART is a folder of the real chart with its charts/common, or of the stand-in one.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PEERS = pathlib.Path(os.environ.get("GEN_PEERS", ROOT / ".peers")) / "bin"


def timed(command, cwd, runs=10, prepare=None, code=0, env=None, warm=True):
    """(median, least, most) in milliseconds, the most memory in MB, of a command that ends with this exit code."""
    times, memory = [], 0
    for run in range(0 if warm else 1, runs + 1):
        if prepare:
            prepare()
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        error = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        took = (time.perf_counter() - start) * 1000
        if os.waitstatus_to_exitcode(status) != code:
            raise SystemExit(f"{' '.join(map(str, command))}: {error.decode()[-600:]}")
        if run:
            times.append(took)
            memory = max(memory, usage.ru_maxrss / 1024)
    return statistics.median(times), min(times), max(times), memory


def row(what, figures):
    median, least, most, memory = figures
    print(f"| {what} | {median:.1f} ms | {least:.1f} to {most:.1f} ms | {memory:.0f} MB |", flush=True)


BACKUP = '    backup: {schedule: "0 2 * * *", retention: 30d, storage: 50Gi}\n'


def repository(gen, folder, environments, services, more=""):
    """So many environments with so many databases each, like the example's staging, each with a Secret of its own; `more` is added to each
    database."""
    (folder / "environments").mkdir(parents=True)
    shutil.copy(ROOT / "gen.yaml", folder)
    base = (ROOT / "environments/base.yaml").read_text().split("services:")[0]
    (folder / "environments/base.yaml").write_text(base)
    recipients = (ROOT / "environments/staging.yaml").read_text().split("secrets:")[1].split("services:")[0]
    for number in range(environments):
        name = f"env-{number:04}"
        text = f"extends: base\ncluster: c-{number}\nnamespace: {name}\nsecrets:{recipients}services:\n"
        for service in range(services):
            database = f"db-{service:05}"
            text += (
                f"  {database}:\n    kind: postgres\n    storage: 20Gi\n    database: app\n"
                f"    clients: {{api: {{app: api}}, web: {{app: web}}}}\n{more}"
            )
        (folder / f"environments/{name}.yaml").write_text(text)
    subprocess.run([gen, "secret", "generate", "--all"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def differences(gen, dyff, example, scratch):
    """Two sizes changed in the example: gen against its tree, dyff on the tree before and after as one file each."""
    for name in ("staging", "production"):
        file = example / f"environments/{name}.yaml"
        file.write_text(file.read_text().replace("storage: 20Gi", "storage: 30Gi").replace("storage: 100Gi", "storage: 150Gi"))
    row("gen diff, both environments, two sizes changed", timed([gen, "diff"], example, 20, code=1))
    if dyff:
        subprocess.run([gen, "build", "--all", "--out", scratch / "new"], cwd=example, check=True, stdout=subprocess.DEVNULL)
        pair = []
        for folder in (example / "gitops", scratch / "new"):
            files = sorted(folder.glob("*/*/*.yaml"))
            pair.append(scratch / f"{folder.name}.yaml")
            pair[-1].write_text("".join(f"---\n{file.read_text()}" for file in files))
        row("dyff between the same trees", timed([dyff, "between", *pair], example, 20))


PLAIN = """apiVersion: v1
kind: Secret
metadata: {name: postgres-auth, namespace: env-0000}
stringData: {postgres-password: correct horse battery, password: staple correct horse, replication-password: battery staple}
"""


def secrets(gen, sops, scratch):
    """1,000 sealed files of three values each for two recipients: by gen and by the real sops, a process each and in one."""
    folder = scratch / "secrets"
    repository(gen, folder, 100, 10)
    bare = {"PATH": os.environ["PATH"], "HOME": str(scratch)}
    holder = {**bare, "SOPS_AGE_KEY_FILE": str(ROOT / "tests/keys/test-platform.agekey")}
    gone = lambda: [shutil.rmtree(each) for each in folder.glob("environments/*/secrets")]
    row("1,000 Secrets minted and sealed: gen secret generate --all", timed([gen, "secret", "generate", "--all"], folder, 5, gone, env=bare))
    row("1,000 sealed files checked without a key: gen secret check", timed([gen, "secret", "check"], folder, 10, env=bare))
    row("the same opened, MACs and values checked: gen secret check --key", timed([gen, "secret", "check", "--key"], folder, 5, env=holder))
    row("the same opened and sealed anew: gen secret rekey --new-key", timed([gen, "secret", "rekey", "--new-key"], folder, 5, env=holder))
    one = "environments/env-0000/secrets/db-00000-auth.sops.yaml"
    row("gen secret show --reveal of one", timed([gen, "secret", "show", one, "--reveal"], folder, 20, env=holder))
    (folder / "plain.yaml").write_text(PLAIN)
    single = scratch / "single"
    repository(gen, single, 1, 1)
    (single / "plain.yaml").write_text(PLAIN.replace("postgres-auth", "db-00000-auth"))
    row("gen secret import of one", timed([gen, "secret", "import", "env-0000", "plain.yaml", "--force"], single, 20, env=holder))
    loop = 'for file in environments/*/secrets/*.yaml; do "$@" "$file" >/dev/null || exit 1; done'
    each = lambda *command: ["sh", "-c", loop, "sh", *command]
    row("1,000 times gen secret show --reveal", timed(each(gen, "secret", "show", "--reveal"), folder, 2, env=holder, warm=False))
    if sops:
        recipients = [line.split(": ")[1] for line in (ROOT / "environments/staging.yaml").read_text().splitlines() if ": age1" in line]
        row("sops decrypt of one", timed([sops, "decrypt", one], folder, 20, env=holder))
        encrypt = [sops, "encrypt", "--age", ",".join(recipients), "--encrypted-regex", "^(data|stringData)$", "plain.yaml"]
        row("sops encrypt of one", timed(encrypt, folder, 20, env=bare))
        row("1,000 times sops decrypt", timed(each(sops, "decrypt"), folder, 1, env=holder, warm=False))
    shutil.rmtree(folder)


def main():
    gen = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/gen").resolve()
    chart = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("GEN_CHART_DIR", ROOT / "tests/e2e/chart")
    # In memory where that is possible: some 12,000 small files take most disks longer than they take gen.
    memory = pathlib.Path("/dev/shm")
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="gen-bench-", dir=memory if memory.is_dir() else None))
    try:
        print("| what | median | range | memory |\n|---|---|---|---|")
        example = scratch / "example"
        example.mkdir()
        for part in ("gen.yaml", "environments", "gitops"):
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, example / part)
        tree = example / "gitops/staging"
        row("gen build staging, everything new", timed([gen, "build", "staging"], example, 20, lambda: shutil.rmtree(tree, ignore_errors=True)))
        row("gen build staging, nothing new", timed([gen, "build", "staging"], example, 20))
        row("gen check, both environments", timed([gen, "check"], example, 20))
        helm = shutil.which("helm", path=f"{PEERS}:{os.environ['PATH']}")
        kustomize = shutil.which("kustomize", path=f"{PEERS}:{os.environ['PATH']}")
        if helm:
            row("helm template of the same release", timed([helm, "template", "postgres", chart, "-f", "gitops/staging/postgres/values.yaml"], example))
        if kustomize:
            row("kustomize build of the same folder", timed([kustomize, "build", "gitops/staging/postgres"], example))
        differences(gen, shutil.which("dyff", path=f"{PEERS}:{os.environ['PATH']}"), example, scratch)
        secrets(gen, shutil.which("sops", path=f"{PEERS}:{os.environ['PATH']}"), scratch)
        for what, more in (("", ""), (" with backup", BACKUP)):
            large = scratch / f"large{len(more)}"
            repository(gen, large, 100, 10, more)
            gone = lambda: shutil.rmtree(large / "gitops", ignore_errors=True)
            row(f"100 environments of 10 databases{what}: build --all, everything new", timed([gen, "build", "--all"], large, 5, gone))
            row(f"100 environments of 10 databases{what}: check, unchanged", timed([gen, "check"], large, 20))
            row(f"100 environments of 10 databases{what}: lint of the tree", timed([gen, "lint", "gitops"], large, 5))
            for file in (large / "environments").glob("env-*.yaml"):
                file.write_text(file.read_text().replace("storage: 20Gi", "storage: 30Gi"))
            row(f"100 environments of 10 databases{what}: diff, every size changed", timed([gen, "diff"], large, 10, code=1))
        for count in (10, 100, 1000):
            folder = scratch / f"components-{count}"
            repository(gen, folder, count, 10)
            subprocess.run([gen, "build", "--all"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            row(f"{count * 10} databases: check, unchanged", timed([gen, "check"], folder, 5))
            if count == 1000:
                row("10,000 sealed files checked without a key: gen secret check", timed([gen, "secret", "check"], folder, 5))
            shutil.rmtree(folder)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
