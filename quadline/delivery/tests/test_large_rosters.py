"""A OneRoster of a large college: three courses for each student, and a nightly delta.

``ROSTER_STUDENTS=60000`` measures the size of the largest; its figures are printed.
"""

import csv
import os
import time
import zipfile
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path

import pytest
from django.utils import timezone

from quadline.delivery.rosters.running import GivenFile, begin_run, check_run
from quadline.delivery.rosters.undoing import ask_to_undo, undo_run
from quadline.roster.models import OneRosterRecord, RosterRun, Student
from quadline.roster.sources.oneroster import FILES
from tests.cast import Cast

STUDENTS = int(os.environ.get("ROSTER_STUDENTS", "2000"))
CLASSES = 600
COURSES_EACH = 3
Row = dict[str, str]


def users(ids: Iterable[int], *, status: str = "", mobile: int = 0) -> Iterator[Row]:
    for n in ids:
        yield {
            "sourcedId": f"5f0c7d1e-0000-4000-8000-{n:012}",
            "status": status,
            "enabledUser": "true",
            "orgSourcedIds": "org",
            "role": "student",
            "username": f"s{n}",
            "givenName": f"Given{n}",
            "familyName": f"Family{n % 9001}",
            "identifier": f"009{n:06}",
            "email": f"s{n}@alder.example",
            "sms": f"734{2_000_000 + (n + mobile) % 7_000_000}",
        }


def enrollments(ids: Iterable[int], *, status: str = "") -> Iterator[Row]:
    for n in ids:
        for course in range(COURSES_EACH):
            yield {
                "sourcedId": f"e-{n}-{course}",
                "status": status,
                "classSourcedId": f"k-{(n * 7 + course) % CLASSES}",
                "schoolSourcedId": "org",
                "userSourcedId": f"5f0c7d1e-0000-4000-8000-{n:012}",
                "role": "student",
            }


def classes() -> Iterator[Row]:
    for n in range(CLASSES):
        yield {"sourcedId": f"k-{n}", "title": f"Class {n}", "classCode": f"C-{n:03}"}


def package(path: Path, mode: str, **rows: Iterable[Row]) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        manifest = ["propertyName,value", "oneroster.version,1.1"]
        manifest += [f"file.{name},{mode}" for name in rows]
        packed.writestr("manifest.csv", "\n".join([*manifest, ""]))
        for name, lines in rows.items():
            with packed.open(f"{name}.csv", "w") as opened:
                text = TextIOWrapper(opened, encoding="utf-8", newline="")
                columns = FILES[f"{name}.csv"].columns["1.1"]
                writer = csv.DictWriter(text, columns)
                writer.writeheader()
                writer.writerows(lines)
                text.flush()
    return path.read_bytes()


def brought(content: bytes, what: str) -> RosterRun:
    began = time.perf_counter()
    file = GivenFile("nightly.zip", content)
    now = timezone.now()
    run = begin_run([file], way="folder", actor=None, now=now, is_automatic=True)
    check_run(run.pk, now=now)
    run.refresh_from_db()
    print(f"{what}: {time.perf_counter() - began:.1f} s, {len(content):,} bytes")
    return run


@pytest.mark.slow
def test_a_large_oneroster_and_its_nightly_delta(people: Cast, tmp_path: Path) -> None:
    everyone = range(STUDENTS)
    orgs = [{"sourcedId": "org", "name": "Alder College", "type": "school"}]
    bulk = package(
        tmp_path / "bulk.zip",
        "bulk",
        orgs=orgs,
        classes=classes(),
        users=users(everyone),
        enrollments=enrollments(everyone),
    )
    run = brought(bulk, "first bulk")
    assert (run.state, run.why, run.counts["new"]) == ("applied", "", STUDENTS)
    kept = OneRosterRecord.objects.filter(kind="enrollment")
    assert kept.count() == STUDENTS * COURSES_EACH
    last = Student.objects.get(institutional_id=f"009{STUDENTS - 1:06}")
    assert len(last.courses) == COURSES_EACH

    again = brought(bulk, "the same bulk")
    assert {again.counts[kind] for kind in ("new", "changed", "leaving")} == {0}
    few = range(0, STUDENTS, 100)
    new = range(STUDENTS, STUDENTS + STUDENTS // 100)
    delta = package(
        tmp_path / "delta.zip",
        "delta",
        users=[
            *users(few, status="active", mobile=5),
            *users(new, status="active"),
        ],
        enrollments=enrollments(new, status="active"),
    )
    nightly = brought(delta, "nightly delta")
    assert (nightly.state, nightly.why) == ("applied", "")
    assert nightly.counts["new"] == len(new)
    assert nightly.counts["phones"] == len(few)

    ask_to_undo(nightly, actor=people.ada, now=timezone.now())
    began = time.perf_counter()
    undo_run(nightly.pk, now=timezone.now())
    print(f"undo: {time.perf_counter() - began:.1f} s")
    nightly.refresh_from_db()
    assert (nightly.state, nightly.left) == ("undone", [])
    assert not Student.objects.filter(institutional_id=f"009{STUDENTS:06}").exists()
