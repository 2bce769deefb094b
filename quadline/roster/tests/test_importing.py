"""Importing the roster: every fault with its row, and all or nothing."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quadline.roster.importing import RosterFault, import_roster
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast

pytestmark = pytest.mark.django_db
HEADER = "institutional_id,first_name,last_name,email,mobile,program"
ROSA = "1,Rosa,Calderón,rosa@alder.example,(734) 555-0141,Nursing"
BO = "2,Bo,Jensen,bo@alder.example,734.555.0142,Nursing"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of these lines, in this encoding."""

    def lines(*lines: str, name: str = "students.csv", encoding: str = "utf-8", ending: str = "\n") -> Path:
        path = tmp_path / name
        path.write_bytes((ending.join(lines) + ending).encode(encoding))
        return path

    return lines


def faults_of(students: Path, caseload: Path | None = None) -> list[str]:
    with pytest.raises(RosterFault) as refused:
        import_roster(students, caseload)
    return refused.value.faults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_files_are_read_as_spreadsheets_write_them(write: Write, encoding: str, ending: str) -> None:
    done = import_roster(write(HEADER, ROSA, "", BO, encoding=encoding, ending=ending))

    assert (done.students, done.caseload_entries) == (2, 0)
    rosa = Student.objects.get(institutional_id="1")
    assert (rosa.last_name, rosa.mobile, rosa.program) == ("Calderón", "+17345550141", "Nursing")


def test_columns_come_in_any_order_and_case_and_others_are_left_alone(write: Write) -> None:
    import_roster(write(" Email ,LAST_NAME,gpa,First_Name,Institutional_ID", "rosa@alder.example,Calderón,4.0,Rosa,1"))

    assert Student.objects.get().display_name == "Rosa Calderón"


def test_tags_and_courses_become_what_the_file_says(write: Write) -> None:
    import_roster(write(f"{HEADER},tags,courses", f"{ROSA},Athlete; Honors,BIO-101"))
    rosa = Student.objects.get()
    assert (rosa.tags, rosa.courses) == (["Athlete", "Honors"], ["BIO-101"])

    import_roster(write(HEADER, ROSA))
    assert Student.objects.get().tags == []


def test_a_missing_column_is_named_with_what_was_found(write: Write) -> None:
    assert faults_of(write("id,first_name,last_name,email", "1,Rosa,Calderón,")) == [
        "students.csv: column institutional_id is missing. Found: id, first_name, last_name, email."
    ]
    assert "Found: none" in faults_of(write(""))[0]


def test_a_row_number_is_the_one_a_spreadsheet_shows(write: Write) -> None:
    several_lines = '3,Ann,Lee,ann@alder.example,,"Nursing,\nevening\nclasses"'
    wrong = "4,Cy,Poe,cy@alder.example,555,Nursing"
    [fault] = faults_of(write(HEADER, ROSA, several_lines, "", BO, wrong))

    assert fault.startswith("students.csv, row 6: mobile '555'")


def test_every_fault_of_every_row_is_named(write: Write) -> None:
    faults = faults_of(write(HEADER, ",Rosa,Calderón,nowhere,,", BO, "3,,Lee,,12,"))

    assert [fault.split(":")[0] for fault in faults] == ["students.csv, row 2"] * 2 + ["students.csv, row 4"] * 2


def test_an_id_that_is_in_the_file_twice_is_a_fault(write: Write) -> None:
    assert faults_of(write(HEADER, ROSA, BO, ROSA)) == ["students.csv, row 4: institutional_id 1 is in the file twice"]


