#!/usr/bin/env bash
# Sets up all that the tests need and runs every one of them; needs Rust (with clippy and rustfmt), Python 3,
# Node, git, curl and a C compiler.
#
#   tests/run.sh          everything: what decides in CI; about an hour on 2 cores from nothing
#   tests/run.sh fast     what `cargo test` runs, and the lints; some five minutes once built
set -euo pipefail
cd "$(dirname "$0")/.."

which=${1:-all}
case $which in
    all | fast) ;;
    *) echo "usage: tests/run.sh [all|fast]" >&2; exit 64 ;;
esac
first=''
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
# The world's own settings must not reach the tests.
unset POLICYSYNC_TOKEN POLICYSYNC_REFRESH_TOKEN POLICYSYNC_ENDPOINT POLICYSYNC_STATE POLICYSYNC_CONFIG

# Each step ends with the seconds that it took, and the last one with all of them.
name='' times=''
step() {
    if [ -n "$name" ]; then
        times+=$(printf '%5d s  %s' "$((SECONDS - begun))" "$name")$'\n'
        printf -- '-- %s: %d s\n' "$name" "$((SECONDS - begun))"
    fi
    name=$1 begun=$SECONDS
    printf '\n== %s (%s)\n' "$1" "$(date -u +%H:%M:%S)"
}
finish() {
    step "done: $1"
    printf '%s%5d s  in all\n' "$times" "$SECONDS"
}

step "format"
cargo fmt --check

step "lints"
cargo clippy --locked --all-targets -- -D warnings

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet

step "tests"
# Each sweep leaves its line there.
rm -rf target/promises
cargo test --locked

if [ "$which" = fast ]; then
    finish "the fast part"
    exit 0
fi

step "the model of the apply protocol, with more runs, strangers and faults"
cargo test --locked --lib apply::model -- --ignored --nocapture

step "strace, with which the disk is made to fail"
if ! command -v strace > /dev/null; then
    root=()
    [ "$(id -u)" = 0 ] || root=(sudo -n)
    if ! { "${root[@]}" apt-get update -qq && "${root[@]}" apt-get install -y -qq strace; } > /dev/null; then
        echo "strace is missing and could not be installed: install it (Debian: apt-get install strace), then run this again" >&2
        exit 1
    fi
fi

step "the sweeps: the real binary, stopped or failed at every point in turn"
# A world is a folder of a few files that lives for seconds; thousands of them in memory spare the disk.
shm=''
if [ -w /dev/shm ] && [ "$(df --output=avail --block-size=1M /dev/shm | tail -n 1)" -ge 2048 ]; then
    shm=$(mktemp -d /dev/shm/policysync-XXXXXX)
fi
trap 'rm -rf "$shm" "$first"' EXIT
TMPDIR=${shm:-${TMPDIR:-/tmp}} cargo test --locked --test all sweep:: -- --ignored --test-threads 1

step "the sandbox keeps the API's contract (schemathesis)"
cargo build --locked --quiet
bash tests/contract/run.sh

step "the HTML report and the comment in a real browser (Chromium, axe)"
bash tests/browser/run.sh

step "the tutorial and the README, typed into a real terminal (tmux)"
bash tests/terminal/run.sh

step "records in object stores, on real servers (moto, Azurite)"
TMPDIR=${shm:-${TMPDIR:-/tmp}} bash tests/stores/run.sh
# Every line stands in docs/promises.md too: each sweep has looked.
cat target/promises/*.txt

step "the schemas in the language server of editors"
bash tests/editors/run.sh

step "terminals: completions in real shells, manual pages, the questions of init, doctor, bars"
bash tests/shells/run.sh

step "the first command of the README and how it is installed, as a new user types them"
first=$(mktemp -d)
git ls-files -z | tar --null --create --files-from=- | tar --extract --directory="$first"
(
    cd "$first"
    # As a release is built, so that it can say what it was built from.
    POLICYSYNC_COMMIT=$(git -C "$OLDPWD" rev-parse HEAD)
    SOURCE_DATE_EPOCH=$(git -C "$OLDPWD" log -1 --format=%ct)
    export POLICYSYNC_COMMIT SOURCE_DATE_EPOCH
    CARGO_TARGET_DIR=$OLDPWD/target cargo run --locked --release --quiet -- apply examples/policies --sandbox | tail -n 4
    CARGO_TARGET_DIR=$OLDPWD/target cargo run --locked --release --quiet -- apply examples/policies --sandbox | tee second.txt
    grep -q '^No changes' second.txt
    # What was built is installed; the pages name this command and no other.
    for page in README.md docs/first-hour.md; do grep -qxF "cargo install --locked --path ." "$page"; done
    CARGO_TARGET_DIR=$OLDPWD/target CARGO_INSTALL_ROOT=$first/tools cargo install --locked --quiet --path .
    "$first/tools/bin/policysync" --version
    day=$(date -u --date "@$SOURCE_DATE_EPOCH" +%F)
    "$OLDPWD/target/release/policysync" --version | grep -E "^policysync [0-9.]+ \(${POLICYSYNC_COMMIT:0:12} $day\)\$"
    if grep -qE 'POLICYSYNC_(FAILPOINT|TEST_)' "$OLDPWD/target/release/policysync"; then
        echo "the release build has the points at which only test builds may be stopped" >&2
        exit 1
    fi
)

step "action.yml, the workflows, the examples and the scripts (check-jsonschema, zizmor, shellcheck and others)"
bash tests/action/run.sh

step "the hook in pre-commit"
bash tests/action/hook.sh

step "the action in a runner of others (wrkflw)"
bash tests/action/cross-check.sh

step "licences, bans and sources of the dependencies (cargo-deny)"
deny=0.20.2
tools=$PWD/target/tools
if ! "$tools/bin/cargo-deny" --version 2>/dev/null | grep -qF "$deny"; then
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install --locked --quiet "cargo-deny@$deny" --root "$tools"
fi
"$tools/bin/cargo-deny" --locked check --hide-inclusion-graph bans licenses sources

finish "everything"
