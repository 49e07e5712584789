"""`init` asks and `doctor` looks, in a real terminal; and what is long draws a bar there."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

from terminal import Terminal, check

BINARY = sys.argv[1]


def folder():
    return tempfile.mkdtemp(dir=os.getcwd())


def token(**claims):
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"{part({'alg': 'none'})}.{part(claims)}.c2VjcmV0LWNhbmFyeQ"


def init_is_answered():
    home = folder()
    init = Terminal([BINARY, "init"], home)
    init.until(r"The organization's folder, as in addresses \(acme\): ")
    init.send("my org\n")
    init.until(r"can't be a folder's name")
    init.until(r"\(acme\): ")
    init.send("acme\n")
    init.until(r"Its id at the service, from the console \[acme\]: ")
    init.send("org-123\n")
    init.until(r"\[none yet\]: ")
    init.send("production=ws-1 production/billing=repo-7\n")
    init.until(r"\[\.policysync/state\]: ")
    init.send("git:\n")
    init.until(r"a remote follows")
    init.until(r"\[\.policysync/state\]: ")
    init.send("git:origin\n")
    init.until(r"github, gitlab or none\? \[none\]: ")
    init.send("jenkins\n")
    init.until(r'"jenkins" is none of them')
    init.until(r"\[none\]: ")
    init.send("github\n")
    check(init.end() == 0, init.shown())
    for path in ["policysync.yaml", "policies/acme/production/billing/_scope.yaml", ".github/workflows"]:
        check(os.path.exists(f"{home}/{path}"), f"{path} is missing:\n{init.shown()}")
    check("policysync validate" in init.shown(), "what to do next is said")
    for args in [["validate"], ["plan", "--state", ".policysync/state"]]:
        ran = Terminal([BINARY, *args], home)
        check(ran.end() == 0, ran.shown())


def init_is_left():
    for key, code in [("\x03", None), ("\x04", 1)]:
        home = folder()
        init = Terminal([BINARY, "init"], home)
        init.until(r"\(acme\): ")
        init.send("acme\n")
        init.until(r"\[acme\]: ")
        init.send(key)
        ended = init.end()
        check(ended == code or (code is None and ended in (-2, 130)), f"{key!r} ended with {ended}:\n{init.shown()}")
        check(os.listdir(home) == [], f"{key!r} left {os.listdir(home)}")
        if code == 1:
            check("nothing was written" in init.shown(), init.shown())


def doctor_looks(service):
    good = {"POLICYSYNC_ENDPOINT": service, "POLICYSYNC_TOKEN": token(userId="ada", exp=32503680000)}
    home = folder()
    os.makedirs(f"{home}/policies/acme")
    with open(f"{home}/policies/acme/x.yaml", "w", encoding="utf-8") as file:
        file.write("name: x\nriskType: HIGH\nactionType: block\ncontent: Do not share x.\n")
    dead = "http://127.0.0.1:9"
    for env, code, said in [
        (good, 0, r"ok +service +\S+ answers in \d+ ms and takes the token"),
        ({**good, "POLICYSYNC_ENDPOINT": dead}, 1, r"error +service +.*127\.0\.0\.1:9"),
        ({**good, "POLICYSYNC_TOKEN": token(userId="ada", exp=1000000000)}, 1, r"error +token +of the user ada, and it ended at 2001-"),
        ({"POLICYSYNC_ENDPOINT": service}, 1, r"error +token +there is no token"),
    ]:
        doctor = Terminal([BINARY, "doctor", "--timeout", "2s"], home, env)
        ended = doctor.end()
        check(ended == code, f"it ended with {ended}, not {code}:\n{doctor.shown()}")
        check(re.search(said, doctor.shown()), f"{said} is not said:\n{doctor.shown()}")
        check(code == 0 or "hint" in doctor.shown(), doctor.shown())
        check("c2VjcmV0LWNhbmFyeQ" not in doctor.raw, "the token is shown")
    # Whoever is impatient gets out.
    doctor = Terminal([BINARY, "doctor"], home, {**good, "POLICYSYNC_ENDPOINT": "http://192.0.2.1"})
    check(doctor.end() == 64, "an endpoint without TLS is refused before anything is sent")


def bars_are_drawn(service):
    home = folder()
    for number in range(60):
        path = f"{home}/policies/acme/ws{number % 3}/repo-{number}"
        os.makedirs(path)
        with open(f"{path}/x.yaml", "w", encoding="utf-8") as file:
            file.write(f"name: x{number}\nriskType: HIGH\nactionType: block\ncontent: Do not share {number}.\n")
    env = {"POLICYSYNC_ENDPOINT": service, "POLICYSYNC_TOKEN": token(userId="ada")}
    apply = Terminal([BINARY, "apply", "--concurrency", "4", "-v"], home, env)
    apply.until(r"Only `yes` is taken: ")
    apply.send("yes\n")
    for work, what in [("looking at what is there", "scopes"), ("applying", "changes"), ("reading back", "scopes")]:
        apply.until(rf"{work} \[=*>? *\] \d+/\d+ {what}  [\d.]+/s  \d+s left")
    check(apply.end() == 0, apply.shown())
    # Calls are told above the bar, each on a line of its own, and no bar is left in the end.
    lines = apply.shown().split("\n")
    calls = [line for line in lines if "POST /policy → 201" in line]
    check(len(calls) == 60, f"{len(calls)} calls are told:\n{apply.shown()}")
    check(all(re.search(r"(^|\r)POST /policy → 201 \(\d+ ms, try 1\)$", line) for line in calls), calls)
    check(lines[-1] == "" and "Applied: 60 changes." in lines[-2], lines[-3:])
    look = Terminal([BINARY, "drift", "--concurrency", "4"], home, env)
    look.until(r"looking at the service \[=*>? *\] \d+/64 scopes  [\d.]+/s  \d+s left")
    check(look.end() == 0, look.shown())
    for args, more in [(["--quiet"], {}), (["--log-format", "json"], {}), ([], {"TERM": "dumb"})]:
        quiet = Terminal([BINARY, "drift", "--concurrency", "16", *args], home, {**env, **more})
        check(quiet.end() == 0, quiet.shown())
        check("looking at the service [" not in quiet.shown(), f"{args} {more}: {quiet.shown()}")
    # A question is no line of a log, and nobody is passed over.
    os.remove(f"{home}/policies/acme/ws0/repo-0/x.yaml")
    refused = Terminal([BINARY, "apply", "--prune", "--allow", "delete=1,weaken=1", "--log-format", "json"], home, env)
    check(refused.end() == 64 and "--yes" in refused.shown(), refused.shown())


def waits_are_counted_down(service):
    home = folder()
    os.makedirs(f"{home}/policies/acme")
    for number in range(20):
        with open(f"{home}/policies/acme/y{number}.yaml", "w", encoding="utf-8") as file:
            file.write(f"name: y{number}\nriskType: HIGH\nactionType: block\ncontent: Do not tell {number}.\n")
    env = {"POLICYSYNC_ENDPOINT": service, "POLICYSYNC_TOKEN": token(userId="ada")}
    killed = Terminal([BINARY, "apply", "--yes", "--concurrency", "1", "-v"], home, env)
    killed.until(r"POST /policy → 201")
    os.kill(killed.pid, signal.SIGKILL)
    check(killed.end() == -signal.SIGKILL, killed.shown())
    apply = Terminal([BINARY, "apply", "--yes", "--timeout", "1s", "--settle", "3s"], home, env)
    apply.until(r"an earlier run did not see the end of \d+ changes")
    apply.until(r"finding out what came of \d+ changes  [23]s left")
    apply.until(r"finding out what came of \d+ changes  1s left")
    check(apply.end() == 0, apply.shown())


def violations_are_counted():
    home = folder()
    os.makedirs(f"{home}/policies/acme")
    with open(f"{home}/policies/acme/v.yaml", "w", encoding="utf-8") as file:
        file.write("name: v\nriskType: HIGH\nactionType: block\ncontent: Do not share v.\n")
    with open(f"{home}/traffic.yaml", "w", encoding="utf-8") as file:
        file.write("- {policy: v, ago: 2d, times: 2000}\n")
    words = [BINARY, "sandbox", "--listen", "127.0.0.1:0", "--latency", "150ms", "--traffic", f"{home}/traffic.yaml"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as sandbox:
        try:
            service = re.search(r"http://\S+", sandbox.stdout.readline()).group(0)
            env = {"POLICYSYNC_ENDPOINT": service, "POLICYSYNC_TOKEN": token(userId="ada")}
            applied = Terminal([BINARY, "apply", "--yes"], home, env)
            check(applied.end() == 0, applied.shown())
            counted = Terminal([BINARY, "violations", "acme/v"], home, env)
            counted.until(r"reading the violations of acme/v from")
            counted.until(r"reading the violations \[=*>? *\] \d+00/2000 violations  \d+/s  \d+s left")
            check(counted.end() == 0, counted.shown())
            check("2000 violations of acme/v: 2000 blocked" in counted.shown(), counted.shown())
            quiet = Terminal([BINARY, "violations", "acme/v", "--quiet"], home, env)
            check(quiet.end() == 0 and "reading" not in quiet.shown(), quiet.shown())
        finally:
            sandbox.terminate()


def a_slow_store_is_told(service):
    home = folder()
    git = lambda *words: subprocess.run(["git", *words], cwd=home, check=True, capture_output=True)
    git("init", "--quiet")
    git("init", "--quiet", "--bare", "remote.git")
    git("remote", "add", "origin", f"{home}/remote.git")
    hook = f"{home}/remote.git/hooks/pre-receive"
    os.makedirs(os.path.dirname(hook), exist_ok=True)
    with open(hook, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nsleep 1.5\n")
    os.chmod(hook, 0o755)
    os.makedirs(f"{home}/policies/acme")
    with open(f"{home}/policies/acme/z.yaml", "w", encoding="utf-8") as file:
        file.write("name: z\nriskType: HIGH\nactionType: block\ncontent: Do not share z.\n")
    env = {"POLICYSYNC_ENDPOINT": service, "POLICYSYNC_TOKEN": token(userId="ada"), "POLICYSYNC_STATE": "git:origin"}
    apply = Terminal([BINARY, "apply", "--yes"], home, env)
    apply.until(r"saving the record of acme  \d+s")
    check(apply.end() == 0, apply.shown())


def main():
    os.chdir(folder())
    init_is_answered()
    init_is_left()
    sandbox = subprocess.Popen([BINARY, "sandbox", "--listen", "127.0.0.1:0", "--latency", "150ms"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        service = re.search(r"http://\S+", sandbox.stdout.readline()).group(0)
        doctor_looks(service)
        bars_are_drawn(service)
        waits_are_counted_down(service)
        a_slow_store_is_told(service)
        violations_are_counted()
    finally:
        sandbox.terminate()
        sandbox.wait()
    print("init asks, doctor looks, and bars are drawn in a terminal")


main()
