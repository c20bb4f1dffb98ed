#!/usr/bin/env bash
# Builds the real tools that gen is tested against from their published Go modules: peers.sh [NAME|GROUP...]
#
# Everything goes to ${GEN_PEERS:-<repository>/.peers} and is made once: bin/ (the tools), crds/ (Flux), schemas/
# (Kubernetes), chart/ (the real chart, where the network allows). What cannot be had is named loudly and passed over:
# the tests that need it say so themselves. Its name and the reason stand in missing/, which .ci/run reads.
# Groups: desk (one-shot tools), gates (what judges reports, hooks and the action), cluster (a control plane and Flux), all (the default). Needs go; chart needs git.
set -uo pipefail

repository=$(cd "$(dirname "$0")/../.." && pwd)
root=${GEN_PEERS:-$repository/.peers}
# sops in the version that people install today, and older ones that repositories still hold the files of.
sops=3.13.3
older_sops="sops-3.12.2 sops-3.11.0 sops-3.10.2 sops-3.9.4"
desk="helm kustomize kubeconform dyff sops $older_sops age age-keygen flux-crds kubernetes-schema chart yaml-language-server"
cluster="kubectl etcd kube-apiserver kube-controller-manager kube-scheduler kwok kustomize-controller helm-controller flux-crds"
gates="actionlint pre-commit check-jsonschema sarif-multitool junit-xsd"

# Flux 2.7, which environments/base.yaml targets. The last digits are those that the module proxy serves.
source_controller=v1.7.3
kustomize_controller=v1.7.3
helm_controller=v1.4.3
# The control plane that is built, with the version of its staging modules, and the one whose schemas are checked against.
kubernetes=v1.36.3
staging=v0.36.3
schemas=v1.33.6

export GOBIN=$root/bin GOFLAGS="-mod=mod -buildvcs=false" CGO_ENABLED=0

plain() { # PACKAGE@VERSION
  go install -ldflags "-s -w" "$1"
}

sops() { # VERSION NAME
  GOBIN=$root/build/$2 plain "github.com/getsops/sops/v3/cmd/sops@v$1" && mv "$root/build/$2/sops" "$root/bin/$2"
}

field() { # MODULE@VERSION FIELD: one field of what `go mod download` says, outside of any module
  (cd / && GOFLAGS='' go mod download -json "$1") | sed -n "s/^[[:space:]]*\"$2\": \"\(.*\)\",\{0,1\}$/\1/p"
}

# `go install` refuses a module with replace directives, for they hold in the main module only. So the tool is built from
# a small module of its own that requires it and repeats them. Those that point into the tool's own repository (../api)
# are given by the caller, as published versions.
wrapped() { # NAME PACKAGE MODULE VERSION LDFLAGS [go.mod LINES]
  local name=$1 package=$2 module=$3 version=$4 ldflags=$5 lines=${6-} dir=$root/build/$1 mod
  mod=$(field "$module@$version" GoMod)
  [ -n "$mod" ] || { echo "$module@$version is not served" >&2; return 1; }
  mkdir -p "$dir" && cd "$dir" || return 1
  {
    printf 'module peers/%s\n\n' "$name"
    grep -E '^go ' "$mod"
    printf 'require %s %s\n' "$module" "$version"
    awk '/^replace \(/ {block = 1; next} /^\)/ {block = 0} block {print "replace " $0} /^replace [^(]/ {print}' "$mod" |
      grep -vE '=> \.\.?/'
    printf '%s\n' "$lines"
  } >go.mod
  rm -f go.sum
  go build -ldflags "-s -w $ldflags" -o "$root/bin/$name" "$package"
}

