#!/usr/bin/env bash
# Runs the hook of .pre-commit-hooks.yaml by pre-commit itself, as `repo: .` of a repository with a tree: a good commit passes, one
# with findings doesn't come to be, and one that touches no policy runs nothing.
# Usage: tests/action/hook.sh      after `cargo build` and tests/action/run.sh, which installs pre-commit
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD
work=$root/target/hook
export PATH=$root/target/debug:$root/target/action-venv/bin:$PATH
if [ ! -x "$root/target/debug/policysync" ] || [ ! -x "$root/target/action-venv/bin/pre-commit" ]; then
    echo "run \`cargo build\` and tests/action/run.sh first" >&2
    exit 1
fi
rm -rf "$work"
mkdir -p "$work/hooks" "$work/home"
export HOME=$work/home PRE_COMMIT_HOME=$work/home/cache GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
git_in() { git -C "$1" -c user.name=tester -c user.email=tester@example.invalid "${@:2}"; }

# The hook's repository is one of its own, so that what is not committed yet is tested too.
cp .pre-commit-hooks.yaml "$work/hooks/"
git init --quiet --template= "$work/hooks"
git_in "$work/hooks" add .
git_in "$work/hooks" commit --quiet --message hooks
revision=$(git -C "$work/hooks" rev-parse HEAD)

git init --quiet "$work/tree"
cd "$work/tree"
cp -r "$root/examples/policies" .
cat > .pre-commit-config.yaml <<YAML
repos:
  - repo: $work/hooks
    rev: $revision
    hooks:
      - id: policysync-validate
YAML
pre-commit install > /dev/null
git add .

# commit NAME: what was said goes into a file; the answer is whether there is a commit.
commit() { git_in . commit --message "$1" > "$work/$1.txt" 2>&1; }
# said NAME TEXT
said() {
    if ! grep -qF -- "$2" "$work/$1.txt"; then
        cat "$work/$1.txt" >&2
        echo "$1: it is not said: $2" >&2
        exit 1
    fi
}
commit good || { cat "$work/good.txt" >&2; exit 1; }
said good "check the policies"
said good "Passed"

echo "riskType: hihg" >> policies/northwind-pay/personal-data.yaml
git add .
if commit bad; then
    echo "a tree with findings was committed" >&2
    exit 1
fi
said bad "Failed"
said bad "policies/northwind-pay/personal-data.yaml:"
git reset --quiet --hard

echo "text" > README.md
git add .
commit other
said other "no files to check"
echo "ok: the hook runs in pre-commit, and stops a commit with findings"
