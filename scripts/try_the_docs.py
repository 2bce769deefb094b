"""Follow docs/first-hour.md: run each command that it shows, and compare what it says
one will see.

The page is the only list of steps. Its fences say how: ``sh`` is run, ``sh checkout`` in
the checkout, ``sh typed`` at a terminal, ``sh background`` until the end; ``sh needs=…``
is not run, and reported. A ``text`` fence is what the one before it shows; … stands for
anything. Everything happens in a temporary folder: the paths of a server lie in it, its
PostgreSQL is private, and sudo and systemctl are stand-ins (server_stand_ins.py).
"""

import argparse
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import django
import psycopg

from quadline.cli import ONLY_TO_READ, SETTINGS
from quadline.config.environment import Environment
from quadline.demo import postgres
from scripts import server_stand_ins
from tests.architecture.source import ROOT
from tests.deploy.package import uv
from tests.house import free_ports

PAGE = ROOT / "docs" / "first-hour.md"
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]+)\n(?P<body>.*?)^ *```$"
    r"|<!-- try: (?P<act>\w+) -->\n(?P<steps>.*?)<!-- end of try -->"
    r"|^## (?P<heading>[^\n]+)$",
    re.MULTILINE | re.DOTALL,
)
SERVER_FOLDERS = ("/opt/quadline", "/etc/quadline", "/etc/systemd", "/var/lib/quadline")
MORE_FOLDERS = ("/usr/local/bin", "/tmp/students", "/run/postgresql")  # noqa: S108
# What is asked at a terminal, and typed.
ANSWER = re.compile(r"^([^:\n]+: )(.+)$", re.MULTILINE)
WAIT_SECONDS = 600.0


class NotAsThePageSays(Exception):
    """A command failed, or showed something else; the message says which."""


@dataclass
class Step:
    heading: str
    kind: str  # sh, text or act
    flags: tuple[str, ...]
    body: str
    shows: str = ""  # of a command


def read_steps(page: str) -> list[Step]:
    """The page's commands in order, each with what it shows.

    Raises ValueError for a ``text`` that follows no command.
    """
    heading, steps = "", list[Step]()
    for found in FENCE.finditer(page):
        if found["heading"]:
            heading = found["heading"]
        elif found["act"]:
            steps.append(Step(heading, "act", (found["act"],), found["steps"]))
        else:
            kind, *flags = found["info"].split()
            body = re.sub(rf"^{found['indent']}", "", found["body"], flags=re.MULTILINE)
            if kind == "text":
                if not steps or steps[-1].kind != "sh" or steps[-1].shows:
                    raise ValueError(f"this follows no command: {body}")
                steps[-1].shows = body
            else:
                steps.append(Step(heading, kind, tuple(flags), body))
    return steps


@dataclass
class Server:
    """A folder in place of a machine."""

    root: Path
    socket: Path  # of its PostgreSQL
    web_port: int
    carrier_port: int
    ran: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    password: str = ""
    background: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def here(self, words: str) -> str:
        """What stands for a place of a server, by where it is in the folder."""
        for place in (*SERVER_FOLDERS, *MORE_FOLDERS):
            inside = re.escape(str(self.root))
            words = re.sub(
                rf"(?<!{inside}){place}(?![\w])", f"{self.root}{place}", words
            )
        words = words.replace("127.0.0.1:8000", f"127.0.0.1:{self.web_port}")
        words = words.replace("--port 8000", f"--port {self.web_port}")
        words = words.replace("127.0.0.1:8124", f"127.0.0.1:{self.carrier_port}")
        return words.replace("--port 8124", f"--port {self.carrier_port}")

    def move_files_in(self) -> None:
        """What a command has copied names places of a server, too."""
        for folder in ("etc", "usr"):
            for path in (self.root / folder).rglob("*"):
                if path.is_file():
                    words = path.read_text()
                    if self.here(words) != words:
                        path.write_text(self.here(words))

    @property
    def environment(self) -> dict[str, str]:
        places = [
            self.root / "stand-ins",
            self.root / "usr" / "local" / "bin",
            self.root / "postgres",
            Path(uv()).parent,
        ]
        return {
            **_without_settings(os.environ),
            "PATH": os.pathsep.join([*map(str, places), os.environ["PATH"]]),
            "HOME": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "PGHOST": str(self.socket),
        }

    def follow(self, step: Step) -> None:
        """Raises NotAsThePageSays."""
        needs = [flag for flag in step.flags if flag.startswith("needs=")]
        if needs:
            [need] = needs
            self.not_run.append(f"{need.removeprefix('needs=')}: {_first_line(step)}")
        elif step.kind == "act":
            self.send_first_text(step)
        elif "background" in step.flags:
            self.start(step)
        else:
            is_typed = "typed" in step.flags
            said = self.type(step) if is_typed else self.run(step)
            self.move_files_in()
            self.compare(
                step, said, ANSWER.sub("", step.shows) if is_typed else step.shows
            )
        if not needs:
            self.ran.append(f"{step.heading}: {_first_line(step)}")

    def run(self, step: Step) -> str:
        folder = ROOT if "checkout" in step.flags else self.root / "home"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(step.body)],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=WAIT_SECONDS,
        )
        if done.returncode:
            raise NotAsThePageSays(f"{step.body}failed:\n{done.stdout}")
        return done.stdout

    def start(self, step: Step) -> None:
        with (self.root / "run" / "background.log").open("ab") as log:
            self.background.append(
                subprocess.Popen(
                    ["bash", "-c", f"exec {self.here(step.body)}"],
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            )

    def type(self, step: Step) -> str:
        """At a terminal: what follows a colon in the page is typed when it is asked."""
        asked = ANSWER.findall(step.shows)
        self.password = dict(asked)["Password: "]
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.root / "home")
            command = ["bash", "-euc", self.here(step.body)]
            os.execvpe("bash", command, self.environment)  # noqa: S606
        said = ""
        for question, answer in asked:
            said = _read_until(terminal, said, question)
            os.write(terminal, f"{answer}\n".encode())
        said = _read_until(terminal, said, "")
        _, status = os.waitpid(child, 0)
        if status:
            raise NotAsThePageSays(f"{step.body}failed:\n{said}")
        # Each question came; what is typed for a password does not show.
        return said

    def compare(self, step: Step, said: str, shows: str) -> None:
        for line in self.here(shows).splitlines():
            pattern = ".*".join(re.escape(part) for part in line.split("…"))
            if line and not re.search(pattern, said):
                raise NotAsThePageSays(
                    f"{step.body}does not show “{line}”, but:\n{said}"
                )

    def send_first_text(self, step: Step) -> None:
        """The page's steps on a screen; what they name is taken from them."""
        # The people of the tests, whom these know, are rows of Django's.
        os.environ.update({"DJANGO_SETTINGS_MODULE": SETTINGS, **ONLY_TO_READ})
        django.setup()
        from tests.deploy.first_text import send_first_text

        email, student, words = re.findall(r"`([^`]+)`", step.body)
        number = send_first_text(
            f"http://127.0.0.1:{self.web_port}",
            email=email,
            password=self.password,
            student=student,
            words=words,
            needs_factor=True,
        )
        print(f"  sent from {number}", flush=True)

    def stop(self) -> None:
        for process in self.background:
            process.terminate()
            process.wait(server_stand_ins.STOP_SECONDS)
        for file in sorted((self.root / "run").glob("*.pid"), reverse=True):
            server_stand_ins.stop(self.root, file.stem)


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """How this machine reaches a network, but nothing of a Quadline or a database."""
    ours = {name.upper() for name in Environment.model_fields} | {"VIRTUAL_ENV"}
    return {
        name: value
        for name, value in environment.items()
        if name not in ours and not name.startswith(("PG", "DJANGO_", "QUADLINE_"))
    }


def _first_line(step: Step) -> str:
    return step.body.strip().splitlines()[0]


def _read_until(terminal: int, said: str, wanted: str) -> str:
    """Until it is asked after what was said before; all that there is when nothing is
    wanted.
    """
    begun = len(said)
    deadline = time.monotonic() + WAIT_SECONDS
    while not wanted or wanted not in said[begun:]:
        left = deadline - time.monotonic()
        if left < 0 or not select.select([terminal], [], [], left)[0]:
            raise NotAsThePageSays(f"it never asked “{wanted}”, but said:\n{said}")
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            piece = b""
        if not piece:
            if wanted:
                raise NotAsThePageSays(f"it never asked “{wanted}”, but said:\n{said}")
            return said
        said += piece.decode()
    return said


@contextmanager
def a_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as at_the_end:
        root = Path(folder).resolve()
        data = root / "database"
        cluster = postgres.cluster_at(data)
        at_the_end.callback(postgres.delete_cluster, data)
        running = postgres.start(cluster)
        at_the_end.callback(postgres.stop_server, running)
        _as_debian_makes_it(cluster)
        (root / "home").mkdir()
        for place in ("usr/local/bin", "tmp", "etc/systemd/system"):
            (root / place).mkdir(parents=True)
        server_stand_ins.install(root / "stand-ins", root)
        web = free_ports(19800, count=1)
        carrier = free_ports(web + 1, count=1)
        server = Server(root, cluster.socket, web, carrier)
        _link_programs(cluster, server)
        at_the_end.callback(server.stop)
        yield server


def _as_debian_makes_it(cluster: postgres.Cluster) -> None:
    """Its superuser is postgres, and nobody else is there yet."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS quadline")
        connection.execute("CREATE ROLE other SUPERUSER LOGIN")
    address = cluster.url("postgres").replace("quadline@", "other@")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ALTER ROLE quadline RENAME TO postgres")
    address = cluster.url("postgres").replace("quadline@", "postgres@")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP ROLE other")


def _link_programs(cluster: postgres.Cluster, server: Server) -> None:
    """The programs and the socket of PostgreSQL, where a server has them."""
    (server.root / "postgres").symlink_to(cluster.binaries)
    (server.root / "run" / "postgresql").symlink_to(server.socket)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--page", type=Path, default=PAGE)
    chosen = options.parse_args()
    with a_server() as server:
        for step in read_steps(chosen.page.read_text()):
            print(f"{step.heading}: {_first_line(step)}", flush=True)
            try:
                server.follow(step)
            except NotAsThePageSays as fault:
                sys.exit(f"NOT AS THE PAGE SAYS, under “{step.heading}”:\n{fault}")
    print(f"\n{len(server.ran)} steps of {chosen.page.name} were run and are true.")
    print("In place of the server's: sudo, runuser, systemctl, its paths and ports.")
    print(f"NOT RUN, {len(server.not_run)} steps:")
    for line in server.not_run:
        print(f"  needs {line}")


if __name__ == "__main__":
    main()