control_plane() { # NAME: of k8s.io/kubernetes, whose staging folders are published as modules of their own
  local mod stamp=k8s.io/component-base/version minor
  mod=$(field "k8s.io/kubernetes@$kubernetes" GoMod)
  [ -n "$mod" ] || { echo "k8s.io/kubernetes@$kubernetes is not served" >&2; return 1; }
  minor=${kubernetes#v1.} minor=${minor%%.*}
  wrapped "$1" "k8s.io/kubernetes/cmd/$1" k8s.io/kubernetes "$kubernetes" \
    "-X $stamp.gitVersion=$kubernetes -X $stamp.gitMajor=1 -X $stamp.gitMinor=$minor" \
    "$(awk -v version="$staging" '/=> \.\/staging/ {print "replace " $1 " => " $1 " " version}' "$mod")"
}

controller() { # NAME VERSION: of Flux
  local module=github.com/fluxcd/$1
  wrapped "$1" "$module" "$module" "$2" "" "replace $module/api => $module/api $2"
}

crds() { # the CRDs lie in the controllers' modules; of source-controller this is all that is needed
  local pair dir
  mkdir -p "$root/crds"
  for pair in "source-controller@$source_controller" "kustomize-controller@$kustomize_controller" "helm-controller@$helm_controller"; do
    dir=$(field "github.com/fluxcd/$pair" Dir)
    [ -n "$dir" ] || { echo "github.com/fluxcd/$pair is not served" >&2; return 1; }
    install -m 644 "$dir"/config/crd/bases/*.yaml "$root/crds/" || return 1
  done
}

# Python's tools, in an environment of their own.
python() { # PACKAGE NAME
  [ -x "$root/venv/bin/python" ] || python3 -m venv "$root/venv" || return 1
  "$root/venv/bin/pip" install --quiet --disable-pip-version-check "$1" && ln -sf "$root/venv/bin/$2" "$root/bin/$2"
}

# The validator of SARIF's own makers, which carries the standard's schema and the rules of GitHub; npm has it as one program.
multitool() {
  local work=$root/build/sarif
  rm -rf "$work" && mkdir -p "$work" && cd "$work" || return 1
  npm pack --silent "@microsoft/sarif-multitool-linux@5.7.0" >/dev/null && tar -xzf ./*.tgz || return 1
  chmod +x package/Sarif.Multitool
  printf '#!/bin/sh\nexport DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_BUNDLE_EXTRACT_BASE_DIR=%s\nexec %s "$@"\n' \
    "$work/unpacked" "$work/package/Sarif.Multitool" >"$root/bin/sarif-multitool" && chmod +x "$root/bin/sarif-multitool"
}

# The schema that Jenkins has for JUnit reports lies in the source of pytest.
junit() {
  local work=$root/build/junit
  python xmlschema xmlschema-validate || return 1
  rm -rf "$work" && mkdir -p "$work" && "$root/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps \
    --no-binary pytest --dest "$work" pytest==8.3.4 && tar -xzf "$work"/pytest-*.tar.gz -C "$work" || return 1
  install -m 644 "$work"/pytest-*/testing/example_scripts/junit-10.xsd "$root/schemas/"
}

schema() { # the API server's own description of its objects, from which tests/peers.rs makes kubeconform's schemas
  local dir
  dir=$(field "k8s.io/kubernetes@$schemas" Dir)
  [ -n "$dir" ] || { echo "k8s.io/kubernetes@$schemas is not served" >&2; return 1; }
  mkdir -p "$root/schemas" && install -m 644 "$dir/api/openapi-spec/swagger.json" "$root/schemas/"
}

# The chart is no Go module, and what registries serve as 17.0.2 is not what its Git tag holds. So: the tag, with the
# library chart from the tag that Chart.lock names, and no registry at all.
chart() {
  local work=$root/build/chart lock
  rm -rf "$work" && mkdir -p "$work" "$root/chart" || return 1
  tag "$work/postgresql" postgresql/17.0.2 bitnami/postgresql || return 1
  lock=$(sed -n 's/^ *version: *//p' "$work/postgresql/bitnami/postgresql/Chart.lock")
  tag "$work/common" "common/$lock" bitnami/common || return 1
  mkdir -p "$work/postgresql/bitnami/postgresql/charts" &&
    mv "$work/common/bitnami/common" "$work/postgresql/bitnami/postgresql/charts/common" &&
    mv "$work/postgresql/bitnami/postgresql" "$root/chart/postgresql" &&
    rm -rf "$work"
}

tag() { # DIRECTORY TAG FOLDER: of bitnami/charts, only this folder of this commit
  GIT_TERMINAL_PROMPT=0 timeout 120 git clone --quiet --depth 1 --branch "$2" --filter=blob:none --sparse \
    https://github.com/bitnami/charts "$1" && timeout 120 git -C "$1" sparse-checkout set "$3"
}

language_server() { # VERSION: what editors ask, a program for Node
  npm install --silent --no-audit --no-fund --prefix "$root/npm" "yaml-language-server@$1" &&
    ln -sf ../npm/node_modules/.bin/yaml-language-server "$root/bin/yaml-language-server"
}

make() { # NAME
  case $1 in
    actionlint) plain github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 ;;
    pre-commit) python pre-commit pre-commit ;;
    check-jsonschema) python check-jsonschema check-jsonschema ;;
    sarif-multitool) multitool ;;
    junit-xsd) mkdir -p "$root/schemas" && junit ;;
    helm) plain helm.sh/helm/v3/cmd/helm@v3.19.0 ;;
    kustomize) plain sigs.k8s.io/kustomize/kustomize/v5@v5.7.1 ;;
    kubeconform) plain github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0 ;;
    dyff) plain github.com/homeport/dyff/cmd/dyff@v1.12.0 ;;
    sops) sops $sops sops ;;
    sops-*) sops "${1#sops-}" "$1" ;;
    age | age-keygen) plain "filippo.io/age/cmd/$1@v1.3.1" ;;
    kwok) plain sigs.k8s.io/kwok/cmd/kwok@v0.7.0 ;;
    etcd) wrapped etcd go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3 v3.6.5 "" ;;
    kubectl | kube-apiserver | kube-controller-manager | kube-scheduler) control_plane "$1" ;;
    kustomize-controller) controller "$1" "$kustomize_controller" ;;
    helm-controller) controller "$1" "$helm_controller" ;;
    flux-crds) crds ;;
    kubernetes-schema) schema ;;
    chart) chart ;;
    yaml-language-server) language_server 1.25.0 ;;
    *) echo "there is no peer of this name" >&2; return 1 ;;
  esac
}

