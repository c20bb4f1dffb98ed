#!/usr/bin/env python3
"""gen's verdict about single mistakes, held against the real API server's strict dry run.

    GEN_PEERS=... python3 tests/peers/strict.py PATH-OF-GEN

Takes every object of the golden trees and a few richer ones beside this file, makes hundreds of copies with one mistake each (a key
misspelt, dropped or added, a value of another type, a word that is none, an item twice), and asks both. What the server takes and
gen refuses is a false alarm, and there must be none but those in KNOWN. What the server refuses and gen takes is a miss: the server
knows more than schemas say, so misses are counted and may not grow.
"""

import copy
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from cluster import Cluster, demand  # noqa: E402

GEN = sys.argv[1]
PER_OBJECT = int(sys.argv[2]) if len(sys.argv) > 2 else 24
# What gen refuses on purpose although a create passes.
KNOWN = (
    # Two items with one key: Flux and `kubectl apply --server-side` refuse them.
    "twice, and server-side apply refuses that",
    # `memory: 512m` is half a byte.
    "is less than 1 KiB",
)
MOST_MISSED = 0.03


def objects():
    seen = set()
    files = sorted((HERE.parent / "golden").glob("*/gitops/*/**/*.yaml")) + sorted((HERE / "strict").glob("*.yaml"))
    for file in files:
        for body in yaml.safe_load_all(file.read_text()):
            if not isinstance(body, dict) or not body.get("kind") or "sops" in body:
                continue
            if body["apiVersion"].startswith("kustomize.config.k8s.io"):
                continue
            shape = json.dumps([body["apiVersion"], body["kind"], paths(body)], sort_keys=True, default=str)
            if shape not in seen:
                seen.add(shape)
                yield body


def paths(value, at=()):
    found = []
    if isinstance(value, dict):
        for key, below in value.items():
            found += [[*at, key], *paths(below, (*at, key))]
    elif isinstance(value, list):
        for index, below in enumerate(value[:1]):
            found += [[*at, index], *paths(below, (*at, index))]
    return found


def free(body, path):
    """Whether a path lies where anything may stand: values of a chart, data, names of labels."""
    path = [part for part in path if isinstance(part, str)]
    return any(part in ("values", "data", "stringData", "valuesObject") for part in path)


def mutants(body, dice):
    """(what was done, object), one mistake each."""
    everywhere = [path for path in paths(body) if path[0] not in ("apiVersion", "kind") and path != ["metadata", "name"]
                  and path != ["metadata", "namespace"] and not free(body, path[:-1])]
    dice.shuffle(everywhere)
    for path in everywhere:
        made = copy.deepcopy(body)
        holder = made
        for part in path[:-1]:
            holder = holder[part]
        last, value = path[-1], holder[path[-1]]
        kinds = ["type"]
        if isinstance(last, str):
            kinds += ["misspell", "drop", "add"]
        if isinstance(value, str):
            kinds += ["word"]
        if isinstance(last, int):
            kinds = ["twice", "type"]
        kind = dice.choice(kinds)
        if kind == "misspell":
            holder[last[:-1] + "x" if len(last) > 1 else last + "x"] = holder.pop(last)
        elif kind == "drop":
            del holder[last]
        elif kind == "add":
            if isinstance(value, dict) and path[-1] not in FREE_MAPS:
                value["furtherKey"] = "x"
            else:
                holder["furtherKey"] = "x"
                if len(path) > 1 and path[-2] in FREE_MAPS:
                    continue
        elif kind == "type":
            wrong = {bool: "yes", int: "twelve", str: 12, list: "text", dict: ["text"], float: "x"}
            if type(value) not in wrong:
                continue
            holder[last] = wrong[type(value)]
        elif kind == "word":
            holder[last] = value + "_Nonsense"
        elif kind == "twice":
            holder.append(copy.deepcopy(value))
        yield f"{kind} {'.'.join(map(str, path))}", made


FREE_MAPS = ("labels", "annotations", "matchLabels", "selector", "nodeSelector", "limits", "requests", "hard")


def ask_gen(folder):
    done = subprocess.run([GEN, "lint", "--format", "json", "--kubernetes", "1.36", folder], capture_output=True, text=True)
    demand(done.returncode in (0, 1), f"gen lint: {done.stderr[-800:]}")
    found = {}
    for finding in json.loads(done.stdout)["findings"]:
        if finding["rule"] in ("invalid-object", "removed-api", "invalid-schema"):
            found.setdefault(pathlib.PurePath(finding["file"]).name, []).append(finding["message"])
    return found


def main():
    dice = random.Random(6)
    with tempfile.TemporaryDirectory() as scratch, Cluster() as cluster:
        folder = pathlib.Path(scratch)
        notes = {}
        namespaces = set()
        for body in objects():
            for what, made in [("nothing", body), *list(mutants(body, dice))[:PER_OBJECT]]:
                name = f"{len(notes):04}.json"
                notes[name] = f"{body['kind']} {what}"
                if isinstance(made.get("metadata"), dict) and isinstance(made["metadata"].get("namespace"), str):
                    namespaces.add(made["metadata"]["namespace"])
                (folder / name).write_text(json.dumps(made, indent=1, default=str))
        for namespace in sorted(namespaces):
            cluster.kubectl("create", "namespace", namespace, check=False)
        ours = ask_gen(folder)
        theirs, agreed = {}, 0
        for name in sorted(notes):
            done = cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", folder / name, check=False)
            if done.returncode and "(AlreadyExists)" not in done.stderr:
                theirs[name] = done.stderr.strip()
        alarms, misses = [], []
        for name, what in notes.items():
            if name in ours and name not in theirs:
                if not all(any(known in message for known in KNOWN) for message in ours[name]):
                    alarms.append(f"{what}: gen says {ours[name]}")
            elif name in theirs and name not in ours:
                misses.append(f"{what}: {theirs[name][:300]}")
            else:
                agreed += 1
        for line in misses:
            print("missed:", line)
        for line in alarms:
            print("false alarm:", line)
        refused = len(theirs)
        print(f"{len(notes)} objects, {refused} refused by the server, {agreed} verdicts alike, {len(misses)} missed, "
              f"{len(alarms)} false alarms")
        demand(refused > 100, "the server refused next to nothing: is it asked at all?")
        demand(not alarms, "gen refuses what the server takes")
        demand(len(misses) <= MOST_MISSED * refused, "gen misses more than it did")


main()
