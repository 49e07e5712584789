"""The transcripts of a page: what is typed, what a terminal shows, and whether the two agree.

In a `console` block a line that begins with `$ ` is typed; what follows is what is shown. A line `…` stands for any lines.
A block may say which terminal it is for: `console terminal` is one that only a real terminal can hold, since it asks;
`console second terminal` is typed beside the first, and what runs there goes on.
"""

import dataclasses
import pathlib
import re


@dataclasses.dataclass
class Command:
    typed: str
    shown: list[str]
    # The words after `console`.
    terminal: str
    line: int


def commands(path: pathlib.Path) -> list[Command]:
    found, terminal = [], None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fence = line.removeprefix("```")
            terminal = fence.removeprefix("console").strip() if fence.startswith("console") else None
        elif terminal is not None and line.startswith("$ "):
            found.append(Command(line.removeprefix("$ "), [], terminal, number))
        elif terminal is not None:
            found[-1].shown.append(line.rstrip())
    return found


# What is another each time, and what the page has for it.
CHANGING = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"answers in \d+ ms"), "answers in 5 ms"),
]


def settled(line: str) -> str:
    for pattern, word in CHANGING:
        line = pattern.sub(word, line)
    return line.rstrip()


def agree(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines that the page shows are the lines of the terminal."""
    shown, printed = [settled(line) for line in shown], [settled(line) for line in printed]
    # How far the printed lines may be used up once the page's lines so far are.
    ends = {0}
    for line in shown:
        if line == "…":
            ends = set(range(min(ends), len(printed) + 1)) if ends else ends
        else:
            ends = {end + 1 for end in ends if end < len(printed) and printed[end] == line}
    return len(printed) in ends
