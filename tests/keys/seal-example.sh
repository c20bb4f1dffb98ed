#!/usr/bin/env bash
# Makes the example's sealed files with the real sops, from fresh random values; the two test keys are kept where they exist.
# Usage: tests/keys/seal-example.sh [REPOSITORY_ROOT]      (sops, age-keygen and openssl are taken from PATH)
set -euo pipefail
root=$(cd "${1:-$(dirname "$0")/../..}" && pwd)
keys=$root/tests/keys

# The CA's key has to be a file for openssl; it lives in memory only and goes away with this script.
memory=$(mktemp -d -p "${XDG_RUNTIME_DIR:-/dev/shm}")
trap 'rm -rf "$memory"' EXIT

public_key() { # HOLDER
  local file=$keys/test-$1.agekey
  if [[ ! -e $file ]]; then
    {
      echo "# TEST KEY of the holder '$1': it protects nothing, everybody may read it. Never use it for a real secret."
      age-keygen 2>/dev/null
    } >"$file"
  fi
  age-keygen -y "$file"
}

seal() { # FILE, the manifest on stdin
  mkdir -p "$(dirname "$1")"
  # An empty configuration: a .sops.yaml of the caller's has no say in the example.
  sops --config /dev/null --indent 2 encrypt --age "$recipients" --encrypted-regex '^(data|stringData)$' \
    --input-type yaml --output-type yaml --filename-override "$1" >"$memory/sealed"
  install -m 644 "$memory/sealed" "$1"
}

postgres_auth() { # NAMESPACE
  cat <<YAML
apiVersion: v1
kind: Secret
metadata:
  name: postgres-auth
  namespace: $1
type: Opaque
stringData:
  postgres-password: $(openssl rand -hex 24)
  password: $(openssl rand -hex 24)
  replication-password: $(openssl rand -hex 24)
YAML
}

postgres_tls() { # NAMESPACE
  local names="DNS:postgres,DNS:postgres.$1,DNS:postgres.$1.svc,DNS:postgres.$1.svc.cluster.local"
  local ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  openssl req -x509 "${ec[@]}" -days 3650 -subj "/CN=TEST CA of postgres in $1" \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout "$memory/ca.key" -out "$memory/ca.crt" 2>/dev/null
  openssl req -x509 "${ec[@]}" -days 3650 -subj '/CN=postgres' -CA "$memory/ca.crt" -CAkey "$memory/ca.key" \
    -addext 'basicConstraints=critical,CA:FALSE' -addext 'keyUsage=critical,digitalSignature' \
    -addext 'extendedKeyUsage=serverAuth' -addext "subjectAltName=$names" \
    -keyout "$memory/tls.key" -out "$memory/tls.crt" 2>/dev/null
  openssl verify -CAfile "$memory/ca.crt" -verify_hostname "postgres.$1.svc.cluster.local" "$memory/tls.crt" >/dev/null
  cat <<YAML
apiVersion: v1
kind: Secret
metadata:
  name: postgres-tls
  namespace: $1
type: kubernetes.io/tls
stringData:
YAML
  local name
  for name in tls.crt tls.key ca.crt; do
    printf '  %s: |\n' "$name"
    sed 's/^/    /' "$memory/$name"
  done
}

recipients=$(public_key platform),$(public_key flux)
postgres_auth viridial-staging | seal "$root/environments/staging/secrets/postgres-auth.sops.yaml"
postgres_auth viridial-production | seal "$root/environments/production/secrets/postgres-auth.sops.yaml"
postgres_tls viridial-production | seal "$root/environments/production/secrets/postgres-tls.sops.yaml"
echo "sealed for $recipients"
