# What a person does in this repository. CI runs .ci/run, which needs no just.

[private]
default:
    @just --list --unsorted

# build gen
[group('work')]
build:
    cargo build --release

# run the tests that need nothing but Rust
[group('work')]
test:
    cargo test

# formatting and clippy, as CI demands them
[group('work')]
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# is the committed tree what its inputs produce?
[group('work')]
check:
    cargo run --release --quiet -- check

# build the real helm, kustomize, sops, Kubernetes and Flux into .peers (once; some 25 minutes)
[group('peers')]
peers:
    tests/peers/peers.sh

# test against the real tools and a real PostgreSQL
[group('peers')]
test-peers:
    tests/peers/test.sh

# the committed trees on a real control plane with a real Flux
[group('peers')]
e2e: build
    python3 tests/e2e/run.py

# measure gen beside its peers
[group('long')]
bench: build
    python3 benches/bench.py

# throw hostile environments, manifests and sealed files at gen for twelve minutes (needs cargo-fuzz: cargo install cargo-fuzz)
[group('long')]
fuzz:
    cargo fuzz run --sanitizer none yaml -- -max_total_time=180 -rss_limit_mb=1024
    cargo fuzz run --sanitizer none environment -- -max_total_time=180 -rss_limit_mb=1024
    cargo fuzz run --sanitizer none manifest -- -max_total_time=180 -rss_limit_mb=1024
    cargo fuzz run --sanitizer none sealed -- -max_total_time=180 -rss_limit_mb=1024

# everything that CI runs
[group('long')]
ci:
    .ci/run
