# shellcheck shell=bash
# What both scripts need: to end with a reason, and to read a path.

# fail REASON TEXT: ends the step, telling why in the log and in the outputs. TEXT holds nothing that came from outside.
fail() {
    printf '::error title=policysync::%s\n' "$2" >&2
    local code=1
    if [ "$1" = usage ]; then code=64; fi
    if [ -n "${GITHUB_OUTPUT:-}" ]; then
        printf 'exit-code=%s\nfailure-reason=%s\n' "$code" "$1" >>"$GITHUB_OUTPUT"
    fi
    exit "$code"
}

# absolute PATH BASE: puts the path, as it is or below BASE, into REPLY. (A command's output would lose line feeds.)
absolute() {
    case $1 in
        /* | [A-Za-z]:[/\\]*) REPLY=$1 ;;
        *) REPLY=$2/$1 ;;
    esac
}