present() { # NAME
  case $1 in
    flux-crds) [ -f "$root/crds/helm.toolkit.fluxcd.io_helmreleases.yaml" ] ;;
    kubernetes-schema) [ -f "$root/schemas/swagger.json" ] ;;
    junit-xsd) [ -f "$root/schemas/junit-10.xsd" ] && [ -x "$root/bin/xmlschema-validate" ] ;;
    chart) [ -n "${GEN_CHART_DIR-}" ] || [ -f "$root/chart/postgresql/charts/common/Chart.yaml" ] ;;
    *) [ -x "$root/bin/$1" ] ;;
  esac
}

names=()
[ $# -gt 0 ] || set -- all
for argument in "$@"; do
  case $argument in
    desk) names+=($desk) ;;
    gates) names+=($gates) ;;
    cluster) names+=($cluster) ;;
    all) names+=($desk $gates $cluster) ;;
    *) names+=("$argument") ;;
  esac
done

mkdir -p "$root/bin" "$root/build" "$root/missing"
for name in "${names[@]}"; do
  if present "$name"; then
    rm -f "$root/missing/$name"
    continue
  fi
  start=$SECONDS
  # Once more after a failure: proxies refuse now and then, and what was fetched or compiled the first time is kept.
  if log=$(make "$name" 2>&1) || log=$(make "$name" 2>&1); then
    rm -f "$root/missing/$name"
    echo "peers: $name is ready ($((SECONDS - start)) s)"
  else
    reason=$(grep -v '^[[:space:]]*$' <<<"$log" | tail -n 1)
    echo "$reason" >"$root/missing/$name"
    echo "peers: MISSING $name: $reason" >&2
  fi
done
