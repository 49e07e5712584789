#!/usr/bin/env bash
# Becomes policysync, with what the action's inputs say. Each input is one word to it, whatever it holds.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/told.sh
. "$here/told.sh"

workspace=${GITHUB_WORKSPACE:-$PWD}
if [ -n "${INPUT_WORKING_DIRECTORY:-}" ]; then
    absolute "$INPUT_WORKING_DIRECTORY" "$workspace"
    cd -- "$REPLY" || fail usage "the working-directory is not there"
fi

command=${INPUT_COMMAND:-plan}
case $command in
    validate | plan | apply | drift) ;;
    *) fail usage "the input command is to be validate, plan, apply or drift" ;;
esac
words=("$command")
# A flag and its value are one word, so that a value can begin with a dash.
flag() { if [ -n "$2" ]; then words+=("$1=$2"); fi; }
switch() {
    case $2 in
        true) words+=("$1") ;;
        false | "") ;;
        *) fail usage "the input ${1#--} is to be true or false" ;;
    esac
}
flag --state "${INPUT_STATE:-}"
if [ "$command" != validate ]; then
    flag --org "${INPUT_ORG:-}"
fi
if [ "$command" = plan ] || [ "$command" = apply ]; then
    flag --allow "${INPUT_ALLOW:-}"
    switch --prune "${INPUT_PRUNE:-}"
    switch --impact "${INPUT_IMPACT:-}"
    if [ "${INPUT_IMPACT:-}" = true ]; then words+=(--refresh); fi
fi
if [ "$command" = apply ]; then
    words+=(--yes)
    case ${INPUT_EXPECT:-guards} in
        guards) ;;
        reviewed) words+=(--expect-reviewed) ;;
        reviewed-or-guards) words+=(--expect-reviewed=or-guards) ;;
        *) words+=("--expect-digest=$INPUT_EXPECT") ;;
    esac
fi
if [ -n "${INPUT_PATH:-}" ]; then
    words+=(-- "$INPUT_PATH")
fi

binary=$(bash "$here/obtain.sh") || exit

# What an input doesn't say, the job's own environment may.
given() { if [ -n "$2" ]; then export "$1=$2"; fi; }
given POLICYSYNC_ENDPOINT "${INPUT_ENDPOINT:-}"
given POLICYSYNC_TOKEN "${INPUT_TOKEN:-}"
given POLICYSYNC_GITHUB_TOKEN "${INPUT_GITHUB_TOKEN:-}"
given POLICYSYNC_COMMENT "${INPUT_COMMENT:-}"
given POLICYSYNC_LABEL "${INPUT_LABEL:-}"
given POLICYSYNC_ISSUE "${INPUT_ISSUE:-}"
export POLICYSYNC_ACTION=true
unset "${!INPUT_@}"

exec -- "$binary" "${words[@]}"
