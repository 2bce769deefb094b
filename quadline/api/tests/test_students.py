"""The roster through the API: seen as on the screens, brought in whole or not at all."""

from typing import Any

import pytest

from quadline.api.tests.conftest import Programs
from quadline.audit.models import AuditEntry
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast
from tests.program import PROBLEM

NEW = {"institutional_id": "00200001", "first_name": "Ann", "last_name": "Lee", "email": "ann@alder.example"}


def ids(answer: Any) -> list[str]:
    return [student["institutional_id"] for student in answer.json()["students"]]


def test_each_sees_the_students_they_see_on_the_screen(people: Cast, program: Programs) -> None:
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
def test_a_search_finds_what_the_screen_finds(people: Cast, program: Programs, asked: str, found: list[str]) -> None:
    assert ids(program(people.maya).get(f"students?{asked}")) == found


def test_a_roster_changes_who_is_there_and_adds_who_is_new(people: Cast, program: Programs) -> None:
    bo = {"institutional_id": "00100002", "first_name": "Bo", "last_name": "Jensen", "mobile": "(734) 555-0199", "tags": ["STEM"]}
    answer = program(people.ada).put("students", {"students": [NEW, bo]})

    assert (answer.status_code, answer.json()) == (200, {"students": 2})
    changed = Student.objects.get(pk=people.bo.pk)
    assert (changed.mobile, changed.tags, changed.email) == ("+17345550199", ["STEM"], "")
    assert Student.objects.matching("ann lee").get().institutional_id == "00200001"
    assert AuditEntry.objects.get(action="students put").actor == people.ada


def test_one_bad_row_and_nothing_changes(people: Cast, program: Programs) -> None:
    rows = [NEW, NEW | {"institutional_id": "2", "mobile": "12"}, NEW, NEW | {"institutional_id": "4", "first_name": "A" * 121}]
    answer = program(people.ada).put("students", {"students": rows})

    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
    assert [fault.partition(":")[0] for fault in answer.json()["faults"]] == ["row 2", "row 3", "row 4"]
    assert "Nothing was changed" in answer.json()["detail"]
    assert not Student.objects.filter(institutional_id="00200001").exists()


@pytest.mark.parametrize(
    "row", [NEW | {"color": "red"}, {"institutional_id": "1"}, NEW | {"tags": "STEM"}, NEW | {"email": "a\x00b"}]
)
def test_a_row_that_is_not_as_described_is_refused_with_its_place(people: Cast, program: Programs, row: Any) -> None:
    answer = program(people.ada).put("students", {"students": [NEW, row]})

    assert answer.status_code == 422
    assert all(fault.startswith("students, row 2, ") for fault in answer.json()["faults"])
    assert not Student.objects.filter(institutional_id="00200001").exists()


@pytest.mark.parametrize("who", ["maya", "lena", "iris"])
def test_only_administrators_bring_in_a_roster(people: Cast, program: Programs, who: str) -> None:
    campus = program(getattr(people, who))

    assert campus.put("students", {"students": [NEW]}).status_code == 403
    assert campus.put("caseloads/maya@alder.example", {"students": []}).status_code == 403
    assert not Student.objects.filter(institutional_id="00200001").exists()
    assert CaseloadEntry.objects.filter(staff=people.maya).count() == 4


def test_a_caseload_becomes_what_it_is_said_to_be(people: Cast, program: Programs) -> None:
    answer = program(people.ada).put("caseloads/Maya@alder.example", {"students": ["00100005", "00100001", "00100005"]})

    assert answer.json() == {"staff": "maya@alder.example", "students": 2}
    kept = CaseloadEntry.objects.filter(staff=people.maya).order_by("student__institutional_id")
    assert [(each.student, each.relation) for each in kept] == [(people.rosa, "Primary advisor"), (people.kim, "")]
    assert CaseloadEntry.objects.filter(staff=people.omar).count() == 1


def test_a_caseload_with_somebody_unknown_stays_as_it_was(people: Cast, program: Programs) -> None:
    answer = program(people.ada).put("caseloads/maya@alder.example", {"students": ["00100005", "999"]})

    assert answer.status_code == 422
    assert answer.json()["faults"] == ["row 2: no student has the institutional_id '999'"]
    assert CaseloadEntry.objects.filter(staff=people.maya).count() == 4


def test_a_caseload_of_nobody_is_not_there(people: Cast, program: Programs) -> None:
    assert program(people.ada).put("caseloads/nobody@alder.example", {"students": []}).status_code == 404
