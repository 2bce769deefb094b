"""OneRoster 1.1 and 1.2 as student systems write it: bulk and delta, whole and broken."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from quadline.roster.faults import RosterFault
from quadline.roster.importing import Dropped, Imported, import_input
from quadline.roster.models import CaseloadEntry, OneRosterRecord, Student
from quadline.roster.sources.oneroster import (
    ManifestFault,
    header_faults,
    is_over,
    read_manifest,
)
from quadline.roster.sources.reading import read_roster
from tests.cast import Cast

FILES = Path(__file__).parent / "oneroster"
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
Folder = Callable[[str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A copy of one of the sets of files, to be changed."""

    def copied(name: str) -> Path:
        target = tmp_path / name
        shutil.copytree(FILES / name, target, dirs_exist_ok=True)
        return target

    return copied


def bring(folder: Path, *, now: datetime = NOW, may_drop: bool = False) -> Imported:
    read = read_roster(sorted(folder.glob("*.csv")), mapping=None, today=now.date())
    return import_input(read, now=now, may_drop=may_drop)


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def listed() -> list[str]:
    rows = Student.objects.filter(is_listed=True).order_by("institutional_id")
    return list(rows.values_list("institutional_id", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["1_1", "1_2"])
def test_a_bulk_brings_the_students_and_what_they_take(
    folder: Folder, version: str
) -> None:
    done = bring(folder(f"bulk_{version}"))

    assert listed() == [f"0050000{n}" for n in range(1, 6)]
    ana = Student.objects.get(institutional_id="00500001")
    assert (ana.first_name, ana.last_name) == ("Ana María", "Núñez")
    assert (ana.mobile, ana.landline) == ("+17345550301", "")
    # the course's code, else the class's; summer is over
    assert ana.courses == ["BIO-101", "NUR-210-01"]
    assert Student.objects.get(institutional_id="00500004").courses == []
    # one number in both columns is a mobile
    dandre = Student.objects.get(institutional_id="00500002")
    assert (dandre.mobile, dandre.landline) == ("+17345550302", "")
    assert Student.objects.get(institutional_id="00500003").landline == "+17345550303"
    assert done.faults == []
    # neither teachers nor parents, and no caseload out of a class
    assert not Student.objects.filter(last_name="Tran").exists()
    assert not Student.objects.filter(first_name="Pilar").exists()
    assert not CaseloadEntry.objects.exists()


@pytest.mark.django_db
def test_1_2_says_what_a_student_goes_by_and_their_master_id(folder: Folder) -> None:
    bring(folder("bulk_1_2"))

    li = Student.objects.get(institutional_id="00500004")
    assert (li.preferred_name, li.pronouns) == ("William", "he/him")


@pytest.mark.django_db
def test_a_1_1_that_has_no_preferred_names_leaves_those_that_are_known(
    folder: Folder,
) -> None:
    bring(folder("bulk_1_2"))
    bring(folder("bulk_1_1"))

    li = Student.objects.get(institutional_id="00500004")
    assert (li.preferred_name, li.pronouns) == ("William", "he/him")


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["1_1", "1_2"])
def test_a_delta_changes_only_what_it_names(folder: Folder, version: str) -> None:
    bring(folder(f"bulk_{version}"))
    done = bring(folder(f"delta_{version}"), may_drop=True)

    assert (done.new, done.leaving) == (1, 1)
    assert "00500005" not in listed()
    assert Student.objects.filter(institutional_id="00500005").exists()
    noor = Student.objects.get(institutional_id="00500006")
    assert (noor.mobile, noor.courses) == ("+17345550306", ["BIO-101"])
    assert Student.objects.get(institutional_id="00500002").mobile == "+17345550312"
    # her enrollment in biology is taken away, the other stays
    ana = Student.objects.get(institutional_id="00500001")
    assert (ana.courses, ana.mobile) == (["NUR-210-01"], "+17345550301")


@pytest.mark.django_db
def test_a_delta_twice_is_the_same_as_once(folder: Folder) -> None:
    bring(folder("bulk_1_2"))
    bring(folder("delta_1_2"), may_drop=True)
    again = bring(folder("delta_1_2"))

    assert (again.new, again.changed, again.leaving) == (0, 0, 0)


@pytest.mark.django_db
def test_a_delta_before_any_bulk_is_refused(folder: Folder) -> None:
    with pytest.raises(RosterFault, match="is a delta, and there is nothing"):
        bring(folder("delta_1_2"))
    assert not OneRosterRecord.objects.exists()


@pytest.mark.django_db
def test_when_the_term_ends_its_courses_end(folder: Folder) -> None:
    bring(folder("bulk_1_1"))
    bring(folder("bulk_1_1"), now=datetime(2026, 12, 21, 9, tzinfo=UTC))

    assert not Student.objects.exclude(courses=[]).exists()


@pytest.mark.django_db
def test_half_of_the_enrollments_is_a_loss(folder: Folder) -> None:
    bring(folder("bulk_1_1"))
    half = folder("bulk_1_1")
    lines = (half / "enrollments.csv").read_text().splitlines(keepends=True)
    (half / "enrollments.csv").write_text("".join(lines[:4]))

    with pytest.raises(Dropped, match="2 of 5 enrollments"):
        bring(half)


