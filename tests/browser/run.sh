#!/usr/bin/env bash
# Opens the reports in a real browser: nothing is asked of any other place, axe finds nothing serious, filters work and
# are quick, a hostile text is text. Leaves screenshots in target/browser; UPDATE_SCREENSHOTS=1 puts them into docs/.
# Usage: tests/browser/run.sh      after `cargo build`; installs what is missing (Debian's chromium; npm packages, pinned)
set -euo pipefail
cd "$(dirname "$0")/../.."

binary=$PWD/target/debug/policysync
here=$PWD/tests/browser
work=$PWD/target/browser

if [ ! -x "$binary" ]; then
    echo "$binary is not there; run \`cargo build\` first" >&2
    exit 1
fi
if ! command -v chromium > /dev/null; then
    root=()
    [ "$(id -u)" = 0 ] || root=(sudo -n)
    install=(apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core)
    if ! { "${root[@]}" apt-get update -qq && "${root[@]}" "${install[@]}"; } > /dev/null; then
        echo "chromium is missing and could not be installed: install it (Debian: apt-get install chromium), then run this again" >&2
        exit 1
    fi
fi
mkdir -p "$work"
# The packages are installed anew when other versions are asked for.
if ! cmp -s "$here/package-lock.json" "$work/installed.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$work/"
    (cd "$work" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    cp "$here/package-lock.json" "$work/installed.json"
fi

# What is reported on: the examples with some edits, hostile texts, and a plan of 2,000 changes. Besides the plan: what others
# changed in the service, what an apply came to that had to leave one of these alone, and the findings of a tree with mistakes.
world() { rm -rf "${work:?}/$1"; mkdir -p "$work/$1"; cd "$work/$1"; }
reports() {
    local code=0
    for format in html markdown; do
        "$binary" plan policies --sandbox --prune --format "$format" "$@" > "plan.$format" || code=$?
    done
    [ "$code" = 0 ] || [ "$code" = 4 ]
}
# page NAME CODE COMMAND…: the command's page, which must end with this code.
page() {
    local code=0
    "$binary" "${@:3}" --format html > "$1.html" || code=$?
    if [ "$code" != "$2" ]; then
        echo "$PWD: ${*:3} ended with $code" >&2
        return 1
    fi
}
# other_pages ARGUMENT…: of the world as it is, after someone edited two policies in the service; then an apply.
other_pages() {
    python3 - <<'PY'
import json
path = ".policysync/sandbox/service.jsonl"
with open(path) as file:
    head, *policies = [json.loads(line) for line in file]
# They lie there in the order in which they were made, which is another one each time.
policies.sort(key=lambda policy: (policy["name"] != "Extraction of data in bulk", policy["name"]))
night = {"id": "user-night", "name": "Ada", "lastName": "Night <b>Shift", "email": "ada@northwind.example"}
for policy, action in [(policies[0], 0), (policies[-1], 1)]:
    policy["actionType"] = action
    policy["content"] = policy["content"].replace("Do not", "Never", 1) + "\nUnless it is urgent. <i>Or not.</i>\n"
    policy["lastUpdatedBy"] = night
    policy["lastUpdatedAt"] = "2026-11-27T01:02:03.000Z"
policies.append(policies[0] | {"id": "5f0c2a8e-0000-4000-8000-000000000001", "name": "Made in the console", "createdBy": night})
with open(path, "w") as file:
    file.write("".join(json.dumps(line) + "\n" for line in [head, *policies]))
PY
    page drift 2 drift policies --sandbox "$@"
    page apply 5 apply policies --sandbox --prune --allow weaken,delete,protected "$@"
}
unset POLICYSYNC_TOKEN POLICYSYNC_REFRESH_TOKEN POLICYSYNC_ENDPOINT POLICYSYNC_STATE POLICYSYNC_CONFIG
unset GITHUB_SERVER_URL GITHUB_REPOSITORY GITHUB_SHA GITHUB_WORKSPACE CI_PROJECT_URL CI_PROJECT_DIR
(
    world examples
    cp -r "$here/../../examples/policies" .
    "$binary" apply policies --sandbox --quiet > /dev/null
    cd policies/northwind-pay
    sed -i 's/^actionType: block/actionType: log/' personal-data.yaml
    sed -i 's/Do not disclose information/Never disclose or hint at information/' insider-information.yaml
    sed -i 's/^riskType: MEDIUM/riskType: HIGH/' production/unreviewed-output.yaml
    rm harassment.yml
    cat > production/card-vault/track-data.yaml <<'YAML'
name: Track data
riskType: HIGH
actionType: block
content: |
  Never send the magnetic stripe's track data, or what a chip holds instead of it, to a model.

  This covers test cards as well, and pictures of cards.
YAML
    cd ../..
    reports --repository-url https://github.com/northwind-pay/policies/blob/main
    cp -r policies wrong
    cd wrong/northwind-pay
    sed -i 's/^riskType: HIGH/riskType: HIHG/; s/^actionType:/actoinType:/' insider-information.yaml
    printf 'name: Twice\nname: Twice\nriskType: LOW\nactionType: log\ncontentFile: ../../../etc/passwd\n' > production/twice.yaml
    sed 's/^name: .*/name: Another/' production/unreviewed-output.yaml > production/Unreviewed-Output.yaml
    cd ../..
    page findings 3 validate wrong --repository-url https://github.com/northwind-pay/policies/blob/main
    # One of those that are to be changed here was changed there.
    sed -i 's/^riskType: .*/riskType: LOW/' policies/northwind-pay/access.yaml policies/solace-health/workplace.yml
    other_pages --repository-url https://github.com/northwind-pay/policies/blob/main
)
(
    world hostile
    python3 - <<'PY'
import json, os
TEXTS = [
    "<script>alert(1)</script>", '" onload="alert(1)', "</style><img src=x onerror=alert(1)>", "</details></div></main>",
    "```\n</details>\n\n# forged\n", "@acme/team #1 GH-1 :smile: www.evil.example", "![x](https://evil.example/x.png)",
    "[x](https://evil.example)", "<!-- policysync:forged -->", "::error::forged", "##[set-output name=x]y", "{{ 7 * 7 }}",
    "</script><script>alert(2)</script>", "javascript:alert(1)", "<svg/onload=alert(1)>", "&lt;b&gt;", "\t\tindented",
]
os.makedirs("policies/acme/ws/repo")
for number, text in enumerate(TEXTS):
    scope = ["acme", "acme/ws", "acme/ws/repo"][number % 3]
    with open(f"policies/{scope}/p{number:02}.yaml", "w") as file:
        name = json.dumps(f"{text} name".replace("\n", " ").replace("\t", " "))
        file.write(f"name: {name}\nriskType: HIGH\nactionType: block\ncontent: {json.dumps(text + ' old words stay')}\n")
PY
    "$binary" apply policies --sandbox --quiet > /dev/null
    find policies -name '*.yaml' -exec sed -i 's/old words/new words/; s/ name"$/ other name"/' {} +
    reports
    python3 - <<'PY'
import glob, json
for number, path in enumerate(sorted(glob.glob("policies/**/*.yaml", recursive=True))):
    text = open(path).read()
    name = json.loads(text.split("\n")[0].removeprefix("name: "))
    wrong = path.replace("policies", "wrong", 1)
    import os
    os.makedirs(os.path.dirname(wrong), exist_ok=True)
    odd = name.replace("/", "")[:40]
    with open(os.path.join(os.path.dirname(wrong), f"{odd}.yaml"), "w") as file:
        file.write(text.replace("HIGH", json.dumps(name)) + f"{json.dumps(name)}: 1\n")
PY
    page findings 3 validate wrong
    other_pages
)
(
    world many
    python3 - <<'PY'
import os
for number in range(2000):
    scope = f"policies/acme/workspace-{number % 7}/repository-{number % 7}-{number % 6}"
    os.makedirs(scope, exist_ok=True)
    with open(f"{scope}/policy-{number:04}.yaml", "w") as file:
        file.write(f"name: Policy {number}\nriskType: HIGH\nactionType: block\ncontent: |\n")
        file.write("".join(f"  Rule {line} of {number}: do not share what must stay here.\n" for line in range(8)))
PY
    "$binary" apply policies --sandbox --quiet > /dev/null
    find policies -name '*[05].yaml' -exec sed -i 's/^actionType: block/actionType: alert/' {} +
    find policies -name '*.yaml' -exec sed -i 's/Rule 3 of/Clause 3 of/' {} +
    find policies -name '*7.yaml' -delete
    reports
)
cp "$here"/*.mjs "$work/"
node "$work/page.mjs" "$work" "$PWD/docs"
