"""The nightly backup: a dump that can be restored, and no more of them than are kept."""

import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from quadline.demo import postgres
from quadline.demo.postgres import Cluster
from tests.architecture.source import ROOT

BACKUP = ROOT / "deploy" / "backup.sh"

pytestmark = [pytest.mark.processes]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Cluster]:
    cluster = postgres.cluster_at(tmp_path / "server")
    running = postgres.start(cluster)
    yield cluster
    postgres.stop_server(running)
    postgres.delete_cluster(tmp_path / "server")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


def run(
    server: Cluster, *command: str, **more: str
) -> "subprocess.CompletedProcess[str]":
    """As the unit does: the database by libpq's own variables."""
    environment = {
        "PATH": f"{server.binaries}:{os.environ['PATH']}",
        "PGHOST": str(server.socket),
        "PGUSER": "quadline",
        "PGDATABASE": "quadline",
        **more,
    }
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )


def dumps(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_dump_is_written_for_its_owner_only_and_can_be_restored(
    server: Cluster, folder: Path
) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    done = run(server, "sh", str(BACKUP), str(folder))
    assert done.returncode == 0, done.stderr
    [name] = dumps(folder)
    assert f"Backed up to {folder}/{name}" in done.stdout
    assert (folder / name).stat().st_mode & 0o077 == 0

    assert run(server, "createdb", "again").returncode == 0
    restored = run(server, "pg_restore", "--dbname=again", str(folder / name))
    assert restored.returncode == 0, restored.stderr
    with psycopg.connect(server.url("again")) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_the_oldest_are_deleted_and_nothing_else_in_the_folder(
    server: Cluster, folder: Path
) -> None:
    old = [f"quadline-2026-11-{day:02}T024000Z.dump" for day in range(1, 5)]
    for name in [*old, "notes.txt"]:
        (folder / name).touch()
    done = run(server, "sh", str(BACKUP), str(folder), BACKUPS_KEPT="3")
    assert done.returncode == 0, done.stderr
    assert dumps(folder)[:3] == ["notes.txt", *old[2:]]
    assert len(dumps(folder)) == 4


def test_photos_are_packed_beside_the_dump_and_as_many_are_kept(
    server: Cluster, folder: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "media" / "photos"
    photos.mkdir(parents=True)
    (photos / "maya.jpg").write_bytes(b"a picture")
    for name in ("quadline-2026-11-01T024000Z.tar", "quadline-2026-11-01T024000Z.dump"):
        (folder / name).touch()
    done = run(
        server,
        "sh",
        str(BACKUP),
        str(folder),
        MEDIA_DIR=str(tmp_path / "media"),
        BACKUPS_KEPT="1",
    )
    assert done.returncode == 0, done.stderr
    dump, archive = dumps(folder)
    assert Path(archive).stem == Path(dump).stem > "quadline-2026-11-01T024000Z"
    assert (folder / archive).stat().st_mode & 0o077 == 0
    with tarfile.open(folder / archive) as packed:
        [photo] = [each for each in packed.getmembers() if each.isfile()]
        reader = packed.extractfile(photo)
        assert reader is not None
        assert (photo.name, reader.read()) == ("./photos/maya.jpg", b"a picture")


def test_without_photos_there_is_no_archive(
    server: Cluster, folder: Path, tmp_path: Path
) -> None:
    none_yet = str(tmp_path / "media")
    done = run(server, "sh", str(BACKUP), str(folder), MEDIA_DIR=none_yet)
    assert done.returncode == 0, done.stderr
    assert [Path(name).suffix for name in dumps(folder)] == [".dump"]


def test_a_dump_that_fails_deletes_nothing_and_says_so(
    server: Cluster, folder: Path
) -> None:
    (folder / "quadline-2026-11-01T024000Z.dump").touch()
    done = run(
        server, "sh", str(BACKUP), str(folder), PGDATABASE="no", BACKUPS_KEPT="0"
    )
    assert done.returncode != 0
    assert "no" in done.stderr
    assert dumps(folder) == ["quadline-2026-11-01T024000Z.dump"]
