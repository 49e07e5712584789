"""What is tried in a terminal besides the pages' own transcripts."""

import pathlib

import recording as record
from terminal import Server, Terminal


def fresh(work: pathlib.Path, name: str) -> pathlib.Path:
    folder = work / name
    folder.mkdir()
    return folder


def asked(terminal: Terminal, question: str):
    """Waits until the terminal waits in a line that ends with the question."""
    terminal.until(lambda: terminal.said()[-1:] and terminal.said()[-1].endswith(question), question)


def init_asks(server: Server, work: pathlib.Path):
    folder = fresh(work, "asked")
    terminal = server.open("asked", folder, 80, 30)
    terminal.run("git init --quiet && git remote add origin https://example.com/acme/rules.git")
    due = terminal.begin("policysync init")
    for question, answer in [
        ("The organization's folder, as in addresses (acme):", "my org"),
        ("The organization's folder, as in addresses (acme):", "acme"),
        ("Its id at the service, from the console [acme]:", "org-1"),
        ("as in production=ws-1 production/billing=repo-7 [none yet]:", "production=ws-1"),
        ("[git:origin]:", ""),
        ("Workflow files for github, gitlab or none? [none]:", "github"),
    ]:
        asked(terminal, question)
        before = len(terminal.said())
        terminal.keys(answer)
        terminal.press("Enter")
        terminal.until(lambda: len(terminal.said()) > before, "an answer's effect")
    assert terminal.end(due, "policysync init") == 0
    said = "\n".join(terminal.said())
    assert "\"my org\" can't be a folder's name" in said, said
    assert "+ written .github/workflows/policysync-apply.yml" in said, said
    assert (folder / "policies/acme/production/_scope.yaml").read_text() == "id: ws-1\n"
    # Who leaves at a question has made nothing.
    other = fresh(work, "left")
    terminal.run(f"cd {other}")
    due = terminal.begin("policysync init")
    asked(terminal, "(acme):")
    terminal.press("C-c")
    assert terminal.end(due, "policysync init") == 130
    assert not list(other.iterdir())


def editor(server: Server, work: pathlib.Path):
    folder = fresh(work, "edited")
    # It is called vim, so that it is told the line as vim is; what it is told and where it stands is written down.
    vim = folder / "vim"
    vim.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.told"\ntest -t 0 && test -t 1 && echo "a terminal" >> "$0.told"\n')
    vim.chmod(0o755)
    terminal = server.open("editor", folder, 80, 30)
    terminal.run(f"export EDITOR={vim}; policysync init acme")
    _, code = terminal.run("policysync new acme/no-credentials --template secrets")
    line, path, is_terminal = (folder / "vim.told").read_text().splitlines()
    assert (code, path, is_terminal) == (0, "policies/acme/no-credentials.yaml", "a terminal")
    opened = (folder / path).read_text().splitlines()[int(line.removeprefix("+")) - 1]
    assert opened.startswith("  Never put a credential"), (line, opened)
    said, code = terminal.run("EDITOR=/nowhere/vim policysync new acme/again")
    assert code == 1 and any("is written, and the editor did not open it" in line for line in said), said


def words(server: Server, work: pathlib.Path):
    """What one types first, and wrongly."""
    terminal = server.open("words", fresh(work, "words"), 80, 30)
    for typed, wanted, due in [
        ("policysync", "Usage: policysync", 64),
        ("policysync aplly", "apply", 64),
        ("policysync plan", "does not exist", 1),
        ("policysync apply --pruen", "--prune", 64),
        ("policysync explain no-such-code", "no-such-code", 64),
        ("policysync new acme/pii", "policysync init acme", 64),
    ]:
        said, code = terminal.run(typed)
        text = "\n".join(said)
        assert wanted in text and code == due, f"$ {typed}\n{text}\nended with {code}, and {due} was due"
        assert "panicked" not in text and "src/" not in text, text
    # Each page of help fits the terminal: no line is broken.
    for command in ["", " apply", " plan", " init", " state", " sandbox"]:
        terminal.begin(f"policysync help{command}")
        terminal.until(lambda: terminal.ready()[1] == 0 and terminal.said()[-1:] == ["$"], "the end of the help")
        broken = terminal.tmux("capture-pane", "-p", "-S", "-", "-E", "-").rstrip().split("\n")
        assert len(broken) == len(terminal.said()), command


def recording(server: Server, work: pathlib.Path, docs: pathlib.Path):
    record.make(server, fresh(work, "recorded"), docs)