@pytest.mark.django_db
def test_enrollments_of_other_users_stop_the_files(folder: Folder) -> None:
    path = folder("bulk_1_1")
    change(path / "enrollments.csv", "u-1001", "u-9001")
    change(path / "enrollments.csv", "u-1002", "u-9002")

    with pytest.raises(RosterFault, match="3 of 7 times a user that is in no file"):
        bring(path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "before", "after", "column", "value"),
    [
        ("classes.csv", "c-eng102", "c-none", "courseSourcedId", "c-none"),
        ("classes.csv", '"t-2026su,t-2026fa"', "t-none", "termSourcedIds", "t-none"),
        (
            "users.csv",
            "u-1003,,,true,org-alder",
            "u-1003,,,true,org-x",
            "orgSourcedIds",
            "org-x",
        ),
    ],
)
def test_what_is_named_and_not_there_is_a_fault(
    folder: Folder, file: str, before: str, after: str, column: str, value: str
) -> None:
    path = folder("bulk_1_1")
    change(path / file, before, after)
    done = bring(path)

    [fault] = done.faults
    assert (fault.file, fault.column, fault.value) == (file, column, value)
    assert fault.row
    assert len(listed()) == 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        ("users.csv", "familyName", "familyname", "has no column familyName"),
        ("users.csv", "sms,", "mobile,", "has no column sms"),
        ("enrollments.csv", "userSourcedId", "userId", "has no column userSourcedId"),
        (
            "manifest.csv",
            "oneroster.version,1.1",
            "oneroster.version,2.0",
            "Quadline reads 1.1 and 1.2",
        ),
        ("manifest.csv", "file.users,bulk", "file.users,absent", "has no users.csv"),
        (
            "manifest.csv",
            "file.users,bulk",
            "file.users,partly",
            "must be bulk, delta or absent",
        ),
        ("manifest.csv", "file.categories,absent", "file.roles,bulk", "is missing"),
        ("users.csv", "u-1002", "u-1001", "They differ: keep one"),
    ],
)
def test_what_is_not_to_the_standard_stops_the_files(
    folder: Folder, file: str, before: str, after: str, words: str
) -> None:
    path = folder("bulk_1_1")
    change(path / file, before, after)

    with pytest.raises(RosterFault, match=words):
        bring(path)
    assert not Student.objects.exists()


@pytest.mark.django_db
def test_a_file_that_the_manifest_names_and_is_not_there_stops_all(
    folder: Folder,
) -> None:
    path = folder("bulk_1_2")
    (path / "roles.csv").unlink()

    with pytest.raises(RosterFault, match=r"roles.csv: is missing"):
        bring(path)


@pytest.mark.django_db
def test_columns_of_ones_own_are_left_alone(folder: Folder) -> None:
    path = folder("bulk_1_1")
    change(path / "users.csv", "grades,password", "grades,password,metadata.hometown")

    assert bring(path).new == 5


@pytest.mark.django_db
def test_without_a_manifest_all_is_bulk(folder: Folder) -> None:
    for version in ("1_1", "1_2"):
        path = folder(f"bulk_{version}")
        (path / "manifest.csv").unlink()
        bring(path)
        assert len(listed()) == 5


@pytest.mark.django_db
def test_a_delta_row_without_a_status_is_left_out(folder: Folder) -> None:
    bring(folder("bulk_1_1"))
    path = folder("delta_1_1")
    change(path / "users.csv", "u-1006,active", "u-1006,")
    done = bring(path, may_drop=True)

    assert not Student.objects.filter(institutional_id="00500006").exists()
    found = [(fault.file, fault.column) for fault in done.faults]
    assert sorted(found) == [
        ("enrollments.csv", "userSourcedId"),
        ("users.csv", "status"),
    ]


@pytest.mark.django_db
def test_a_caseload_file_of_ours_may_lie_beside(folder: Folder, people: Cast) -> None:
    path = folder("bulk_1_1")
    (path / "caseload.csv").write_text(
        "staff_email,institutional_id\ntheo@alder.example,00500001\n"
    )
    assert bring(path).caseload_entries == 1
    assert people.theo.caseload.get().student.institutional_id == "00500001"


def test_a_manifest_says_its_version_and_its_modes() -> None:
    properties = {
        "oneroster.version": "1.2",
        "file.users": "Bulk",
        "file.roles": "bulk",
        "source.systemName": " Banner  9 ",
    }
    manifest = read_manifest(properties)

    assert manifest.words == "OneRoster 1.2 (bulk) from Banner 9"
    with pytest.raises(ManifestFault, match="Quadline reads"):
        read_manifest({})


@pytest.mark.parametrize(
    ("ends", "over"),
    [
        ("2026-11-29", True),
        ("2026-11-30", False),
        ("2026-11-29T00:00:00Z", True),
        ("", False),
        ("soon", False),
        ("0000-00-00", False),
    ],
)
def test_a_day_that_cannot_be_read_never_ends(ends: str, over: bool) -> None:
    assert is_over(ends, date(2026, 11, 30)) is over


def test_a_header_names_each_column_once() -> None:
    columns = [*["sourcedId", "status", "dateLastModified", "name", "type"], "name"]
    faults = header_faults("orgs.csv", "1.1", columns)

    assert "has no column identifier, parentSourcedId" in faults[0]
    assert "name more than once" in faults[1]
