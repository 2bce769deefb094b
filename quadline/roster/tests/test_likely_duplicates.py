"""One person under two ids: nobody is made a second time,
and nobody is taken for another.
"""

import pytest

from quadline.roster.importing import Imported, import_roster
from quadline.roster.models import CaseloadEntry, Student
from quadline.roster.tests.conftest import Write
from tests.cast import Cast, student

pytestmark = pytest.mark.django_db
HEADER = "institutional_id,first_name,last_name,email,mobile"


def whys(done: Imported) -> list[tuple[int, str]]:
    return [(fault.row, fault.reason) for fault in done.faults]


@pytest.mark.parametrize(
    "row",
    [
        "100001,Rosa,Calderon,,",
        "100001,R.,C.,rosa.calderon@alder.example,",
        "100001,Rosie,Ruiz,,(734) 555-0141",
        "100001.0,Rosa,Calderón,,",
        "1.00001E+05,Rosa,Calderón,,",
        "'00100001,Rosa,Calderón,,",
        "\u200b00100001,Anybody,Else,,",
        '"100,001",Rosa,Calderón,,',
    ],
)
def test_an_id_that_lost_its_zeros_is_still_that_of_the_student(
    write: Write, people: Cast, row: str
) -> None:
    before = Student.objects.count()
    done = import_roster(write(HEADER, row), may_drop=True)

    assert (done.new, Student.objects.count()) == (0, before)
    assert Student.objects.get(pk=people.rosa.pk).institutional_id == "00100001"
    assert Student.objects.get(pk=people.rosa.pk).is_listed


def test_a_whole_file_without_zeros_changes_the_same_students(write: Write) -> None:
    rows = [f"First{n},Last{n},s{n}@alder.example,734200{n:04d}" for n in range(50)]
    import_roster(write(HEADER, *(f"000{n + 100},{row}" for n, row in enumerate(rows))))
    done = import_roster(
        write(
            f"{HEADER},program",
            *(f"{n + 100},{row},Nursing" for n, row in enumerate(rows)),
        )
    )

    assert (done.new, done.changed, done.leaving) == (0, 50, 0)
    assert (
        Student.objects.filter(
            institutional_id__startswith="000", program="Nursing"
        ).count()
        == 50
    )


def test_the_zeros_come_back_with_a_file_that_has_them(write: Write) -> None:
    import_roster(write(HEADER, "417733,Sally,Taynor,sally@alder.example,"))
    import_roster(write(HEADER, "00417733,Sally,Taynor,sally@alder.example,"))

    sally = Student.objects.get()
    assert sally.institutional_id == "00417733"
    assert list(Student.objects.matching("00417733")) == [sally]


def test_an_id_alike_of_somebody_else_makes_nobody_and_changes_nobody(
    write: Write, people: Cast
) -> None:
    done = import_roster(write(HEADER, "100001,Zed,Quill,zed@alder.example,7345550222"))

    assert whys(done) == [
        (2, "is the ID 00100001 but for zeros or capitals. The row was left out.")
    ]
    assert not Student.objects.filter(last_name="Quill").exists()
    assert Student.objects.get(pk=people.rosa.pk).mobile == people.rosa.mobile


def test_two_students_whose_ids_are_alike_stay_two(write: Write) -> None:
    student("0010", "Ada", "Lund", email="")
    student("10", "Bo", "Lee", email="")
    done = import_roster(write(HEADER, "10,Bo,Leeds,,", "0010,Ada,Lundy,,"))

    assert (done.changed, done.faults) == (2, [])
    assert dict(Student.objects.values_list("institutional_id", "last_name")) == {
        "0010": "Lundy",
        "10": "Leeds",
    }


@pytest.mark.parametrize(
    ("row", "alike"),
    [
        ("777,Rosa,Ruiz,rosa.calderon@alder.example,", "the email"),
        ("777,Rosa,Calderon,,734-555-0141", "the mobile and the name"),
        (
            "777,Rosa,Calderón-Ruiz,other@alder.example,734-555-0141",
            "the mobile and the name",
        ),
    ],
)
def test_a_likely_duplicate_is_reported_and_not_made(
    write: Write, people: Cast, row: str, alike: str
) -> None:
    done = import_roster(write(HEADER, row))

    [(number, why)] = whys(done)
    assert number == 2
    assert why.startswith(
        f"has {alike} of a student who is there, 00100001 (Rosa Calderón)."
    )
    assert "No second student was made" in why
    assert not Student.objects.filter(institutional_id="777").exists()


def test_duplicates_within_a_file_are_made_once(write: Write) -> None:
    done = import_roster(
        write(
            HEADER,
            "10,Ada,Lund,ada@alder.example,7345550204",
            "0010,Ada,Lund,ada@alder.example,7345550204",
            "777,Ada,Lund,ADA@alder.example,",
            "778,Bo,Lee,,7345550205",
            "779,Cy,Lee,,7345550205",
            "780,Bo,Lee,,7345550205",
            "781,Cy,Lee,,7345550205",
        )
    )

    assert {row for row, _ in whys(done)} == {2, 4, 7, 8}
    assert set(Student.objects.values_list("institutional_id", flat=True)) == {
        "0010",
        "778",
        "779",
    }


def test_a_family_may_share_a_phone(write: Write, people: Cast) -> None:
    done = import_roster(
        write(HEADER, "777,Luz,Calderón,luz@alder.example,734-555-0141")
    )

    assert (done.new, done.faults) == (1, [])


def test_an_address_of_somebody_else_is_left_empty_for_who_is_new(
    write: Write, people: Cast
) -> None:
    done = import_roster(
        write(
            HEADER,
            f"777,Zed,Quill,{people.rosa.email},7345550222",
            "778,Al,Bee,x@alder.example,",
            "779,Cy,Dee,x@alder.example,",
        )
    )

    assert [(fault.row, fault.column) for fault in done.faults] == [
        (2, "email"),
        (4, "email"),
    ]
    assert "is the address of 00100001 (Rosa Calderón) too" in done.faults[0].reason
    zed = Student.objects.get(institutional_id="777")
    assert (zed.email, zed.mobile) == ("", "+17345550222")
    assert not Student.objects.matching("779 x").exists()


def test_many_who_share_a_placeholder_are_compared_once_each(write: Write) -> None:
    rows = [
        f"{n},First{n},Last{n},none@alder.example,7345550100" for n in range(1000, 1400)
    ]
    done = import_roster(write(HEADER, *rows))

    assert done.new == 400
    assert len(done.faults) == 399


def test_the_caseload_of_a_duplicate_is_that_of_who_is_there(
    write: Write, people: Cast
) -> None:
    students = write(HEADER, "777,Rosa,Calderón,rosa.calderon@alder.example,")
    caseload = write(
        "staff_email,institutional_id", "theo@alder.example,777", name="caseload.csv"
    )
    import_roster(students, caseload)

    assert CaseloadEntry.objects.get(staff=people.theo).student == people.rosa
