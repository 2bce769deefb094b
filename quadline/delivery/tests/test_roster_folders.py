"""A folder of a student system: half-written, growing, odd and repeated files; letters
when one is late, missing or odd, and when that is over.
"""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from quadline.delivery.rosters import alerts
from quadline.delivery.rosters.alerts import note_late_files
from quadline.delivery.rosters.retention import drop_old
from quadline.delivery.rosters.watching import look_into, look_into_folders
from quadline.roster.models import RosterRun, RosterSource, Student
from tests.cast import Cast

BEGAN = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
ONEROSTER = Path("quadline/roster/tests/oneroster")
HEADER = "institutional_id,first_name,last_name,email"
State = RosterRun.State


class Drop:
    """A source, its folder, and a clock that is set by hand."""

    def __init__(self, root: Path, source: RosterSource) -> None:
        self.folder = root / source.folder
        self.source = source
        self.now = BEGAN
        self.folder.mkdir(parents=True)

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(raw)
        return path

    def look(self, *, after: float = 60) -> None:
        """Another look, so many seconds later."""
        self.now += timedelta(seconds=after)
        with time_machine.travel(self.now, tick=False):
            self.source.refresh_from_db()
            look_into(self.source, now=self.now)

    def there(self, where: str = "") -> list[str]:
        """Names, without the time that they were given."""
        paths = [path for path in (self.folder / where).iterdir() if path.is_file()]
        return sorted(path.name.rpartition("Z-")[2] for path in paths)

    def states(self) -> list[str]:
        return [f"{run.state}" for run in RosterRun.objects.order_by("pk")]


