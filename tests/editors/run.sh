#!/usr/bin/env bash
# Drives the language server of editors over the schemas. Installs it (npm) the first time, into target/.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/editors
node=target/editors-node
unset "${!POLICYSYNC_@}" http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy

# Made anew when another version is asked for.
if ! cmp -s "$here/package-lock.json" "$node/installed.json"; then
    rm -rf "$node"
    mkdir -p "$node"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$node"
    # Nothing that comes with it runs a script of its own here.
    (cd "$node" && npm ci --ignore-scripts --omit=optional --loglevel=error)
    cp "$here/package-lock.json" "$node/installed.json"
fi
cargo build --locked --quiet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$PWD
cd "$work"
timeout 120 node "$root/$here/check.mjs" \
    "$root/$node/node_modules/yaml-language-server/bin/yaml-language-server" "$root/target/debug/policysync" "$root/examples/policies"
