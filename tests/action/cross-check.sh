#!/usr/bin/env bash
# Runs the action in a runner that we didn't write (wrkflw, on this machine and not in a container): a plan, an apply, and one
# with nothing to do, against the sandbox. So our own host in tests/all/action_runner.rs is not the only one that says it works.
# Usage: tests/action/cross-check.sh      after `cargo build`; installs wrkflw the first time, which takes two minutes
#
# What wrkflw 0.8.0 doesn't do as GitHub's runner does, and what stands in for it here:
# - it has no `github.action_path`: the job's env gives it GITHUB_ACTION_PATH, which is where it looks;
# - an input with a hyphen doesn't reach a composite action's steps: the job's env gives it INPUT_BINARY_PATH;
# - an output with a hyphen is passed over when a step's outputs are read: those without one are looked at.
set -euo pipefail
cd "$(dirname "$0")/../.."

wrkflw=0.8.0
binary=$PWD/target/debug/policysync
tools=$PWD/target/tools
work=$PWD/target/cross-check

if [ ! -x "$binary" ]; then
    echo "$binary is not there; run \`cargo build\` first" >&2
    exit 1
fi
if ! "$tools/bin/wrkflw" --version 2>/dev/null | grep -qwF "$wrkflw"; then
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install --locked --quiet --no-default-features "wrkflw@$wrkflw" --root "$tools"
fi

rm -rf "$work"
mkdir -p "$work/repository" "$work/home" "$work/tmp"
cp -r action.yml action examples/policies "$work/repository/"

exec 3< <(exec "$binary" sandbox --listen 127.0.0.1:0 --data "$work/service.json" 2> "$work/sandbox.txt")
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true' EXIT
if ! read -r line <&3; then
    echo "$binary sandbox ended before it listened" >&2
    exit 1
fi

cat > "$work/repository/workflow.yml" <<YAML
name: Cross-check
on: workflow_dispatch
jobs:
  policies:
    runs-on: ubuntu-latest
    env:
      GITHUB_ACTION_PATH: $work/repository
      INPUT_BINARY_PATH: $binary
    steps:
      - uses: actions/checkout@v5
      - uses: ./
        id: plan
        with:
          command: plan
          endpoint: ${line#listening on }
          state: $work/state
          comment: never
      - uses: ./
        id: apply
        with:
          command: apply
          endpoint: ${line#listening on }
          token: sandbox
          state: $work/state
          comment: never
      - run: |
          cat > "$work/outputs.txt" <<END
          planned \${{ steps.plan.outputs.changes }} create \${{ steps.plan.outputs.create }} weaker \${{ steps.plan.outputs.weaker }}
          applied \${{ steps.apply.outputs.changes }} organizations \${{ steps.apply.outputs.organizations }}
          END
          cp "\$GITHUB_STEP_SUMMARY" "$work/summary.md"
YAML

# run NAME: what the runner says goes into a file, and is shown where it fails.
run() {
    local code=0
    (
        cd "$work/repository"
        env -i "PATH=$PATH" "HOME=$work/home" "TMPDIR=$work/tmp" \
            "$tools/bin/wrkflw" --verbose run --runtime emulation workflow.yml
    ) > "$work/$1.log" 2>&1 || code=$?
    if [ "$code" != "${2:-0}" ]; then
        cat "$work/$1.log" >&2
        echo "$1: the runner ended with $code" >&2
        exit 1
    fi
}
# holds FILE TEXT: a line of the file is this.
holds() {
    if ! grep -qxF -- "$2" "$work/$1"; then
        cat "$work/$1" >&2
        echo "$1 has no line: $2" >&2
        exit 1
    fi
}

# One file may hold several.
grep -rohE '^name: .*' examples/policies --include='*.y*ml' --exclude=_scope.yaml | sed 's/^name: //' | sort > "$work/wanted.txt"
policies=$(wc -l < "$work/wanted.txt")

run first
holds outputs.txt "planned $policies create $policies weaker 0"
holds outputs.txt "applied $policies organizations [\"northwind-pay\",\"solace-health\"]"
holds summary.md "## Applied: $policies changes"
python3 -c '
import json, sys
for line in sys.stdin:
    print(json.loads(line).get("name", ""))
' < "$work/service.json" | sed '/^$/d' | sort > "$work/held.txt"
diff "$work/wanted.txt" "$work/held.txt"

run second
holds outputs.txt "planned 0 create 0 weaker 0"
holds outputs.txt "applied 0 organizations [\"northwind-pay\",\"solace-health\"]"
holds summary.md "## No changes"

# And a step that fails fails the job.
echo "name: x" > "$work/repository/policies/northwind-pay/bad.yaml"
rm "$work/outputs.txt"
run third 1
if [ -e "$work/outputs.txt" ]; then
    echo "the step after a failed one was run" >&2
    exit 1
fi
echo "ok: planned, applied and failed in wrkflw $wrkflw as in our own host; the sandbox holds $policies policies"
