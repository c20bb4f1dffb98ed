#!/usr/bin/env bash
# The Rust tests that need a peer. They are ignored by `cargo test`, which needs nothing but Rust.
set -euo pipefail
cd "$(dirname "$0")/../.."
targets=()
for target in peers yaml_readers postgres sops init secret_mint secret_desk secret_check gates; do
  [ ! -f "tests/$target.rs" ] || targets+=(--test "$target")
done
exec cargo test --no-fail-fast "${targets[@]}" -- --ignored
