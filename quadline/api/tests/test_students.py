"""The roster through the API: seen as on the screens,
brought in whole or not at all.
"""

from typing import Any

import pytest

from quadline.api.tests.conftest import Programs
from quadline.audit.models import AuditEntry
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast
from tests.program import PROBLEM

NEW = {
    "institutional_id": "00200001",
    "first_name": "Ann",
    "last_name": "Lee",
    "email": "ann@alder.example",
}


def ids(answer: Any) -> list[str]:
    return [student["institutional_id"] for student in answer.json()["students"]]


def test_each_sees_the_students_they_see_on_the_screen(
    people: Cast, program: Programs
) -> None:
    mine = ["00100001", "00100002", "00100003", "00100004", "00417733"]

    assert ids(program(people.maya).get("students")) == mine
    assert ids(program(people.lena).get("students")) == mine
    assert ids(program(people.omar).get("students")) == ["00100005", "00417733"]
    assert len(ids(program(people.ada).get("students"))) == Student.objects.count()


def test_a_list_comes_in_pages_that_join(people: Cast, program: Programs) -> None:
    campus = program(people.maya)
    found, cursor, has_more = [], "", True
    while has_more:
        page = campus.get(f"students?limit=2&after={cursor}").json()
        found += [student["institutional_id"] for student in page["students"]]
        cursor, has_more = page["cursor"], page["has_more"]

    assert found == ids(campus.get("students"))


@pytest.mark.parametrize(("asked", "found"), [
    ("query=rosa cal", ["00100001"]),
    ("query=7345550142", ["00100002"]),
    ("institutional_id=00100003", ["00100003"]),
    ("query=kim", []),
    ("institutional_id=00100005", []),
])  # fmt: skip
def test_a_search_finds_what_the_screen_finds(
    people: Cast, program: Programs, asked: str, found: list[str]
) -> None:
    assert ids(program(people.maya).get(f"students?{asked}")) == found


def test_a_roster_changes_who_is_there_and_adds_who_is_new(
    people: Cast, program: Programs
) -> None:
    bo = {
        "institutional_id": "00100002",
        "first_name": "Bo",
        "last_name": "Jensen",
        "mobile": "(734) 555-0199",
        "tags": ["STEM"],
    }
    answer = program(people.ada).put("students", {"students": [NEW, bo]})

    assert (answer.status_code, answer.json()) == (200, {"students": 2, "faults": []})
    changed = Student.objects.get(pk=people.bo.pk)
    assert (changed.mobile, changed.tags, changed.email) == (
        "+17345550199",
        ["STEM"],
        "",
    )
    assert Student.objects.matching("ann lee").get().institutional_id == "00200001"
    assert AuditEntry.objects.get(action="students put").actor == people.ada


def test_a_bad_cell_leaves_what_is_known_and_is_in_the_answer(
    people: Cast, program: Programs
) -> None:
    rosa = {
        "institutional_id": "00100001",
        "first_name": "Rosa",
        "last_name": "Calderón",
        "email": people.rosa.email,
    }
    answer = program(people.ada).put(
        "students", {"students": [NEW, rosa | {"mobile": "12", "program": "Nursing"}]}
    )

    assert (answer.status_code, answer.json()["students"]) == (200, 2)
    [fault] = answer.json()["faults"]
    assert (fault["row"], fault["column"], fault["value"]) == (2, "mobile", "12")
    assert "too short" in fault["reason"]
    kept = Student.objects.get(pk=people.rosa.pk)
    assert (kept.mobile, kept.program) == ("+17345550141", "Nursing")


@pytest.mark.parametrize(
    "row",
    [
        {"institutional_id": "#N/A"},
        {"first_name": "Anne"},
        {"institutional_id": "1.0E+09"},
    ],
)
def test_one_row_that_cannot_be_told_and_nothing_changes(
    people: Cast, program: Programs, row: dict[str, str]
) -> None:
    answer = program(people.ada).put("students", {"students": [NEW, NEW | row]})

    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
    assert [fault.partition(":")[0] for fault in answer.json()["faults"]] == ["row 2"]
    assert "Nothing was changed" in answer.json()["detail"]
    assert not Student.objects.filter(institutional_id="00200001").exists()


def test_nobody_is_made_twice(people: Cast, program: Programs) -> None:
    rows = [NEW, NEW | {"institutional_id": "200001"}, NEW | {"institutional_id": "9"}]
    for _ in range(2):
        answer = program(people.ada).put("students", {"students": rows})

    assert [fault["row"] for fault in answer.json()["faults"]] == [2, 3]
    assert Student.objects.get(last_name="Lee").institutional_id == "00200001"
    damaged = program(people.ada).put(
        "students",
        {"students": [NEW | {"institutional_id": "200001", "first_name": "Anne"}]},
    )
    assert (damaged.status_code, damaged.json()["students"]) == (200, 1)
    assert Student.objects.get(last_name="Lee").first_name == "Anne"


