"""quadline import_roster, as an administrator or a nightly job runs it."""

import csv
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast

pytestmark = pytest.mark.django_db
HEADER = "Student ID,First,Last,Email,Cell Phone"
ADA = "00100091,Ada,Lund,ada.lund@alder.example,(734) 555-0204"
BO = "00100092,Bo,Lee,bo.lee@alder.example,(734) 555-0205"
Write = Callable[..., Path]
Said = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def lines(*lines: str, name: str = "students.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([*lines, ""]))
        return path

    return lines


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Run the command: what it prints."""

    def run(*arguments: object) -> str:
        call_command("import_roster", *map(str, arguments))
        return capsys.readouterr().out

    return run


def refused(*arguments: object) -> CommandError:
    with pytest.raises(CommandError) as error:
        call_command("import_roster", *map(str, arguments))
    return error.value


def test_it_says_how_the_file_was_read_and_what_was_done(
    write: Write, said: Said
) -> None:
    students = write(
        HEADER.replace(",", ";"), ADA.replace(",", ";"), BO.replace(",", ";")
    )

    assert (
        said(students)
        == "students.csv: read as UTF-8, separated by semicolons.\nImported 2 students:"
        " 2 new, 0 changed, 0 as before.\n"
    )
    assert said(students).endswith(
        "Imported 2 students: 0 new, 0 changed, 2 as before.\n"
    )


def test_faults_are_listed_and_kept_in_a_file_that_calculates_nothing(
    write: Write, said: Said, tmp_path: Path
) -> None:
    out = said(write(HEADER, ADA, "00100093,Cy,Ray,cy@,=HYPERLINK(1)"))

    assert (
        "2 faults. What was known there stays:\n  students.csv, row 3: email “cy@” is"
        " not an email address." in out
    )
    kept = tmp_path / "students-faults.csv"
    assert f"The list: {kept}" in out
    with kept.open(encoding="utf-8-sig", newline="") as rows:
        listed = list(csv.DictReader(rows))
    assert [
        (row["file"], row["row"], row["column"], row["value"]) for row in listed
    ] == [
        ("students.csv", "3", "email", "cy@"),
        ("students.csv", "3", "mobile", "'=HYPERLINK(1)"),
    ]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_the_list_goes_where_one_says(write: Write, said: Said, tmp_path: Path) -> None:
    said(write(HEADER, f"{ADA} x9"), "--faults", tmp_path / "list.csv")

    assert "has an extension" in (tmp_path / "list.csv").read_text()
    assert not (tmp_path / "students-faults.csv").exists()


def test_a_list_that_cannot_be_written_stops_nothing(
    write: Write, said: Said, tmp_path: Path
) -> None:
    out = said(
        write(HEADER, f"{ADA} x9"), "--faults", tmp_path / "nowhere" / "list.csv"
    )

    assert "could not be written" in out
    assert Student.objects.filter(last_name="Lund").exists()


def test_a_doubtful_identity_stops_with_one(write: Write) -> None:
    error = refused(write(HEADER, ADA, "#N/A,Bo,Lee,,"))

    assert error.returncode == 1
    assert (
        "Nothing was imported. Fix this and import again:\n  students.csv, row 3:"
        " institutional_id “#N/A” is no ID." in str(error)
    )
    assert not Student.objects.filter(last_name="Lund").exists()


def test_twenty_faults_are_shown_and_the_rest_counted(
    write: Write, tmp_path: Path
) -> None:
    error = refused(write(HEADER, *(f",Cy,Ray{n},," for n in range(60))))

    assert str(error).count("students.csv, row") == 20
    assert "and 40 more" in str(error)
    assert len((tmp_path / "students-faults.csv").read_text().splitlines()) == 61


def test_a_drop_stops_with_three_and_goes_on_when_it_is_meant(
    write: Write, said: Said
) -> None:
    said(write(HEADER, ADA, BO))
    error = refused(write(HEADER, ADA))

    assert error.returncode == 3
    assert "1 of 2 students (50%) would be gone, more than 10%." in str(error)
    assert "--allow-drop" in str(error)
    assert "1 student of the last file is not in this one" in said(
        write(HEADER, ADA), "--allow-drop"
    )


def test_a_dry_run_says_the_same_and_changes_nothing(
    write: Write, said: Said, people: Cast
) -> None:
    said(write(HEADER, *(f"9{n:02},F{n},L{n},," for n in range(20))))
    students = write(
        HEADER,
        *(f"9{n:02},F{n},L{n},," for n in range(2, 18)),
        "918,Changed,L18,,12",
        "919,F19,L19,,",
        ADA,
    )
    caseload = write(
        "Advisor Email,Student ID", f"{people.theo.email},00100091", name="caseload.csv"
    )
    out = said(students, caseload, "--dry-run")

    assert "Would import 19 students: 1 new, 1 changed, 17 as before." in out
    assert "Would import 1 caseload entry." in out
    assert "2 students of the last file are not in this one." in out
    assert "row 18: mobile “12”" in out
    assert out.endswith("This was a dry run. Nothing was changed.\n")
    assert not Student.objects.filter(last_name="Lund").exists()
    assert Student.objects.get(institutional_id="918").first_name == "F18"
    assert not CaseloadEntry.objects.filter(staff=people.theo).exists()
