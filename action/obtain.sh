#!/usr/bin/env bash
# Prints the path of a policysync that may be run: the one that was named, or the file of a release whose SHA-256 stands in
# this commit (or in the input `checksum`). What was downloaded or kept from an earlier run is hashed each time, as a copy
# that nobody else can change.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/told.sh
. "$here/told.sh"

way_out="build policysync from its source, and name the file in the input binary-path"

if [ -n "${INPUT_BINARY_PATH:-}" ]; then
    absolute "$INPUT_BINARY_PATH" "${GITHUB_WORKSPACE:-$PWD}"
    binary=$REPLY
    if [ ! -f "$binary" ] || [ ! -x "$binary" ]; then
        fail failure "the input binary-path names no file that can be run"
    fi
    printf '%s' "$binary"
    exit
fi

# release.txt: `version X.Y.Z`, then a line `SHA-256  FILE` for each platform.
listed_version=$(sed -n 's/^version //p' "$here/release.txt")
version=${INPUT_VERSION:-$listed_version}
version=${version#v}
checksum=$(printf '%s' "${INPUT_CHECKSUM:-}" | tr 'A-F' 'a-f')
checksum=${checksum#sha256:}
if [ "$version" = latest ]; then
    fail usage "the input version is a number, as in 1.2.3: what latest is can change after a review"
fi
if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then
    fail usage "the input version is a number, as in 1.2.3"
fi
if [ -n "$checksum" ] && ! [[ $checksum =~ ^[0-9a-f]{64}$ ]]; then
    fail usage "the input checksum is a SHA-256: 64 hexadecimal digits"
fi

case ${RUNNER_OS:-}-${RUNNER_ARCH:-} in
    Linux-X64) file=policysync-x86_64-unknown-linux-musl ;;
    Linux-ARM64) file=policysync-aarch64-unknown-linux-musl ;;
    macOS-X64) file=policysync-x86_64-apple-darwin ;;
    macOS-ARM64) file=policysync-aarch64-apple-darwin ;;
    Windows-X64) file=policysync-x86_64-pc-windows-msvc.exe ;;
    *) fail failure "there is no release for this platform; $way_out" ;;
esac
if [ -z "$checksum" ]; then
    if [ "$version" != "$listed_version" ]; then
        fail usage "the input version names another release than this action does, so the input checksum must say what its file is"
    fi
    # Two spaces, as sha256sum writes them.
    checksum=$(awk -v file="$file" '$2 == file { print $1 }' "$here/release.txt")
    if ! [[ $checksum =~ ^[0-9a-f]{64}$ ]]; then
        fail failure "this commit of the action lists no release file for this platform; $way_out"
    fi
fi

hash_of() {
    if command -v sha256sum >/dev/null; then
        sha256sum <"$1"
    else
        shasum -a 256 <"$1"
    fi | cut -d ' ' -f 1
}

private=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/policysync-XXXXXXXX")
kept=${RUNNER_TOOL_CACHE:+$RUNNER_TOOL_CACHE/policysync/$checksum/$file}
binary=$private/$file

if [ -n "$kept" ] && [ -f "$kept" ] && cp -- "$kept" "$binary" && [ "$(hash_of "$binary")" = "$checksum" ]; then
    chmod 700 "$binary"
    printf '%s' "$binary"
    exit
fi

server=${GITHUB_SERVER_URL:-}
case $server in
    https://*) protocol='=https' ;;
    http://127.0.0.1:*) protocol='=http' ;;
    *) fail failure "GITHUB_SERVER_URL names no server over https; $way_out" ;;
esac
if ! [[ ${ACTION_REPOSITORY:-} =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$ ]]; then
    fail failure "it is not known whose release this is, as where the action is used by a path; $way_out"
fi
url=$server/$ACTION_REPOSITORY/releases/download/v$version/$file
if ! curl --fail --silent --show-error --location --proto "$protocol" --proto-redir "$protocol" --retry 3 \
    --connect-timeout 20 --max-time 300 --max-filesize 100000000 --output "$binary" -- "$url" >&2; then
    fail failure "the release file could not be downloaded; is there a release $version? else $way_out"
fi
if [ "$(hash_of "$binary")" != "$checksum" ]; then
    rm -f -- "$binary"
    fail failure "the file that was downloaded is not the one that was released: its SHA-256 differs; nothing of it was run"
fi
chmod 700 "$binary"
if [ -n "$kept" ]; then
    # Kept for the next run; whoever changes it there is found out.
    mkdir -p -- "${kept%/*}" && cp -- "$binary" "$kept.$$" && mv -f -- "$kept.$$" "$kept" || true
fi
printf '%s' "$binary"
