"""A file that has lost something stops before the roster loses it too."""

import pytest

from quadline.accounts.models import User
from quadline.roster.importing import Dropped, import_roster
from quadline.roster.models import CaseloadEntry, Student
from quadline.roster.tests.conftest import Write
from tests.cast import Cast

pytestmark = pytest.mark.django_db
HEADER = "institutional_id,first_name,last_name,email,mobile"
ROWS = [
    f"{n:08},First{n},Last{n},s{n}@alder.example,734200{n:04d}" for n in range(100, 130)
]


@pytest.fixture
def college(write: Write) -> None:
    import_roster(write(HEADER, *ROWS))


def changed(how_many: int, column: int) -> list[str]:
    """The rows, with an empty cell in so many."""
    rows = [row.split(",") for row in ROWS]
    for row in rows[:how_many]:
        row[column] = ""
    return [",".join(row) for row in rows]


def test_a_tenth_may_leave_and_stays_as_it_is(write: Write, college: None) -> None:
    done = import_roster(write(HEADER, *ROWS[3:]))

    assert done.leaving == 3
    assert Student.objects.filter(is_listed=False).count() == 3
    assert Student.objects.exclude(mobile="").count() == 30


def test_more_stop_the_file_until_somebody_says_that_it_is_meant(
    write: Write, college: None
) -> None:
    with pytest.raises(
        Dropped, match=r"4 of 30 students \(13%\) would be gone, more than 10%."
    ):
        import_roster(write(HEADER, *ROWS[4:]))
    assert not Student.objects.filter(is_listed=False).exists()

    assert import_roster(write(HEADER, *ROWS[4:]), may_drop=True).leaving == 4
    # that is what the next is compared with
    assert import_roster(write(HEADER, *ROWS[4:])).leaving == 0


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (4, "mobile numbers"),
        (3, "email addresses"),
        (2, "last names"),
        (1, "first names"),
    ],
)
def test_cells_that_became_empty_stop_the_file(
    write: Write, college: None, column: int, what: str
) -> None:
    assert import_roster(write(HEADER, *changed(3, column))).changed == 3
    import_roster(write(HEADER, *ROWS))
    with pytest.raises(Dropped, match=f"4 of 30 {what}"):
        import_roster(write(HEADER, *changed(4, column)))

    assert (
        Student.objects.exclude(mobile="")
        .exclude(email="")
        .exclude(last_name="")
        .count()
        == 30
    )
    assert import_roster(write(HEADER, *changed(4, column)), may_drop=True).changed == 4


def test_who_was_never_in_a_file_is_not_missed(write: Write, people: Cast) -> None:
    assert import_roster(write(HEADER, *ROWS)).leaving == 0


def test_a_caseload_file_that_ends_early_stops(
    write: Write, college: None, people: Cast
) -> None:
    students = write(HEADER, *ROWS)
    rows = [f"theo@alder.example,{row.split(',')[0]}" for row in ROWS]
    whole = write("staff_email,institutional_id", *rows, name="whole.csv")
    half = write("staff_email,institutional_id", *rows[:15], name="half.csv")
    import_roster(students, whole)

    with pytest.raises(Dropped, match="15 of 30 caseload rows"):
        import_roster(students, half)
    assert _entries(people.theo) == 30
    import_roster(students, half, may_drop=True)
    assert _entries(people.theo) == 15


def _entries(staff: User) -> int:
    return CaseloadEntry.objects.filter(staff=staff).count()
