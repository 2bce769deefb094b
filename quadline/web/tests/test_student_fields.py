"""The optional fields of a student come in by every door, are compared, and can be
undone.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quadline.accounts.models import User
from quadline.delivery.rosters.from_files import import_roster_files
from quadline.delivery.rosters.undoing import ask_to_undo, undo_run
from quadline.roster import cells
from quadline.roster.cells import CellFault
from quadline.roster.models import FormerPhone, PhoneEvidence, RosterRun, Student
from quadline.roster.rules import read_student
from quadline.roster.sections import CourseSection, read_sections, section_of
from quadline.web.manage.roster.words import shown_change
from tests.cast import Cast
from tests.work import measured

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
BASE = "student_id,first,last,email,cell"
FIELDS = (
    "sections,risk_level,preferred_language,other_phones,sms_consent,"
    "sms_consent_date,consent_source,consent_wording"
)
CELLS = (
    "BIO-101 | 02 | Fall 2026; ENG-102 | 01 | Fall 2026,High,Spanish,"
    "work: 734-555-0188; parent: 734 555 0190,yes,2026-08-24,Enrollment form,I agree."
)
Bring = Callable[..., RosterRun]


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    moment = iter(range(1, 100))

    def roster(header: str, *rows: str) -> RosterRun:
        path = tmp_path / "students.csv"
        path.write_text("\n".join([header, *rows, ""]))
        now = NOW + timedelta(hours=next(moment))
        import_roster_files(path, None, now=now, may_drop=True)
        return RosterRun.objects.latest("pk")

    return roster


def undo(run: RosterRun, actor: User) -> None:
    now = NOW + timedelta(days=9)
    ask_to_undo(run, actor=actor, now=now)
    undo_run(run.pk, now=now)


ROSA = "00100001,Rosa,Calderón,rosa.calderon@alder.example,734-555-0141"


@pytest.mark.django_db
def test_each_field_is_read_shown_in_the_diff_and_undone(
    people: Cast, bring: Bring
) -> None:
    bring(BASE, ROSA)
    before = Student.objects.values().get(pk=people.rosa.pk)
    run = bring(f"{BASE},{FIELDS}", f"{ROSA},{CELLS}")

    rosa = Student.objects.get(pk=people.rosa.pk)
    assert rosa.sections == ["BIO-101 | 02 | Fall 2026", "ENG-102 | 01 | Fall 2026"]
    assert (rosa.terms, rosa.courses) == (["Fall 2026"], ["BIO-101", "ENG-102"])
    assert (rosa.risk, rosa.language) == ("high", "Spanish")
    assert rosa.other_phones == ["+17345550188 work", "+17345550190 parent"]
    assert (rosa.text_consent, rosa.text_consent_date) == ("yes", "2026-08-24")
    [change] = run.changes.filter(kind="changed")
    shown = {field.label: field.after for field in shown_change(change).fields}
    assert shown["Risk level"] == "high"
    assert shown["Sections"].startswith("BIO-101, section 02, Fall 2026")
    assert "Work (734) 555-0188" in shown["Other phones (never texted)"]

    undo(run, people.ada)
    assert Student.objects.values().get(pk=people.rosa.pk) == before
    # What was said stays on record, and that it is said no more.
    statuses = PhoneEvidence.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["given", "unknown"]


@pytest.mark.django_db
def test_a_first_roster_with_consents_can_be_undone(people: Cast, bring: Bring) -> None:
    bring(BASE, ROSA)
    new = "00900001,New,Person,new.person@alder.example,734-555-0161"
    run = bring(f"{BASE},sms_consent", f"{ROSA},", f"{new},yes")
    assert PhoneEvidence.objects.get().student_id is not None
    undo(run, people.ada)
    assert not Student.objects.filter(institutional_id="00900001").exists()
    assert PhoneEvidence.objects.get().student_id is None


@pytest.mark.django_db
def test_an_undone_swap_of_phones_leaves_no_former_phone(
    people: Cast, bring: Bring
) -> None:
    header = f"{BASE},other_phones"
    bring(header, f"{ROSA},work: 734-555-0188")
    run = bring(header, f"{ROSA.replace('0141', '0188')},")
    assert FormerPhone.objects.get().stop_counts
    undo(run, people.ada)
    assert not FormerPhone.objects.exists()
    assert Student.objects.get(pk=people.rosa.pk).mobile == "+17345550141"


@pytest.mark.django_db
def test_a_night_without_changes_writes_nothing(people: Cast, bring: Bring) -> None:
    header, row = f"{BASE},{FIELDS}", f"{ROSA},{CELLS}"
    bring(header, row)
    version = "SELECT xmin::text::bigint AS id FROM roster_student WHERE id = %s"
    [before] = Student.objects.raw(version, [people.rosa.pk])
    run = bring(header, row)
    [after] = Student.objects.raw(version, [people.rosa.pk])
    assert before.pk == after.pk
    assert not run.changes.exists()
    assert PhoneEvidence.objects.count() == 1


@pytest.mark.django_db
def test_many_consents_cost_as_much_for_each_as_few(people: Cast, bring: Bring) -> None:
    many = 300
    header = f"{BASE},sections,sms_consent,sms_consent_date"
    rows = [
        f"77{n:05},Given{n},Family{n},given{n}@alder.example,734200{n:04},"
        f"BIO-{n % 9} | 01 | Fall 2026,yes,2026-08-24"
        for n in range(many)
    ]
    for _ in range(3):
        with measured() as work:
            bring(header, *rows)
        assert work.more_than(60 * many) == []
    assert PhoneEvidence.objects.count() == many


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("risk", "very"),
        ("text_consent", "maybe"),
        ("text_consent_date", "08/24/2026"),
        ("text_consent_date", "2026-02-30"),
        ("sections", "BIO-101 | 02 | Fall | 2026"),
        ("sections", " | 02 | Fall 2026"),
        ("sections", f"{'x' * 51} | 02 | Fall 2026"),
        ("other_phones", "pager: 734-555-0188"),
        ("other_phones", "work: 555"),
        ("language", "x" * 61),
    ],
)
def test_a_bad_cell_costs_that_cell(column: str, cell: str) -> None:
    row = {"institutional_id": "1", "first_name": "A", "last_name": "B", column: cell}
    read = read_student(row)
    assert [fault.column for fault in read.faults] == [column]
    assert read.student is not None
    assert getattr(read.student, column) is None


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("BIO-101", ["BIO-101 |  | "]),
        ("BIO-101|02", ["BIO-101 | 02 | "]),
        ("BIO-101 |  | Fall 2026; BIO-101|| Fall 2026", ["BIO-101 |  | Fall 2026"]),
        ("", []),
    ],
)
def test_a_section_may_lack_its_parts(cell: str, kept: list[str]) -> None:
    assert read_sections(cell) == kept
    for each in kept:
        assert section_of(each).kept == each


def test_a_section_is_said_without_its_course_twice() -> None:
    words = CourseSection("BIO-101", "BIO-101-02", "Fall 2026").words
    assert words == "BIO-101, section 02, Fall 2026"
    assert CourseSection("BIO-101", "BIO-101", "").words == "BIO-101, section BIO-101"


def test_a_number_that_is_there_twice_is_one() -> None:
    assert cells.several_phones("734-555-0188; work: (734) 555-0188") == [
        "+17345550188 other"
    ]
    with pytest.raises(CellFault):
        cells.several_phones("; ".join(f"734-555-01{n:02}" for n in range(9)))