def test_a_program_that_forgets_the_phones_is_stopped(
    people: Cast, program: Programs
) -> None:
    names = [
        {"institutional_id": f"{n}", "first_name": f"F{n}", "last_name": f"L{n}"}
        for n in range(900, 920)
    ]
    rows = [row | {"mobile": f"7342000{row['institutional_id']}"} for row in names]
    campus = program(people.ada)
    assert campus.put("students", {"students": rows}).json() == {
        "students": 20,
        "faults": [],
    }

    refused = campus.put("students", {"students": names})
    assert refused.status_code == 422
    assert refused.json()["faults"] == [
        "20 of 20 mobile numbers would be gone. Send allow_drop: true if that is meant."
    ]
    # one student's phone may go
    assert campus.put("students", {"students": names[:1]}).status_code == 200
    assert (
        Student.objects.exclude(mobile="").filter(first_name__startswith="F").count()
        == 19
    )
    assert (
        campus.put("students", {"students": names, "allow_drop": True}).status_code
        == 200
    )
    assert (
        not Student.objects.exclude(mobile="")
        .filter(first_name__startswith="F")
        .exists()
    )


@pytest.mark.parametrize(
    "row",
    [
        NEW | {"color": "red"},
        {"institutional_id": "1"},
        NEW | {"tags": "STEM"},
        NEW | {"email": "a\x00b"},
    ],
)
def test_a_row_that_is_not_as_described_is_refused_with_its_place(
    people: Cast, program: Programs, row: Any
) -> None:
    answer = program(people.ada).put("students", {"students": [NEW, row]})

    assert answer.status_code == 422
    assert all(
        fault.startswith("students, row 2, ") for fault in answer.json()["faults"]
    )
    assert not Student.objects.filter(institutional_id="00200001").exists()


@pytest.mark.parametrize("who", ["maya", "lena", "iris"])
def test_only_administrators_bring_in_a_roster(
    people: Cast, program: Programs, who: str
) -> None:
    campus = program(getattr(people, who))

    assert campus.put("students", {"students": [NEW]}).status_code == 403
    assert (
        campus.put("caseloads/maya@alder.example", {"students": []}).status_code == 403
    )
    assert not Student.objects.filter(institutional_id="00200001").exists()
    assert CaseloadEntry.objects.filter(staff=people.maya).count() == 4


def test_a_caseload_becomes_what_it_is_said_to_be(
    people: Cast, program: Programs
) -> None:
    answer = program(people.ada).put(
        "caseloads/Maya@alder.example",
        {"students": ["00100005", "00100001", "00100005"]},
    )

    assert answer.json() == {"staff": "maya@alder.example", "students": 2}
    kept = CaseloadEntry.objects.filter(staff=people.maya).order_by(
        "student__institutional_id"
    )
    assert [(each.student, each.relation) for each in kept] == [
        (people.rosa, "Primary advisor"),
        (people.kim, ""),
    ]
    assert CaseloadEntry.objects.filter(staff=people.omar).count() == 1


def test_a_caseload_knows_students_whose_ids_lost_their_zeros(
    people: Cast, program: Programs
) -> None:
    answer = program(people.ada).put(
        "caseloads/maya@alder.example", {"students": ["100005", "0100005", "00100001"]}
    )

    assert answer.json() == {"staff": "maya@alder.example", "students": 2}
    assert set(people.maya.caseload.values_list("student", flat=True)) == {
        people.kim.pk,
        people.rosa.pk,
    }


def test_a_student_may_have_one_name(people: Cast, program: Programs) -> None:
    one = {"institutional_id": "00200002", "first_name": "Suharto", "last_name": ""}

    assert program(people.ada).put("students", {"students": [one]}).json() == {
        "students": 1,
        "faults": [],
    }
    assert Student.objects.get(institutional_id="00200002").display_name == "Suharto"


def test_a_caseload_with_somebody_unknown_stays_as_it_was(
    people: Cast, program: Programs
) -> None:
    answer = program(people.ada).put(
        "caseloads/maya@alder.example", {"students": ["00100005", "999"]}
    )

    assert answer.status_code == 422
    assert answer.json()["faults"] == [
        "row 2: institutional_id “999” is the ID of no student. Bring in the student"
        " first, or take the ID out."
    ]
    assert CaseloadEntry.objects.filter(staff=people.maya).count() == 4


def test_a_caseload_of_nobody_is_not_there(people: Cast, program: Programs) -> None:
    assert (
        program(people.ada)
        .put("caseloads/nobody@alder.example", {"students": []})
        .status_code
        == 404
    )
