"""Importing the roster: every fault with its row, and all or nothing."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quadline.roster import cells
from quadline.roster.faults import RosterFault
from quadline.roster.importing import Imported, import_roster
from quadline.roster.models import CaseloadEntry, Student
from quadline.roster.tests.conftest import Write
from tests.cast import Cast

pytestmark = pytest.mark.django_db
HEADER = "institutional_id,first_name,last_name,email,mobile,program"
INEZ = "1,Inez,Calderón,inez@alder.example,(734) 555-0241,Nursing"
PER = "2,Per,Jensen,per@alder.example,734.555.0242,Nursing"


def stops(students: Path, caseload: Path | None = None) -> list[str]:
    """Why nothing was imported."""
    with pytest.raises(RosterFault) as refused:
        import_roster(students, caseload)
    return [str(fault) for fault in refused.value.faults]


def faults(done: Imported) -> list[str]:
    return [str(fault) for fault in done.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_files_are_read_as_spreadsheets_write_them(
    write: Write, encoding: str, ending: str
) -> None:
    done = import_roster(write(HEADER, INEZ, "", PER, encoding=encoding, ending=ending))

    assert (done.students, done.caseload_entries) == (2, 0)
    inez = Student.objects.get(institutional_id="1")
    assert (inez.last_name, inez.mobile, inez.program) == (
        "Calderón",
        "+17345550241",
        "Nursing",
    )


def test_columns_come_in_any_order_and_case_and_others_are_left_alone(
    write: Write,
) -> None:
    import_roster(
        write(
            " Email ,LAST_NAME,gpa,First_Name,Institutional_ID",
            "rosa@alder.example,Calderón,4.0,Rosa,1",
        )
    )

    assert Student.objects.get().display_name == "Rosa Calderón"


def test_tags_and_courses_become_what_the_file_says(write: Write) -> None:
    import_roster(write(f"{HEADER},tags,courses", f"{INEZ},Athlete; Honors,BIO-101"))
    inez = Student.objects.get()
    assert (inez.tags, inez.courses) == (["Athlete", "Honors"], ["BIO-101"])

    import_roster(write(HEADER, INEZ))
    # no word of tags in this file
    assert Student.objects.get().tags == ["Athlete", "Honors"]

    import_roster(write(f"{HEADER},tags", f"{INEZ},"))
    assert Student.objects.get().tags == []


def test_a_row_number_is_the_one_a_spreadsheet_shows(write: Write) -> None:
    several_lines = '3,Ann,Lee,ann@alder.example,,"Nursing,\nevening\nclasses"'
    wrong = "4,Cy,Poe,cy@alder.example,555,Nursing"
    [fault] = faults(import_roster(write(HEADER, INEZ, several_lines, "", PER, wrong)))

    assert fault.startswith("students.csv, row 6: mobile “555”")


def test_a_bad_cell_costs_that_cell_and_nothing_that_is_known(
    write: Write, people: Cast
) -> None:
    bad = "00100001,Rosa,Calderón,rosa@,N/A,Nursing"
    done = import_roster(write(HEADER, bad, PER))

    rosa = Student.objects.get(pk=people.rosa.pk)
    assert (rosa.mobile, rosa.email, rosa.program) == (
        "+17345550141",
        people.rosa.email,
        "Nursing",
    )
    assert [(fault.row, fault.column, fault.value) for fault in done.faults] == [
        (2, "email", "rosa@"),
        (2, "mobile", "N/A"),
    ]
    assert list(Student.objects.matching("rosa 0141")) == [people.rosa]


def test_a_column_that_is_missing_leaves_what_is_known(
    write: Write, people: Cast
) -> None:
    done = import_roster(
        write(
            "Student ID,First,Last,Email,Phone",
            f"00100001,Rosie,Calderón,{people.rosa.email},7345550199",
        )
    )

    rosa = Student.objects.get(pk=people.rosa.pk)
    assert (rosa.first_name, rosa.mobile) == ("Rosie", "+17345550141")
    assert list(Student.objects.matching("rosie 0141")) == [people.rosa]
    assert any(
        "no column mobile" in note and "“Phone” holds them, rename it" in note
        for note in done.notes
    )


def test_every_row_that_cannot_be_told_is_named(write: Write) -> None:
    found = stops(
        write(
            HEADER,
            ",Rosa,Calderón,nowhere,,",
            PER,
            "1.0E+09,Cy,Lee,,12,",
            "5,Di,Poe,,,",
            "5,Di,Roe,,,",
        )
    )

    assert [each.partition(":")[0] for each in found] == [
        "students.csv, row 2",
        "students.csv, row 4",
        "students.csv, row 6",
    ]
    assert (
        "institutional_id “5” is in the file twice, in row 5 too. They differ: keep"
        " one." in found[2]
    )


def test_a_row_that_is_there_twice_is_read_once_and_reported(write: Write) -> None:
    done = import_roster(write(HEADER, INEZ, PER, INEZ))

    assert done.students == 2
    assert faults(done) == [
        "students.csv, row 4: institutional_id “1” is in the file twice, in row 2 too."
        " The row says the same and was left out."
    ]


def test_more_cells_than_columns_stops(write: Write) -> None:
    assert stops(
        write(HEADER, PER, "1,Rosa,Calderón, RN,rosa@alder.example,,Nursing")
    ) == [
        "students.csv, row 3: has more cells than columns. Put quotes around a value"
        " with a comma in it."
    ]


@pytest.mark.parametrize("lines", [(HEADER,), (HEADER, ",,,,,")])
def test_a_header_alone_removes_nobody(
    write: Write, people: Cast, lines: tuple[str, ...]
) -> None:
    import_roster(write(HEADER, INEZ, PER))

    assert stops(write(*lines)) == [
        "students.csv: has no students under its header. Nothing was changed."
    ]
    assert Student.objects.filter(is_listed=True).count() == 2


def test_a_student_may_have_one_name(write: Write) -> None:
    done = import_roster(
        write(HEADER, "1,Suharto,,s@alder.example,,", "2,,,x@alder.example,,")
    )

    suharto = Student.objects.get()
    assert (suharto.display_name, suharto.first, suharto.initials) == (
        "Suharto",
        "Suharto",
        "S",
    )
    assert faults(done) == [
        (
            "students.csv, row 3: last_name There is no name in this row. What is known"
            " stays."
        ),
        (
            "students.csv, row 3: institutional_id “2” has no name, and nobody with"
            " this ID is there. The row was left out."
        ),
    ]
    assert (done.students, done.new, done.unchanged) == (1, 1, 0)


def test_a_row_without_a_name_leaves_the_name_that_is_known(
    write: Write, people: Cast
) -> None:
    import_roster(
        write(HEADER, f"00100001,,,{people.rosa.email},,Nursing"), may_drop=True
    )

    rosa = Student.objects.get(pk=people.rosa.pk)
    assert (rosa.display_name, rosa.program) == ("Rosa Calderón", "Nursing")


def test_unknown_staff_and_students_are_named_each_with_the_row(
    write: Write, people: Cast
) -> None:
    rows = (
        "MAYA@alder.example,1",
        "who@alder.example,2",
        ",1",
        "Maya <maya@alder.example>,",
    )
    caseload = write("staff_email,institutional_id", *rows[:2], name="caseload.csv")

    assert stops(write(HEADER, INEZ), caseload) == [
        (
            "caseload.csv, row 3: staff_email “who@alder.example” is no staff account."
            " Make the account first, or correct the address."
        ),
        (
            "caseload.csv, row 3: institutional_id “2” is the ID of no student. Put the"
            " student into the students file, or take the row out."
        ),
    ]
    caseload = write("staff_email,institutional_id", *rows, name="caseload.csv")
    assert [
        each.partition(":")[0] for each in stops(write(HEADER, INEZ), caseload)
    ] == [
        "caseload.csv, row 4",
        "caseload.csv, row 5",
    ]


def test_a_caseload_knows_students_by_damaged_ids(write: Write, people: Cast) -> None:
    rows = [
        '"Maya Alvarez <maya@alder.example>",100001',
        "maya@alder.example,'00100002",
        "maya@alder.example,100003",
    ]
    caseload = write(
        "Advisor Email,Student ID",
        *rows,
        "maya@alder.example,100004.0",
        name="caseload.csv",
    )
    done = import_roster(write(HEADER, INEZ), caseload)

    assert done.caseload_entries == 4
    assert people.maya.caseload.count() == 4


def test_a_faulty_file_changes_nothing(write: Write, people: Cast) -> None:
    before = list(Student.objects.order_by("pk").values())
    teams = list(CaseloadEntry.objects.order_by("pk").values())
    stops(write(HEADER, "00100001,Changed,Name,,,", ",New,One,,555,"))
    caseload = write(
        "staff_email,institutional_id",
        "maya@alder.example,9",
        "who@alder.example,9",
        name="caseload.csv",
    )
    stops(write(HEADER, "00100001,Changed,Name,,,", "9,New,One,,,"), caseload)

    assert list(Student.objects.order_by("pk").values()) == before
    assert list(CaseloadEntry.objects.order_by("pk").values()) == teams


def test_importing_again_updates_students_and_keeps_those_not_named(
    write: Write, people: Cast
) -> None:
    import_roster(
        write(
            HEADER,
            "00100001,Rosa,Calderón-Ruiz,rosa@alder.example,(734) 555-0199,Radiography",
        )
    )

    rosa = Student.objects.get(institutional_id="00100001")
    assert rosa.pk == people.rosa.pk
    assert (rosa.last_name, rosa.mobile) == ("Calderón-Ruiz", "+17345550199")
    assert list(Student.objects.matching("ruiz 0199")) == [rosa]
    assert not Student.objects.matching("0141").exists()
    assert Student.objects.count() == 6


def test_the_caseloads_of_the_staff_named_are_replaced_and_no_others(
    write: Write, people: Cast
) -> None:
    caseload = write(
        "staff_email,institutional_id,relation",
        "maya@alder.example,00100001,Primary  advisor",
        "maya@alder.example,00100005,Mentor",
        "maya@alder.example,00100005,Coach",
        name="caseload.csv",
    )
    kept = people.maya.caseload.get(student=people.rosa).pk
    done = import_roster(write(HEADER, INEZ), caseload, may_drop=True)

    assert done.caseload_entries == 2
    assert {entry.student for entry in people.maya.caseload.all()} == {
        people.rosa,
        people.kim,
    }
    assert [entry.student for entry in people.omar.caseload.all()] == [people.kim]
    assert (
        people.maya.caseload.get(student=people.rosa, pk=kept).relation
        == "Primary advisor"
    )
    assert people.maya.caseload.get(student=people.kim).relation == "Coach"


def test_the_same_roster_again_writes_nothing(write: Write, people: Cast) -> None:
    students = write(HEADER, INEZ, PER)
    caseload = write(
        "staff_email,institutional_id",
        "maya@alder.example,1",
        "maya@alder.example,2",
        name="caseload.csv",
    )
    import_roster(students, caseload, may_drop=True)
    before = _versions()
    assert import_roster(students, caseload).students == 2
    assert _versions() == before

    import_roster(
        write(HEADER, INEZ.replace("Nursing", "Radiography"), PER, name="changed.csv"),
        caseload,
    )
    assert len(_versions() - before) == 1


def _versions() -> set[tuple[str, ...]]:
    """Where each row lies: one that is written again lies elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT 'student', id, ctid::text FROM roster_student
            UNION ALL SELECT 'entry', id, ctid::text FROM roster_caseloadentry
        """)
        return set(cursor.fetchall())


def test_many_students_are_imported_in_a_bounded_number_of_queries(
    write: Write, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = "America/Detroit"
    rows = [
        f"{n},Given{n},Family{n % 97},s{n}@alder.example,734200{n:04d},Nursing,{zone}"
        for n in range(1_000)
    ]
    students = write(f"{HEADER},time_zone", *rows)
    caseload = write(
        "staff_email,institutional_id",
        *(f"maya@alder.example,{n}" for n in range(500)),
        name="caseload.csv",
    )
    # hundreds of files: not read again for any row
    monkeypatch.setattr(cells, "available_timezones", None)
    with CaptureQueriesContext(connection) as queries:
        done = import_roster(students, caseload, may_drop=True)

    assert (done.students, done.caseload_entries) == (1_000, 500)
    assert len(queries) < 55
    page = Student.objects.visible_to(people.ada).matching("family1").by_name()[:50]
    with CaptureQueriesContext(connection) as one:
        assert len(page) == 50
    assert len(one) == 1
