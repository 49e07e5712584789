"""The README's recording: a minute in a real terminal, looked at after each step, drawn as one SVG that moves.

The same keys give the same bytes: what is another each time (ids, times, a bar's rate) is written alike.
"""

import hashlib
import os
import pathlib
import re
import signal
import subprocess

import drawing
from terminal import PORT, Server, Terminal, free_port

COLUMNS, ROWS = 96, 25
NAME = "recording.svg"

POLICIES = {
    "acme/personal-data": ("Personal data", "HIGH", "block", "Do not share personal data of a real person, nor have it inferred."),
    "acme/production/secrets": ("Secrets", "HIGH", "block", "Never put a password, key or token into a prompt."),
    "acme/production/billing-api/cards": ("Card numbers", "hihg", "block", "Never send a card number, not even a part of one."),
}


def make(server: Server, folder: pathlib.Path, docs: pathlib.Path):
    # The digests are made of the address too, so it is always the same one.
    port = free_port()
    assert port == str(PORT), f"the recording names port {PORT}, and something uses it: end that, then run this again"
    for address, (name, risk, action, content) in POLICIES.items():
        path = folder / f"policies/{address}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"name: {name}\nriskType: {risk}\nactionType: {action}\ncontent: {content}\n")
    # The third of three creates is answered late, so that a bar can be seen at two of three.
    (folder / "faults.yaml").write_text("- {on: create, nth: 3, then: {delay: {ms: 4000}}}\n")
    binary = folder.parent / "bin/policysync"
    serving = [binary, "sandbox", "--listen", f"127.0.0.1:{port}", "--faults", "faults.yaml"]
    with subprocess.Popen(serving, cwd=folder, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        try:
            endpoint = service.stdout.readline().removeprefix("listening on ").strip()
            terminal = server.open("recording", folder, COLUMNS, ROWS)
            terminal.run(f"export POLICYSYNC_ENDPOINT={endpoint} POLICYSYNC_TOKEN=sandbox")
            film = Film(terminal)
            minute(film, endpoint)
        finally:
            service.send_signal(signal.SIGINT)
            service.wait(timeout=30)
    made = film.svg()
    (folder / NAME).write_text(made, encoding="utf-8")
    kept = docs / NAME
    if os.environ.get("UPDATE_SCREENSHOTS"):
        kept.write_text(made, encoding="utf-8")
    same = kept.exists() and kept.read_text(encoding="utf-8") == made
    assert same, f"docs/{NAME} is not what {folder / NAME} shows; if that is meant, run this with UPDATE_SCREENSHOTS=1"


def minute(film: "Film", endpoint: str):
    film.chapter("1/5  A mistake is shown where it stands, with what to do")
    film.type("policysync validate", 4500)
    film.type("sed -i 's/hihg/HIGH/' policies/acme/production/billing-api/cards.yaml", 700, clear=False)
    film.chapter("2/5  Plan: what would change, and how far it reaches")
    film.type("policysync plan", 5500)
    film.chapter("3/5  Apply: asks, does it, reads it back, records it")
    due = film.begin("policysync apply")
    film.see("is taken:$", 2200)
    film.keys("yes", 400)
    film.see(r"\b2(/| of )3\b", 1500)
    film.end(due, "policysync apply", 4000)
    film.chapter("4/5  What lets more through is refused, unless someone says yes to exactly that")
    film.type("sed -i 's/block/log/' policies/acme/personal-data.yaml", 500)
    film.type("policysync apply", 7000, clear=False, still=True)
    film.terminal.run("sed -i 's/log/block/' policies/acme/personal-data.yaml")
    film.chapter("5/5  Someone changed it in the console: who, when, and whether it is weaker")
    film.terminal.run("id=$(policysync state show acme/production/secrets | awk '$1 == \"id\" { print $2 }')")
    film.terminal.run(
        f"curl -sS -o /dev/null -X PUT {endpoint}/policy/$id -H 'Authorization: Bearer sandbox' "
        "-H 'Content-Type: application/json' -d '{\"riskType\": \"LOW\"}'"
    )
    film.type("policysync drift", 5500)


class Film:
    """What was seen, and how long each sight is shown."""

    def __init__(self, terminal: Terminal):
        self.terminal = terminal
        self.sights, self.title, self.still = [], "", 0
        self.known: dict[str, str] = {}

    def chapter(self, title: str):
        self.title = title

    def type(self, command: str, hold: int, *, clear: bool = True, still: bool = False):
        self.end(self.begin(command, clear=clear), command, hold)
        if still:
            self.still = len(self.sights) - 1

    def begin(self, command: str, *, clear: bool = True) -> int:
        if clear:
            self.terminal.clear()
            self.sight(700)
        due = self.terminal.ready()[0] + 1
        self.keys(command, 500)
        return due

    def keys(self, text: str, hold: int):
        """Types a few letters at a time, then Enter."""
        pieces = re.findall(r"\S{1,7}\s?|\s", text)
        for number, piece in enumerate(pieces, 1):
            before = self.terminal.said()[-1:]
            self.terminal.keys(piece)
            self.terminal.until(lambda before=before: self.terminal.said()[-1:] != before, f"the echo of {piece!r}")
            self.sight(hold if number == len(pieces) else 90)
        self.terminal.press("Enter")

    def end(self, due: int, command: str, hold: int):
        self.terminal.end(due, command)
        self.sight(hold)

    def see(self, pattern: str, hold: int):
        self.terminal.until(lambda: any(re.search(pattern, line.rstrip()) for line in self.terminal.screen()), pattern)
        self.sight(hold)

    def sight(self, hold: int):
        screen = [self.alike(line) for line in self.terminal.screen(styled=True)]
        column, row = self.terminal.cursor()
        # Behind a bar, which fills its line, there is none to be seen.
        cursor = (column, row) if column < COLUMNS - 1 else None
        self.sights.append(drawing.Sight(screen[:ROWS], cursor, self.title, hold))

    def alike(self, line: str) -> str:
        """The line with what is another each time written as if it were the same."""
        line = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", lambda found: self.id(found[0]), line)
        line = re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "2026-01-15T09:41:07.250Z", line)
        return re.sub(r"^(applying \[[=> ]*\] \d+(?:/| of )\d+).*", r"\1  9/s  0s left", line)

    def id(self, found: str) -> str:
        """Another id for one that was drawn: the same at each run, in the order in which they are seen."""
        digits = hashlib.sha256(f"{len(self.known)}".encode()).hexdigest()
        return self.known.setdefault(found, "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]]))

    def svg(self) -> str:
        return drawing.svg(self.sights, COLUMNS, ROWS, self.still)
