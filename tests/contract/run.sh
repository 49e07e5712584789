#!/usr/bin/env bash
# Holds the sandbox to tests/openapi.yaml: schemathesis asks it all that the schema allows and forbids.
# Usage: tests/contract/run.sh [SEED]      after `cargo build`; installs from PyPI the first time; under a minute after that
set -euo pipefail
cd "$(dirname "$0")/../.."

seed=${1:-20260501}
binary=target/debug/policysync
venv=target/contract-venv
token=contract-token

if [ ! -x "$binary" ]; then
    echo "$binary is not there; run \`cargo build\` first" >&2
    exit 1
fi

# The environment is made anew when another version is asked for.
if ! cmp -s tests/contract/requirements.txt "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --no-deps --requirement tests/contract/requirements.txt
    cp tests/contract/requirements.txt "$venv/installed.txt"
fi

# Just one token is let in: a sandbox that lets any in could not be checked for ignoring them.
exec 3< <(POLICYSYNC_SANDBOX_TOKENS=$token exec "$binary" sandbox --listen 127.0.0.1:0)
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true' EXIT
if ! read -r line <&3; then
    echo "$binary sandbox ended before it listened" >&2
    exit 1
fi
url=${line#listening on }

echo "schemathesis on $url, seed $seed"
status=0
# From a folder of its own, because it leaves its findings where it runs.
mkdir -p target/contract
root=$PWD
(
    cd target/contract
    "$root/$venv/bin/schemathesis" --config-file "$root/tests/contract/schemathesis.toml" run "$root/tests/openapi.yaml" \
        --url "$url" --header "Authorization: Bearer $token" \
        --phases examples,coverage,fuzzing,stateful --max-examples 50 --seed "$seed" \
        --continue-on-failure --no-color --suppress-health-check all
) || status=$?
exit "$status"
