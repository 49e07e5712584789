"""Presses Tab in real shells: commands, flags, values and addresses of the tree and the record are offered, nothing is run."""

import os
import re
import subprocess
import sys
import tempfile

from terminal import Terminal, check

BINARY = sys.argv[1]
# Names that a shell would run, if anything gave them to it.
ODD = ["$(touch pwned)", "`touch pwned`", "x;touch pwned", "x y", "x'y", 'x"y', "-rf", "*"]


def write(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def policy(address):
    write(f"policies/{address}.yaml", f"name: {address}\nriskType: HIGH\nactionType: block\ncontent: Of {address}.\n")


def world():
    """A tree, a record of it, and a policy that is only recorded."""
    for address in ["acme/pii", "acme/gone", "acme/east/source", "acme/east/billing/cards", "globex/x"]:
        policy(address)
    applied = subprocess.run([BINARY, "apply", "--sandbox", "--quiet"], capture_output=True, text=True, check=False)
    check(applied.returncode == 0, applied.stderr)
    os.rename(".policysync/sandbox/state", ".policysync/state")
    os.remove("policies/acme/gone.yaml")
    for name in ODD:
        policy(f"acme/{name}")
        policy(f"{name}/x")


class Shell:
    """A shell that was taught, and a line that is being typed."""

    def __init__(self, words, setup):
        self.name = words[0]
        folder = os.path.dirname(BINARY)
        self.terminal = Terminal(words, os.getcwd(), {"PATH": f"{folder}:{os.environ['PATH']}", "PS1": "READY> "})
        self.terminal.until("READY> ")
        for line in setup:
            self.terminal.send(f"{line}\n")
            self.terminal.until("READY> ")

    def completes(self, typed, wanted):
        """One Tab completes the line to this."""
        self.terminal.send(f"{typed}\t")
        self.terminal.until(re.escape(wanted))
        self.clear()

    def offers(self, typed, *wanted):
        """Tab pressed twice lists these."""
        at = len(self.terminal.shown())
        self.terminal.send(f"{typed}\t\t")
        for word in wanted:
            self.terminal.until(rf"(?<![\w/]){re.escape(word)}(?![\w-])", since=at + len(typed))
        self.clear()

    def clear(self):
        # What is typed is taken back, and an empty line asks for nothing.
        self.terminal.send("\x15\n")
        self.terminal.until("READY> ")

    def end(self):
        self.terminal.send("exit\n")
        self.terminal.end()


def interactive(shell):
    shell.completes("policysync vali", "policysync validate")
    shell.completes("policysync sta", "policysync state")
    shell.completes("policysync apply --expect-d", "--expect-digest")
    shell.completes("policysync plan --format mark", "--format markdown")
    shell.completes("policysync plan --log-format js", "--log-format json")
    shell.completes("policysync state show acme/pi", "acme/pii")
    shell.completes("policysync state show acme/go", "acme/gone")
    shell.completes("policysync plan --org glo", "--org globex")
    shell.completes("policysync explain bad-ri", "bad-risk-type")
    shell.completes("policysync state show acme/east/b", "acme/east/billing/")
    shell.offers("policysync state show acme/", "acme/east/", "acme/gone", "acme/pii")
    shell.offers("policysync apply --expect-", "--expect-digest", "--expect-reviewed")
    shell.offers("policysync completions ", "bash", "zsh", "fish", "powershell")


def bash():
    shell = Shell(["bash", "--norc", "--noprofile", "-i"], ["bind 'set enable-bracketed-paste off'", "source <(policysync completions bash)"])
    interactive(shell)
    return shell


def zsh():
    setup = ["PS1='READY> '; unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste", "autoload -U compinit && compinit -u -D", "source <(policysync completions zsh)"]
    shell = Shell(["zsh", "-f", "-i"], setup)
    interactive(shell)
    return shell


def fish():
    """Fish says what it would offer: the same that it shows at a Tab."""
    def offered(line):
        script = f"policysync completions fish | source; complete -C {quoted(line)}"
        path = f"{os.path.dirname(BINARY)}:{os.environ['PATH']}"
        ran = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=False,
                             env={"PATH": path, "HOME": os.getcwd(), "LANG": "C.UTF-8"})
        check(ran.returncode == 0 and ran.stderr == "", f"fish: {ran.stderr}")
        return [found.split("\t")[0] for found in ran.stdout.splitlines()]

    def quoted(text):
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    for line, wanted in [
        ("policysync vali", ["validate"]),
        ("policysync apply --expect", ["--expect-digest", "--expect-reviewed"]),
        ("policysync plan --format mark", ["markdown"]),
        ("policysync plan --log-format ", ["text", "json"]),
        ("policysync state show acme/", ["acme/east/", "acme/gone", "acme/pii"]),
        ("policysync state show acme/east/b", ["acme/east/billing/"]),
        ("policysync plan --org ", ["acme", "globex"]),
        ("policysync explain bad-ri", ["bad-risk-type"]),
    ]:
        found = offered(line)
        check(found == wanted, f"fish offers {found} for {line!r}, not {wanted}")
    return offered


def main():
    os.chdir(tempfile.mkdtemp(dir=os.getcwd()))
    world()
    shells = {"bash": bash(), "zsh": zsh()}
    offered = fish()
    # The tree is broken further, and so are the settings: what can be known is still offered.
    write("policies/acme/broken.yaml", "name: [\n")
    write("policies/acme/east/_scope.yaml", "id: [\n")
    for shell in shells.values():
        shell.offers("policysync state show acme/", "acme/gone", "acme/pii")
    write("policysync.yaml", "tree: '$(touch pwned)'\n")
    for shell in shells.values():
        shell.completes("policysync state show acme/pi", "acme/pii")
        for name in ODD[:4]:
            shell.terminal.send(f"policysync state show 'acme/{name}\t\t")
            shell.clear()
    check(offered("policysync state show acme/pi") == ["acme/pii"], "fish, by the record alone")
    check(offered("policysync state show 'acme/$(touch pwned)") == [], "fish, an odd word")
    for shell in shells.values():
        shown = shell.terminal.shown()
        check(not re.search(r"rror:|not found|parse error", shown), f"{shell.name} was told of an error:\n{shown}")
        shell.end()
    check(not any("pwned" in files for _, _, files in os.walk(".")), "nothing was run")
    print("bash, zsh and fish complete commands, flags, values and addresses")


main()
