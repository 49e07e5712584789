#!/usr/bin/env bash
# Checks action.yml, the workflows and the scripts: by the schemas GitHub's own editor uses (check-jsonschema), for what can go
# wrong with tokens and strangers (zizmor), and as shell (shellcheck). All three are installed the first time, into target/.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/action
venv=target/action-venv
if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --no-deps --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/installed.txt"
fi

workflows=(examples/workflows/*.yml .github/workflows/*.yml)
"$venv/bin/check-jsonschema" --builtin-schema vendor.github-actions action.yml
"$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows "${workflows[@]}"
"$venv/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci examples/ci/gitlab-ci.yml
# Offline: nobody is asked.
"$venv/bin/zizmor" --offline --quiet --no-progress action.yml "${workflows[@]}"
"$venv/bin/shellcheck" --external-sources action/*.sh tests/*.sh tests/*/*.sh
