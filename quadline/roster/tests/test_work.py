"""What an import costs does not depend on the database's statistics: a
first roster's own rows are not in them.
"""

from collections.abc import Callable
from pathlib import Path

from quadline.roster.importing import import_roster
from quadline.roster.models import Student
from tests.cast import Cast
from tests.work import measured

MANY = 300
FEW = 40  # rows of all steps of one statement, for each row of the file
HEADER = "institutional_id,first_name,last_name,email,mobile"
Write = Callable[..., Path]


def rows(changed: str = "") -> list[str]:
    return [
        f"77{n:05},Given{n}{changed},Family{n},given{n}@alder.example,734200{n:04}"
        for n in range(MANY)
    ]


def costs(students: Path, caseload: Path) -> list[tuple[int, str]]:
    with measured() as work:
        import_roster(students, caseload, may_drop=True)
    assert work.statements
    return work.more_than(FEW * MANY)


def test_importing_a_roster_for_the_first_time_again_and_changed(
    people: Cast, tmp_path: Path
) -> None:
    caseload = tmp_path / "caseload.csv"
    entries = [f"maya@alder.example,77{n:05}" for n in range(MANY)]
    caseload.write_text("\n".join(["staff_email,institutional_id", *entries]))
    students = tmp_path / "students.csv"
    for changed in ("", "", "a"):
        students.write_text("\n".join([HEADER, *rows(changed)]))
        assert costs(students, caseload) == []
    assert (
        Student.objects.filter(
            first_name__endswith="a", last_name__startswith="Family"
        ).count()
        == MANY
    )


def test_importing_ids_without_their_zeros(people: Cast, tmp_path: Path) -> None:
    """Students are found by the rest of their id, and their names."""
    students, caseload = tmp_path / "students.csv", tmp_path / "caseload.csv"
    caseload.write_text("staff_email,institutional_id\nmaya@alder.example,00100001\n")
    for zeros in ("00", ""):
        students.write_text("\n".join([HEADER, *(zeros + row for row in rows())]))
        assert costs(students, caseload) == []
    assert Student.objects.filter(last_name__startswith="Family").count() == MANY