def test_more_cells_than_columns_is_a_fault(write: Write) -> None:
    assert faults_of(write(HEADER, BO, "1,Rosa,Calderón, RN,rosa@alder.example,,Nursing")) == [
        "students.csv, row 3: more cells than columns; is a comma unquoted?"
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "absent.csv cannot be read: No such file" in faults_of(tmp_path / "absent.csv")[0]


def test_unknown_staff_and_students_are_named_each_with_the_row(write: Write, people: Cast) -> None:
    caseload = write("staff_email,institutional_id", "MAYA@alder.example,1", "who@alder.example,2", name="caseload.csv")
    students = write(HEADER, ROSA)

    assert faults_of(students, caseload) == [
        "caseload.csv, row 3: no staff account has the address 'who@alder.example'",
        "caseload.csv, row 3: no student has the institutional_id '2'",
    ]


def test_a_faulty_file_changes_nothing(write: Write, people: Cast) -> None:
    before = list(Student.objects.order_by("pk").values())
    teams = list(CaseloadEntry.objects.order_by("pk").values())
    faults_of(write(HEADER, "00100001,Changed,Name,,,", "9,New,One,,555,"))
    caseload = write("staff_email,institutional_id", "maya@alder.example,9", "who@alder.example,9", name="caseload.csv")
    faults_of(write(HEADER, "00100001,Changed,Name,,,", "9,New,One,,,"), caseload)

    assert list(Student.objects.order_by("pk").values()) == before
    assert list(CaseloadEntry.objects.order_by("pk").values()) == teams


def test_importing_again_updates_students_and_keeps_those_not_named(write: Write, people: Cast) -> None:
    import_roster(write(HEADER, "00100001,Rosa,Calderón-Ruiz,rosa@alder.example,(734) 555-0199,Radiography"))

    rosa = Student.objects.get(institutional_id="00100001")
    assert rosa.pk == people.rosa.pk
    assert (rosa.last_name, rosa.mobile) == ("Calderón-Ruiz", "+17345550199")
    assert list(Student.objects.matching("ruiz 0199")) == [rosa]
    assert not Student.objects.matching("0141").exists()
    assert Student.objects.count() == 6


def test_the_caseloads_of_the_staff_named_are_replaced_and_no_others(write: Write, people: Cast) -> None:
    caseload = write(
        "staff_email,institutional_id,relation",
        "maya@alder.example,00100001,Primary  advisor",
        "maya@alder.example,00100005,Mentor",
        "maya@alder.example,00100005,Coach",
        name="caseload.csv",
    )
    kept = people.maya.caseload.get(student=people.rosa).pk
    done = import_roster(write(HEADER), caseload)

    assert done.caseload_entries == 2
    assert {entry.student for entry in people.maya.caseload.all()} == {people.rosa, people.kim}
    assert [entry.student for entry in people.omar.caseload.all()] == [people.kim]
    assert people.maya.caseload.get(student=people.rosa, pk=kept).relation == "Primary advisor"
    assert people.maya.caseload.get(student=people.kim).relation == "Coach"


def test_the_same_roster_again_writes_nothing(write: Write, people: Cast) -> None:
    students = write(HEADER, ROSA, BO)
    caseload = write("staff_email,institutional_id", "maya@alder.example,1", "maya@alder.example,2", name="caseload.csv")
    import_roster(students, caseload)
    before = _versions()
    assert import_roster(students, caseload).students == 2
    assert _versions() == before

    import_roster(write(HEADER, ROSA.replace("Nursing", "Radiography"), BO, name="changed.csv"), caseload)
    assert len(_versions() - before) == 1


def _versions() -> set[tuple[str, ...]]:
    """Where each row lies: one that is written again lies elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT 'student', id, ctid::text FROM roster_student
            UNION ALL SELECT 'entry', id, ctid::text FROM roster_caseloadentry
        """)
        return set(cursor.fetchall())


def test_ten_thousand_students_are_imported_in_a_bounded_number_of_queries(write: Write, people: Cast) -> None:
    zone = "America/Detroit"
    rows = [f"{n},Given{n},Family{n % 97},s{n}@alder.example,734200{n:04d},Nursing,{zone}" for n in range(10_000)]
    students = write(f"{HEADER},time_zone", *rows)
    caseload = write("staff_email,institutional_id", *(f"maya@alder.example,{n}" for n in range(2_000)), name="caseload.csv")
    begun = perf_counter()
    with CaptureQueriesContext(connection) as queries:
        done = import_roster(students, caseload)

    assert (done.students, done.caseload_entries) == (10_000, 2_000)
    assert len(queries) < 25
    assert perf_counter() - begun < 15  # about two seconds; reading the zones anew for each row takes a minute
    page = Student.objects.visible_to(people.ada).matching("family1").by_name()[:50]
    with CaptureQueriesContext(connection) as one:
        assert len(page) == 50
    assert len(one) == 1


def test_the_command_says_what_to_mend_and_what_was_done(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match=r"Nothing was imported[\s\S]*row 2: mobile '1'"):
        call_command("import_roster", write(HEADER, "1,Rosa,Calderón,,1,"))
    call_command("import_roster", write(HEADER, ROSA, BO))

    assert capsys.readouterr().out == "Imported 2 students and 0 caseload entries.\n"


def test_the_command_shows_fifty_faults_and_counts_the_rest(write: Write) -> None:
    with pytest.raises(CommandError, match="and 10 more"):
        call_command("import_roster", write(HEADER, *(f"{n},,Lee,,," for n in range(60))))
