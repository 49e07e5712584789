#!/usr/bin/env bash
# Types the tutorial and the README into a real terminal (tmux), on a fresh clone, and holds what is seen against the pages;
# makes the README's recording anew and compares it. UPDATE_SCREENSHOTS=1 puts that into docs/.
# Usage: tests/terminal/run.sh      after `cargo build`; installs tmux where it is missing
set -euo pipefail
cd "$(dirname "$0")/../.."

binary=$PWD/target/debug/policysync
here=$PWD/tests/terminal
work=$PWD/target/terminal

if [ ! -x "$binary" ]; then
    echo "$binary is not there; run \`cargo build\` first" >&2
    exit 1
fi
missing=()
for program in tmux curl; do
    command -v "$program" > /dev/null || missing+=("$program")
done
if [ "${#missing[@]}" -gt 0 ]; then
    root=()
    [ "$(id -u)" = 0 ] || root=(sudo -n)
    if ! { "${root[@]}" apt-get update -qq && "${root[@]}" apt-get install -y -qq "${missing[@]}"; } > /dev/null; then
        echo "${missing[*]} is missing and could not be installed: install it (Debian: apt-get install ${missing[*]}), then run this again" >&2
        exit 1
    fi
fi

# A clone, and in it what is changed here and not committed yet.
rm -rf "$work"
mkdir -p "$work/bin"
ln "$binary" "$work/bin/policysync" 2> /dev/null || cp "$binary" "$work/bin/policysync"
git clone --quiet --no-local . "$work/clone"
git ls-files -z | { xargs -0 ls -d 2> /dev/null || true; } | tar --create --files-from=- | tar --extract --directory="$work/clone"

PYTHONDONTWRITEBYTECODE=1 python3 "$here/check.py" "$work" "$work/clone" "$PWD/docs"
