"""Reads the script for PowerShell by the language's grammar, and asks the binary what the script asks it.

What only PowerShell itself can show, that the two meet, run.sh shows where there is one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import tree_sitter
import tree_sitter_powershell
from terminal import check

BINARY = sys.argv[1]
# What stands in the script is a path that someone chose.
FOLDERS = ["plain", "Program Files", "Jane's tools"]
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))


def faults(node):
    """What the grammar has no place for, or misses."""
    if node.is_error or node.is_missing:
        yield f"line {node.start_point.row + 1}: {node.type} {node.text.decode()[:60]!r}"
    for child in node.children:
        yield from faults(child)


def words(line):
    """The words of a command in which quotes stand around whole words."""
    return ["".join(parts) for parts in re.findall(r"""'([^']*)'|"([^"]*)"|([^\s'"]+)""", line)]


def offered(binary, typed, cursor_after_space):
    script = subprocess.run([binary, "completions", "powershell"], capture_output=True, text=True, check=True).stdout
    found = list(faults(PARSER.parse(script.encode()).root_node))
    check(not found, f"the script is not PowerShell: {found}\n{script}")
    variable = re.search(r'\$env:(\w+) = "powershell"', script)
    called = re.search(r'^& (.*) -- \$args$', script, re.MULTILINE)
    check(variable and called, f"the script sets a variable and calls the binary:\n{script}")
    ask = f"& {called[1]} -- {typed}" + (" ''" if cursor_after_space else "")
    parted = words(ask)
    check(parted[1] == binary, f"{parted} calls {binary}")
    env = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), variable[1]: "powershell"}
    ran = subprocess.run(parted[1:], capture_output=True, text=True, check=False, env=env)
    check(ran.returncode == 0 and ran.stderr == "", f"{ask}: {ran.stderr}")
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    # The script takes a word, and a help behind one tab.
    check(all(len(line) in (1, 2) and line[0] for line in lines), f"{ask}: {lines}")
    return [line[0] for line in lines]


def main():
    os.chdir(tempfile.mkdtemp(dir=os.getcwd()))
    os.makedirs("policies/acme")
    with open("policies/acme/pii.yaml", "w", encoding="utf-8") as file:
        file.write("name: PII\nriskType: HIGH\nactionType: block\ncontent: No personal data.\n")
    check(list(faults(PARSER.parse(b"function {").root_node)), "the grammar finds faults")
    for folder in FOLDERS:
        os.makedirs(folder)
        binary = shutil.copy(BINARY, os.path.join(os.getcwd(), folder, "policysync"))
        for typed, after_space, wanted in [
            ("policysync vali", False, ["validate"]),
            ("policysync apply --expect-d", False, ["--expect-digest"]),
            ("policysync plan --org", True, ["acme"]),
            ("policysync state show acme/", False, ["acme/pii"]),
        ]:
            found = offered(binary, typed, after_space)
            check(found == wanted, f"PowerShell is offered {found} for {typed!r}, not {wanted}")
    print("the script for PowerShell is read by its grammar, and what it asks is answered")


main()
