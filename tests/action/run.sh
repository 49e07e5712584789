#!/usr/bin/env bash
# Checks action.yml, the workflows and the scripts: by the schemas GitHub's own editor uses (check-jsonschema), for what can go
# wrong with tokens and strangers (zizmor), and as shell (shellcheck). And the examples for others: GitLab's by its schema,
# Kubernetes' by its own (kubernetes-validate), the hook by pre-commit. All are installed the first time, into target/.
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
"$venv/bin/kubernetes-validate" --strict examples/ci/cronjob.yaml
"$venv/bin/pre-commit" validate-manifest .pre-commit-hooks.yaml
# Offline: nobody is asked.
"$venv/bin/zizmor" --offline --quiet --no-progress action.yml "${workflows[@]}"
# The scripts within workflows, as the runner starts them.
rm -rf target/action-scripts
mkdir -p target/action-scripts
"$venv/bin/python" - target/action-scripts action.yml "${workflows[@]}" <<'PY'
import pathlib, sys
import yaml

folder = pathlib.Path(sys.argv[1])
for path in map(pathlib.Path, sys.argv[2:]):
    document = yaml.safe_load(path.read_text())
    jobs = document.get("jobs") or {path.stem: document["runs"]}
    for name, job in jobs.items():
        for number, step in enumerate(job["steps"]):
            if "run" in step:
                script = "#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"]
                (folder / f"{path.stem}-{name}-{number}.sh").write_text(script)
PY
"$venv/bin/shellcheck" target/action-scripts/*.sh
"$venv/bin/shellcheck" --external-sources action/*.sh tests/*.sh tests/*/*.sh
