#!/usr/bin/env bash
# Runs the tests of `s3://` and `az://` against real servers on loopback: moto (PyPI) and Azurite (npm).
# Usage: tests/stores/run.sh [FILTER…]      installs both the first time, into target/; about five minutes of tests after that
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/stores
venv=target/stores-venv
node=target/stores-node
work=target/stores
# What the user's own environment says about clouds and proxies is none of the tests' business.
unset "${!AWS_@}" "${!AZURE_@}" "${!GOOGLE_@}" http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy

# Each is made anew when another version is asked for.
if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --no-deps --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/installed.txt"
fi
if ! cmp -s "$here/package-lock.json" "$node/installed.json"; then
    rm -rf "$node"
    mkdir -p "$node"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$node"
    # Nothing that comes with it runs a script of its own here.
    (cd "$node" && npm ci --ignore-scripts --omit=optional --loglevel=error)
    cp "$here/package-lock.json" "$node/installed.json"
fi

servers=()
stop() {
    for server in "${servers[@]}"; do
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
}
trap stop EXIT
rm -rf "$work"
mkdir -p "$work"

# Waits until a log shows the address that its server got, and prints its port.
port_in() {
    for _ in $(seq 300); do
        port=$(sed -nE 's/.*http:\/\/127\.0\.0\.1:([0-9]+).*/\1/p' "$1" | head -n 1)
        if [ -n "$port" ]; then
            echo "$port"
            return
        fi
        sleep 0.1
    done
    echo "no server came up; its log:" >&2
    cat "$1" >&2
    return 1
}

# Port 0: whichever is free.
"$venv/bin/python" "$here/s3_server.py" >"$work/moto.log" 2>&1 &
servers+=($!)
node "$node/node_modules/azurite/dist/src/blob/main.js" --blobHost 127.0.0.1 --blobPort 0 --inMemoryPersistence \
    --disableTelemetry --skipApiVersionCheck --silent >"$work/azurite.log" 2>&1 &
servers+=($!)
s3=http://127.0.0.1:$(port_in "$work/moto.log")
azure=http://127.0.0.1:$(port_in "$work/azurite.log")

"$venv/bin/python" - "$s3/records" <<'EOF'
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
opener.open(urllib.request.Request(sys.argv[1], method="PUT"), timeout=10).read()
EOF
"$venv/bin/python" "$here/container.py" "$azure" records

echo "moto on $s3, azurite on $azure"
export POLICYSYNC_TEST_S3=$s3 POLICYSYNC_TEST_AZURE=$azure
if [ $# -gt 0 ]; then
    cargo test --locked --test all -- --ignored "$@"
else
    cargo test --locked --test all -- --ignored store_bucket --skip store_bucket_sweeps
    # Leases of seconds: nothing else is to run beside these.
    cargo test --locked --test all -- --ignored store_bucket_sweeps --test-threads 1
fi
