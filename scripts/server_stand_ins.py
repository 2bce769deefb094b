"""What a server has and a test machine must not touch: sudo, runuser and systemctl.

Each is a small program that does as much of it as can be done in a folder: who one is,
is told to PostgreSQL only; a unit is started with its own command, settings and folders,
but without its walls. ``python server_stand_ins.py NAME ROOT ARGUMENTS…``
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

STOP_SECONDS = 60


def sudo(root: Path, arguments: list[str]) -> int:
    """sudo [-u USER] COMMAND …"""
    if arguments[0] == "-u":
        return as_user(arguments[1], arguments[2:])
    return as_user("root", arguments)


def runuser(root: Path, arguments: list[str]) -> int:
    """runuser -u USER -- COMMAND …"""
    flag, user, dashes, *command = arguments
    assert (flag, dashes) == ("-u", "--"), arguments
    return as_user(user, command)


def as_user(user: str, command: list[str]) -> int:
    # PostgreSQL knows a person on its own machine by their name.
    return subprocess.run(command, env={**os.environ, "PGUSER": user}).returncode


def systemctl(root: Path, arguments: list[str]) -> int:
    """systemctl daemon-reload | enable --now UNIT … | start | stop | restart UNIT …"""
    verb, *names = [word for word in arguments if not word.startswith("--")]
    if verb == "daemon-reload":
        return 0
    for name in names:
        if verb in ("stop", "restart"):
            stop(root, name)
        if verb in ("enable", "start", "restart"):
            start(root, name)
    return 0


def start(root: Path, name: str) -> None:
    words = unit_words(root, name)
    if "[Timer]" in words:
        return  # it is read here, and waited for by nobody
    settings = dict(re.findall(r"^(\w+)=(.*)$", words, re.MULTILINE))
    for folder in settings.get("StateDirectory", "").split():
        (root / "var" / "lib" / folder).mkdir(parents=True, exist_ok=True)
    given = " ".join(re.findall(r"^Environment=(.*)$", words, re.MULTILINE))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "PGUSER": settings["User"],
        **dict(pair.split("=", 1) for pair in given.split()),
    }
    command = settings["ExecStart"].split()
    folder = settings.get("WorkingDirectory", str(root))
    if settings.get("Type") == "oneshot":
        subprocess.run(command, env=environment, cwd=folder, check=True)
        return
    with (root / "run" / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (root / "run" / f"{name}.pid").write_text(str(process.pid))


def unit_words(root: Path, name: str) -> str:
    """Of quadline-web, quadline-worker@1 or a name with its ending."""
    file = re.sub(r"@.*$", "@", name)
    file = file if "." in file else f"{file}.service"
    return (root / "etc" / "systemd" / "system" / file).read_text()


def stop(root: Path, name: str) -> None:
    """End it as systemd would, and wait until it has ended."""
    file = root / "run" / f"{name}.pid"
    if not file.exists():
        return
    pid = int(file.read_text())
    deadline = time.monotonic() + STOP_SECONDS
    os.kill(pid, signal.SIGTERM)
    while _is_there(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    file.unlink()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        )
    except FileNotFoundError:
        return True


STAND_INS = {"sudo": sudo, "runuser": runuser, "systemctl": systemctl}


def install(folder: Path, root: Path) -> None:
    """Put them into a folder for PATH."""
    folder.mkdir(parents=True)
    (root / "run").mkdir(parents=True, exist_ok=True)
    for name in STAND_INS:
        file = folder / name
        file.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" {name} "{root}" "$@"\n'
        )
        file.chmod(0o755)


if __name__ == "__main__":
    _, chosen, where, *words = sys.argv
    sys.exit(STAND_INS[chosen](Path(where), words))
