"""A terminal: a tmux server of its own, in which keys are pressed and whose screen is read.

Nothing sleeps for a fixed time: each wait looks again and again for what is due, up to a deadline.
"""

import os
import pathlib
import shlex
import socket
import subprocess
import time

# bash tells after each prompt, in the terminal's title, how many commands it has run, and how the last one ended.
RC = r"""
PS1='$ \[\e]2;ready \# $?\a\]'
unset HISTFILE
bind 'set enable-bracketed-paste off'
"""

CONF = """
set -g default-terminal xterm-256color
set -g history-limit 50000
set -g status off
set -g escape-time 0
"""

# Of one wait; a machine that is busy with other tests is slow.
PATIENCE = 120


class Late(Exception):
    """What was due did not come."""


class Server:
    """A tmux server that nobody else talks to."""

    def __init__(self, work: pathlib.Path, environment: dict[str, str]):
        self.work, self.environment, self.socket = work, environment, f"policysync-{os.getpid()}"
        (work / "tmux.conf").write_text(CONF)
        (work / "bashrc").write_text(RC)

    def tmux(self, *words: str) -> str:
        call = ["tmux", "-L", self.socket, "-f", str(self.work / "tmux.conf"), *words]
        done = subprocess.run(call, env=self.environment, capture_output=True, text=True, encoding="utf-8", timeout=30)
        if done.returncode != 0:
            raise RuntimeError(f"{shlex.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def open(self, name: str, folder: pathlib.Path, columns: int, rows: int) -> "Terminal":
        shell = f"exec bash --noprofile --rcfile {shlex.quote(str(self.work / 'bashrc'))} -i"
        self.tmux("new-session", "-d", "-s", name, "-x", str(columns), "-y", str(rows), "-c", str(folder), shell)
        terminal = Terminal(self, name)
        terminal.until(lambda: terminal.ready()[0] > 0, "the shell's prompt")
        return terminal

    def close(self):
        try:
            self.tmux("kill-server")
        except (RuntimeError, subprocess.TimeoutExpired):
            # There is none any more, or there never was one.
            pass


class Terminal:
    def __init__(self, server: Server, name: str):
        self.server, self.name = server, name

    def tmux(self, command: str, *words: str) -> str:
        return self.server.tmux(command, "-t", self.name, *words)

    def keys(self, text: str):
        self.tmux("send-keys", "-l", "--", text)

    def press(self, key: str):
        self.tmux("send-keys", key)

    def screen(self, *, styled: bool = False) -> list[str]:
        """The lines that are seen now."""
        return self.tmux("capture-pane", "-p", *(["-e"] if styled else [])).split("\n")

    def said(self) -> list[str]:
        """All lines since the screen was cleared, as they were before the terminal broke them."""
        lines = [line.rstrip() for line in self.tmux("capture-pane", "-p", "-J", "-S", "-", "-E", "-").split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def cursor(self) -> tuple[int, int]:
        column, row = self.server.tmux("display-message", "-p", "-t", self.name, "#{cursor_x} #{cursor_y}").split()
        return int(column), int(row)

    def ready(self) -> tuple[int, int]:
        """How many prompts there were, and how the last command ended."""
        title = self.server.tmux("display-message", "-p", "-t", self.name, "#{pane_title}").split()
        return (int(title[1]), int(title[2])) if len(title) == 3 and title[0] == "ready" else (0, 0)

    def until(self, is_there, what: str):
        end = time.monotonic() + PATIENCE
        while not is_there():
            if time.monotonic() > end:
                raise Late(f"{what} did not come within {PATIENCE} s; the terminal shows:\n" + "\n".join(self.said()))
            time.sleep(0.02)

    def clear(self):
        """An empty screen with a prompt, as after Ctrl-L."""
        def is_clear():
            return self.cursor() == (2, 0) and [line for line in self.screen() if line.strip()] == ["$"]

        if not is_clear():
            self.press("C-l")
            self.until(is_clear, "a clear screen")
        self.tmux("clear-history")

    def begin(self, command: str) -> int:
        """Types a command and Enter; the number of the prompt that ends it."""
        self.clear()
        due = self.ready()[0] + 1
        self.keys(command)
        self.press("Enter")
        return due

    def end(self, due: int, what: str) -> int:
        """Waits for the prompt; how the command ended."""
        self.until(lambda: self.ready()[0] >= due, f"the end of `{what}`")
        return self.ready()[1]

    def run(self, command: str) -> tuple[list[str], int]:
        due = self.begin(command)
        code = self.end(due, command)
        return self.output(command), code

    def output(self, command: str) -> list[str]:
        """What followed the line that was typed."""
        lines = self.after(command)
        assert lines is not None, f"typed was {command!r}, and the terminal shows {self.said()}"
        if lines and lines[-1] == "$":
            lines.pop()
        return lines

    def after(self, command: str) -> list[str] | None:
        """The lines after the one that was typed, which may be as long as several; nothing while it isn't there whole."""
        lines, typed, wanted = self.said(), "", f"$ {command}".rstrip()
        while lines and len(typed) < len(wanted):
            typed += lines.pop(0)
        # After a line that is just as long as the terminal is wide, the next one seems to belong to it.
        rest = [typed.removeprefix(wanted)] if len(typed) > len(wanted) else []
        return rest + lines if typed.startswith(wanted) else None


def environment(work: pathlib.Path) -> dict[str, str]:
    """What a new user's shell has, and nothing of this one's."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n")
    tmp = os.environ.get("TMPDIR", "/tmp")
    return {
        "PATH": f"{work}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "SHELL": "/bin/bash",
        "TMPDIR": tmp,
        "USER": "ada",
    }


# The port that the pages name.
PORT = 8787


def free_port() -> str:
    """The port that the pages name, or another as long."""
    for port in map(str, [PORT, *range(8700, 9000)]):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", int(port)))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
