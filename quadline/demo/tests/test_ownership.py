"""The demo touches nothing that it did not make, whatever a
folder, a .env or a shell names.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from quadline.config.environment import ENV_FILE
from quadline.demo import ownership, postgres
from quadline.demo.processes import wait_until_answers
from quadline.demo.tests.test_launch import NOT_OF_A_DEMO
from tests.house import PATIENCE, free_ports

pytestmark = pytest.mark.processes

STUDENTS = "SELECT count(*) FROM roster_student"


@pytest.fixture
def college(tmp_path: Path) -> Iterator[Path]:
    """A folder in which a college runs Quadline."""
    yield tmp_path
    for data in (tmp_path / "demo", tmp_path / "data"):
        postgres.delete_cluster(data)


@pytest.fixture
def real_database() -> Iterator[str]:
    """With one table, as any database in use has."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS college WITH (FORCE)")
        connection.execute("CREATE DATABASE college")
    url = urlsplit(server)._replace(path="/college").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    yield url
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE college WITH (FORCE)")


def tables_of(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
        return [name for (name,) in found]


def demo(
    folder: Path, port: int, *flags: str, **settings: str
) -> "subprocess.Popen[str]":
    environment = {
        name: value for name, value in os.environ.items() if name not in NOT_OF_A_DEMO
    } | settings
    command = [sys.executable, "-m", "quadline", "demo", "--port", str(port), *flags]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_settings_of_a_college_are_not_the_demos(
    college: Path, real_database: str
) -> None:
    """In .env, in the shell and in files that the shell names."""
    (college / "secret").write_text("a token of the college's own")
    (college / ".env").write_text(
        f"DATABASE_URL={real_database}\nTWILIO_ACCOUNT_SID=AC{'1' * 32}\nEMAIL_SERVICE=postmark\nEMAIL_SERVICE_KEY=k\nCOLLEGE_AREA_CODES=not"
        " a code\nMAIL_INTAKE_URL=imaps://u:p@mail.alder.example/INBOX\n"
    )
    port = free_ports(19100, count=4)
    shell = {
        "DATABASE_URL": real_database,
        "TWILIO_AUTH_TOKEN_FILE": str(college / "secret"),
        "TWILIO_API_URL": "https://api.twilio.com",
        "EMAIL_URL": "smtp://mail.alder.example",
        "PGPORT": "1",
        "PGOPTIONS": "-c nonsense=1",
    }
    data = college / "demo"
    running = demo(college, port, "--data", str(data), **shell)
    try:
        assert wait_until_answers(f"http://127.0.0.1:{port}/readyz", seconds=PATIENCE)
        with psycopg.connect(postgres.cluster_at(data).url()) as connection:
            assert connection.execute(STUDENTS).fetchone() != (0,)
            assert connection.execute(ownership.DATABASE_MARK).fetchone() == (
                ownership.OWNED_WORDS,
            )
    finally:
        running.terminate()
        said = running.communicate(timeout=PATIENCE)[0]
    assert "Traceback" not in said, said
    assert tables_of(real_database) == ["kept"]


@pytest.mark.parametrize("flags", [(), ("--fresh",)])
def test_a_folder_that_the_demo_did_not_make_stays_as_it_is(
    college: Path, flags: tuple[str, ...]
) -> None:
    data = college / "data"
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("18")
    running = demo(college, free_ports(19100, count=4), "--data", "data", *flags)
    said = running.communicate(timeout=PATIENCE)[0]
    assert running.returncode == 1
    assert "holds something that the demo did not make. Nothing was changed." in said
    assert [path.name for path in sorted(data.rglob("*"))] == ["postgres", "PG_VERSION"]


def test_starting_over_deletes_only_what_the_demo_made(college: Path) -> None:
    data = college / "data"
    ownership.claim(data)
    (data / "static").mkdir()
    (data / "secret_key").write_text("k" * 48)
    (data / "notes.txt").write_text("mine")
    ownership.delete_demo_data(data)
    assert [path.name for path in data.iterdir()] == ["notes.txt"]
    assert not postgres.home_of(data).exists()


def test_a_cluster_that_the_demo_did_not_make_is_refused_and_not_deleted(
    college: Path,
) -> None:
    """As root it does not lie in the folder: an empty folder says nothing of it."""
    data, home = college / "data", postgres.home_of(college / "data")
    home.mkdir(parents=True)
    (home / "PG_VERSION").write_text("18")
    for act in (ownership.claim, ownership.delete_demo_data):
        with pytest.raises(ownership.NotOurs):
            act(data)
    assert (home / "PG_VERSION").exists()
    assert not (data / ownership.OWNED_MARK).exists()


@pytest.mark.django_db
def test_a_database_with_tables_and_without_the_mark_is_refused() -> None:
    with pytest.raises(ownership.NotOurs):
        ownership.claim_database()


def test_a_college_is_not_run_on_the_demos_data(college: Path) -> None:
    ownership.claim(college / "data")
    command = [
        sys.executable,
        "-m",
        "quadline",
        "run",
        "--data",
        "data",
        "--port",
        str(free_ports(19100, count=4)),
    ]
    done = subprocess.run(
        command, cwd=college, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 1
    assert "passwords that everybody knows" in done.stderr


def test_the_demo_reads_no_file_of_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        os,
        "environ",
        {"DATABASE_URL": "x", "SECRET_KEY_FILE": "y", "PGHOST": "z", "HOME": "/"},
    )
    ownership.leave_settings_alone()
    assert os.environ == {"HOME": "/", ENV_FILE: ""}
