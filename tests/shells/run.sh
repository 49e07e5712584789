#!/usr/bin/env bash
# What a person meets in a terminal: completions in bash, zsh and fish, manual pages, the questions of `init`, `doctor`, bars.
# Installs what is missing of the shells and of mandoc and man (Debian), and PowerShell's grammar (PyPI).
set -euo pipefail
cd "$(dirname "$0")/../.."

unset "${!POLICYSYNC_@}" http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
missing=()
for tool in zsh:zsh fish:fish mandoc:mandoc groff:groff man:man-db; do
    command -v "${tool%%:*}" > /dev/null || missing+=("${tool##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
    root=()
    [ "$(id -u)" = 0 ] || root=(sudo -n)
    if ! { "${root[@]}" apt-get update -qq && "${root[@]}" apt-get install -y -qq "${missing[@]}"; } > /dev/null; then
        echo "missing, and could not be installed: ${missing[*]} (Debian: apt-get install), then run this again" >&2
        exit 1
    fi
fi
cargo build --locked --quiet
binary=$PWD/target/debug/policysync
here=$PWD/tests/shells
work=$(mktemp -d)
venv=$PWD/target/shells-venv
if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --no-deps --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/installed.txt"
fi
trap 'rm -rf "$work"' EXIT

# Manual pages: each as three readers of them see it, without a word of warning.
"$binary" man --out "$work/man" --quiet
for page in "$work"/man/*.1; do
    # Only the build of a release knows its day.
    linted=$(mandoc -T lint -W warning "$page" 2>&1 | grep -v ': WARNING: missing date, using "": TH$' || true)
    read=$({ groff -man -ww -z -Tutf8 "$page"; MANWIDTH=80 man --warnings -l "$page" > "$work/page"; } 2>&1)
    warned=$linted$read
    if [ -n "$warned" ]; then
        printf '%s: %s\n' "${page##*/}" "$warned" >&2
        exit 1
    fi
    grep -q '^NAME$' "$work/page"
    if LC_ALL=C.UTF-8 grep -nE '^.{81,}' "$work/page" >&2; then
        echo "${page##*/}: the lines above are wider than 80 columns" >&2
        exit 1
    fi
done
echo "$(find "$work/man" -name '*.1' | wc -l) manual pages are read by mandoc, groff and man without a warning"

cd "$work"
timeout 300 python3 "$here/completions.py" "$binary"
timeout 300 python3 "$here/dialogue.py" "$binary"
"$venv/bin/python" "$here/powershell.py" "$binary"
# PowerShell is on few machines; where it is, it completes.
if command -v pwsh > /dev/null; then
    "$binary" completions powershell > completions.ps1
    # shellcheck disable=SC2016
    pwsh -NoProfile -Command '. ./completions.ps1; (TabExpansion2 "policysync vali" 15).CompletionMatches.CompletionText' | grep -qx validate
fi