@pytest.fixture
def drop(people: Cast, settings: Settings, tmp_path: Path) -> Drop:
    settings.ENV = settings.ENV.model_copy(
        update={"roster_dir": str(tmp_path / "drop")}
    )
    source = RosterSource.objects.create(
        name="Banner nightly", folder="banner", created_at=BEGAN - timedelta(days=30)
    )
    return Drop(tmp_path / "drop", source)


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The subjects of the letters that were sent since the last look."""
    queued: list[tuple[object, dict[str, int]]] = []
    monkeypatch.setattr(
        alerts, "enqueue", lambda letter, **told: queued.append((letter, told))
    )

    def sent() -> list[str]:
        for letter, told in queued:
            letter(**told)  # type: ignore[operator]
        queued.clear()
        subjects = [str(each.subject) for each in mail.outbox]
        mail.outbox.clear()
        return subjects

    return sent


def rows(*ids: int) -> str:
    lines = [f"{id:08},First{id},Last{id},s{id}@alder.example" for id in ids]
    return "\n".join([HEADER, *lines, ""])


def test_a_whole_file_is_imported_and_moved_with_a_report(drop: Drop) -> None:
    drop.put("students.csv", rows(200001, 200002))
    drop.look()
    assert drop.states() == []
    drop.look()

    assert drop.states() == [State.APPLIED]
    assert Student.objects.filter(institutional_id="00200002").exists()
    assert drop.there() == []
    assert drop.there("done") == ["report.txt", "students.csv"]
    run = RosterRun.objects.get()
    assert (run.way, run.source, run.actor) == ("folder", drop.source, None)
    [report] = (drop.folder / "done").glob("*report.txt")
    assert "2 new" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0


def test_a_file_that_grows_is_left_alone(drop: Drop) -> None:
    whole = rows(*range(200001, 200011))
    for end in range(100, len(whole), 60):
        drop.put("students.csv", whole[:end])
        drop.look()
    assert drop.states() == []
    drop.put("students.csv", whole)
    drop.look()
    drop.look()

    assert drop.states() == [State.APPLIED]
    assert Student.objects.filter(institutional_id__startswith="0020").count() == 10


def test_two_looks_at_once_are_one(drop: Drop) -> None:
    drop.put("students.csv", rows(200001))
    drop.look()
    drop.look(after=1)

    assert drop.states() == []


@pytest.mark.parametrize(
    "name",
    ["students.csv.part", ".students.csv", "students.csv.filepart", "~students.csv"],
)
def test_a_temporary_name_is_never_read(drop: Drop, name: str) -> None:
    drop.put(name, rows(200001))
    for _ in range(3):
        drop.look()

    assert (drop.states(), drop.there()) == ([], [name])
    (drop.folder / name).rename(drop.folder / "students.csv")
    drop.look()
    drop.look()
    assert drop.states() == [State.APPLIED]


def test_files_wait_for_the_one_that_is_being_written_beside_them(drop: Drop) -> None:
    drop.put("students.csv", rows(200001))
    caseload = "staff_email,institutional_id\nmaya@alder.example,00200001\n"
    for end in (10, 20, 30):
        drop.put("caseload.csv.part", caseload[:end])
        drop.look()
    assert drop.states() == []
    (drop.folder / "caseload.csv.part").unlink()
    drop.put("caseload.csv", caseload * 1)
    drop.look()
    drop.look()

    assert RosterRun.objects.get().file_names == "caseload.csv, students.csv"


def test_a_file_cut_off_is_failed_and_nothing_is_changed(
    drop: Drop, letters: Callable[[], list[str]]
) -> None:
    drop.put("students.csv", rows(200001, 200002)[:-25])
    drop.look()
    drop.look()

    assert drop.states() == [State.FAILED]
    assert drop.there("failed") == ["faults.csv", "report.txt", "students.csv"]
    assert not Student.objects.filter(institutional_id="00200001").exists()
    assert letters() == ["Roster file of Banner nightly was not imported"]


def test_the_same_file_again_does_nothing(drop: Drop) -> None:
    for _ in range(2):
        drop.put("students.csv", rows(200001))
        drop.look()
        drop.look()

    assert drop.states() == [State.APPLIED, State.REPEATED]
    assert drop.there("done").count("students.csv") == 2


def test_yesterdays_half_waits_for_a_person_and_says_so(
    drop: Drop, letters: Callable[[], list[str]]
) -> None:
    for ids in (range(200001, 200021), range(200001, 200011)):
        drop.put("students.csv", rows(*ids))
        drop.look()
        drop.look()

    assert drop.states() == [State.APPLIED, State.SHOWN]
    assert RosterRun.objects.latest("pk").losses[0].startswith("10 of 20 students")
    assert Student.objects.filter(is_listed=True).count() == 20
    assert drop.there("failed") == ["report.txt", "students.csv"]
    assert letters() == ["Roster file of Banner nightly was not imported"]
    drop.put("students.csv", rows(*range(200001, 200022)))
    drop.look()
    drop.look()
    assert letters() == ["Roster files of Banner nightly come again"]


def test_links_folders_and_other_kinds_are_not_read(drop: Drop, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(rows(200001))
    (drop.folder / "students.csv").symlink_to(secret)
    (drop.folder / "sub").mkdir()
    (drop.folder / "sub" / "students.csv").write_text(rows(200002))
    os.mkfifo(drop.folder / "pipe.csv")
    drop.put("notes.docx", b"PK\x03\x04")
    for _ in range(3):
        drop.look()

    assert drop.states() == []
    assert secret.exists()
    assert drop.there("failed") == ["notes.docx", "report.txt"]


def test_oneroster_files_wait_for_all_that_the_manifest_names(drop: Drop) -> None:
    bulk = ONEROSTER / "bulk_1_2"
    for name in ("manifest.csv", "users.csv", "orgs.csv"):
        shutil.copy(bulk / name, drop.folder / name)
    for _ in range(5):
        drop.look()
    assert drop.states() == []
    for path in bulk.iterdir():
        shutil.copy(path, drop.folder / path.name)
    drop.look()
    drop.look()

    assert drop.states() == [State.APPLIED]
    assert RosterRun.objects.get().form == "OneRoster 1.2 (bulk) from Banner"


def test_a_manifest_is_not_awaited_for_ever(drop: Drop) -> None:
    shutil.copy(ONEROSTER / "bulk_1_2" / "manifest.csv", drop.folder / "manifest.csv")
    drop.look()
    drop.look(after=1900)

    assert drop.states() == [State.FAILED]
    assert "is missing, and the manifest names it" in RosterRun.objects.get().why


def test_a_zip_that_is_still_being_sent_waits(drop: Drop, tmp_path: Path) -> None:
    made = shutil.make_archive(str(tmp_path / "b"), "zip", ONEROSTER / "bulk_1_1")
    whole = Path(made).read_bytes()
    for share in (0.2, 0.5, 0.9):
        drop.put("nightly.zip", whole[: int(len(whole) * share)])
        drop.look()
    drop.put("nightly.zip", whole)
    drop.look()
    assert drop.states() == []
    drop.look()

    assert drop.states() == [State.APPLIED]


def test_a_source_that_is_paused_is_not_looked_at(drop: Drop) -> None:
    RosterSource.objects.update(is_active=False)
    drop.put("students.csv", rows(200001))
    for _ in range(2):
        drop.now += timedelta(minutes=1)
        look_into_folders(now=drop.now)

    assert drop.states() == []


def test_what_is_set_aside_is_dropped_after_a_month(drop: Drop) -> None:
    drop.put("students.csv", rows(200001))
    drop.look()
    drop.look()
    drop_old(now=datetime.now(UTC) + timedelta(days=29))
    assert drop.there("done")
    drop_old(now=datetime.now(UTC) + timedelta(days=31))

    assert drop.there("done") == []
    assert drop.states() == [State.APPLIED]


def test_letters_when_a_file_is_late_then_missing_and_when_it_comes(
    drop: Drop, letters: Callable[[], list[str]]
) -> None:
    zone = ZoneInfo("America/New_York")
    RosterSource.objects.update(
        expected_by=time(4, 30),
        arrived_at=datetime(2026, 11, 29, 4, 0, tzinfo=zone),
    )

    def told(*when: int) -> list[str]:
        note_late_files(now=datetime(*when, tzinfo=zone))  # type: ignore[misc, arg-type]
        return letters()

    assert told(2026, 11, 30, 4, 35) == []
    late = ["Roster file of Banner nightly is late"]
    assert told(2026, 11, 30, 4, 50) == late
    assert told(2026, 11, 30, 9, 0) == []
    missing = ["Roster file of Banner nightly is missing"]
    assert told(2026, 12, 1, 4, 50) == missing
    assert told(2026, 12, 2, 4, 50) == []
    drop.now = datetime(2026, 12, 2, 6, 0, tzinfo=zone)
    drop.put("students.csv", rows(200001))
    drop.look()
    drop.look()
    assert letters() == ["Roster files of Banner nightly come again"]
    assert told(2026, 12, 2, 9, 0) == []
