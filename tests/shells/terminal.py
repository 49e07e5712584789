"""A terminal of 80 columns and a program in it: what it shows is waited for, what is typed is sent. No sleeps."""

import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from fcntl import ioctl

# Nothing takes this long but what never comes to be.
DEADLINE = 60

ESCAPES = re.compile(r"\x07|\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_].*?\x1b\\|\x1b[ -/]*[0-~]")


class Terminal:
    """A program with a terminal of its own as standard input, output and error."""

    def __init__(self, words, folder, env=None, columns=80):
        base = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm", "LANG": "C.UTF-8"}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(words[0], words, {**base, **(env or {})})
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.raw = ""
        self.seen = 0

    def shown(self):
        """All that was shown so far, without what a terminal obeys; what a step back overwrites is gone."""
        return re.sub(r"[^\n\x08]\x08", "", ESCAPES.sub("", self.raw).replace("\r\n", "\n"))

    def read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return None
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            got = b""
        self.raw += got.decode("utf-8", "replace")
        # A terminal is asked where its cursor is and what it can; one that keeps silent holds some shells up.
        if b"\x1b[6n" in got:
            self.send("\x1b[1;1R")
        if b"\x1b[c" in got or b"\x1b[0c" in got:
            self.send("\x1b[?62;c")
        return got

    def send(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern, since=None):
        """Waits for a pattern among what was not waited for yet; returns what it matched."""
        begun = time.monotonic()
        since = self.seen if since is None else since
        while True:
            found = re.search(pattern, self.shown()[since:])
            if found:
                self.seen = since + found.end()
                return found
            left = DEADLINE - (time.monotonic() - begun)
            if left <= 0 or self.read(left) == b"":
                sys.exit(f"this was never shown: {pattern}, after {self.shown()[since:]!r}\n--- what was:\n{self.shown()}")

    def end(self):
        """Waits for the program's end; returns its exit code."""
        begun = time.monotonic()
        while self.read(0.2) != b"":
            if time.monotonic() - begun > DEADLINE:
                os.kill(self.pid, signal.SIGKILL)
                sys.exit(f"it did not end\n--- what it showed:\n{self.shown()}")
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def check(so, what):
    """Fails the run where it isn't so."""
    if not so:
        sys.exit(f"not so: {what}")
