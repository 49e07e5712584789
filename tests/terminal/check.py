"""Types the tutorial and the README into a real terminal, start to end, and holds what is seen against the pages.

Usage: check.py WORK PAGES DOCS      WORK/bin has policysync; PAGES is the fresh clone; DOCS is where recordings are kept
"""

import os
import pathlib
import sys
import time

import page
import scenes
from terminal import Server, Terminal, environment, free_port


def main() -> int:
    work, clone, docs = (pathlib.Path(word) for word in sys.argv[1:4])
    server = Server(work, environment(work))
    wrong = []
    try:
        for name, test in [
            ("the README, typed in the clone", lambda: readme(server, clone)),
            ("the first hour, start to end", lambda: first_hour(server, work, clone)),
            ("init asks", lambda: scenes.init_asks(server, work)),
            ("the editor opens at the line", lambda: scenes.editor(server, work)),
            ("without a word, with a wrong one", lambda: scenes.words(server, work)),
            ("the recording", lambda: scenes.recording(server, work, docs)),
        ]:
            begun = time.monotonic()
            try:
                test()
            except (AssertionError, Exception) as failure:  # the other tests may say more
                wrong.append(name)
                print(f"FAILED {name}: {type(failure).__name__}\n{failure}\n")
            else:
                print(f"ok {name} ({time.monotonic() - begun:.1f} s)")
    finally:
        server.close()
    return 1 if wrong else 0


def held(path: pathlib.Path, command: page.Command, printed: list[str]):
    assert page.agree(command.shown, printed), (
        f"{path.name}:{command.line}: $ {command.typed}\nthe page shows:\n" + "\n".join(command.shown)
        + "\n\nthe terminal shows:\n" + "\n".join(printed)
    )


def readme(server: Server, clone: pathlib.Path):
    path, terminal = clone / "README.md", server.open("readme", clone, 80, 30)
    commands = [command for command in page.commands(path) if not command.terminal]
    assert len(commands) >= 4, commands
    for command in commands:
        typed = command.typed.replace("cargo run --release --", "policysync")
        held(path, command, terminal.run(typed)[0])


def first_hour(server: Server, work: pathlib.Path, clone: pathlib.Path):
    path, folder = clone / "docs/first-hour.md", work / "hour"
    folder.mkdir()
    terminals = {"": server.open("hour", folder, 80, 30)}
    terminals["terminal"], going = terminals[""], []
    port = free_port()
    commands = page.commands(path)
    assert {command.terminal for command in commands} == {"", "terminal", "second terminal"}
    begun = time.monotonic()
    for command in commands:
        if command.terminal not in terminals:
            terminals[command.terminal] = server.open("beside", folder, 80, 30)
        terminal, typed = terminals[command.terminal], command.typed.replace("8787", port)
        due = terminal.begin(typed)
        if command.terminal == "second terminal":
            # It goes on; what it says at its beginning is awaited.
            terminal.until(lambda: page.agree(command.shown, with_port(terminal.after(typed) or [], port)), typed)
            going.append((terminal, due, command))
            continue
        answer(terminal, due, command, port)
        terminal.end(due, typed)
        held(path, command, with_port(terminal.output(typed), port))
    for terminal, due, command in going:
        terminal.press("C-c")
        assert terminal.end(due, command.typed) in (0, 130), command
    print(f"   {len(commands)} commands in {time.monotonic() - begun:.1f} s")


def answer(terminal: Terminal, due: int, command: page.Command, port: str):
    """Answers each question as the page does: where the terminal waits in a line that the page shows longer, the rest is typed."""
    for line in (line.replace("8787", port) for line in command.shown if "?" in line and ": " in line):
        question, _, rest = line.rpartition(": ")
        if not question.endswith("taken"):
            continue
        terminal.until(lambda: last_line(terminal) == f"{question}:" or terminal.ready()[0] >= due, question)
        if rest == "^C":
            terminal.press("C-c")
        else:
            terminal.keys(rest)
            terminal.press("Enter")


def last_line(terminal: Terminal) -> str:
    said = terminal.said()
    return said[-1].rstrip() if said else ""


def with_port(lines: list[str], port: str) -> list[str]:
    return [line.replace(port, "8787") for line in lines]


if __name__ == "__main__":
    os.chdir("/")
    sys.exit(main())
