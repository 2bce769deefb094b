"""A roster as a file: taken, compared and applied in the background; what became of it."""

import pytest
from django.utils import timezone

from quadline.api.tests.conftest import Programs
from quadline.audit.models import AuditEntry
from quadline.delivery.rosters.running import check_run
from quadline.roster.models import RosterRun, Student
from tests.cast import Cast
from tests.program import PROBLEM, Program

FILE = (
    b"institutional_id,first_name,last_name,email\n00200001,Ann,Lee,ann@alder.example\n"
)


def sent(campus: Program, content: bytes, *, query: str = "", kind: str = "text/csv"):  # type: ignore[no-untyped-def]
    return campus.ask("POST", f"rosters{query}", content, kind=kind)


def test_a_file_is_taken_and_applied(people: Cast, program: Programs) -> None:
    campus = program(people.ada)
    answer = sent(campus, FILE)

    assert (answer.status_code, answer.json()["state"]) == (202, "reading")
    run_id = answer.json()["id"]
    check_run(run_id, now=timezone.now())
    found = campus.get(f"rosters/{run_id}").json()
    assert (found["state"], found["counts"]["new"], found["faults"]) == (
        "applied",
        1,
        [],
    )
    assert Student.objects.filter(institutional_id="00200001").exists()
    assert AuditEntry.objects.get(action="roster applied").actor == people.ada


def test_compared_only_it_waits_for_a_person(people: Cast, program: Programs) -> None:
    run_id = sent(program(people.ada), FILE, query="?mode=compare").json()["id"]
    check_run(run_id, now=timezone.now())

    assert RosterRun.objects.get(pk=run_id).state == "shown"
    assert not Student.objects.filter(institutional_id="00200001").exists()


def test_a_file_that_cannot_be_read_says_why(people: Cast, program: Programs) -> None:
    campus = program(people.ada)
    run_id = sent(campus, b"\x89PNG\0\0", kind="application/octet-stream").json()["id"]
    check_run(run_id, now=timezone.now())

    found = campus.get(f"rosters/{run_id}").json()
    assert found["state"] == "failed"
    assert found["why"]
    assert found["faults"][0]["reason"]


@pytest.mark.parametrize(
    ("content", "query", "kind", "status"),
    [
        (FILE, "", "application/x-www-form-urlencoded", 415),
        (FILE, "", "application/json", 415),
        (b"", "", "text/csv", 422),
        (FILE, "?mapping=Nobody", "text/csv", 422),
        (FILE, "?mode=now", "text/csv", 422),
    ],
)
def test_what_is_no_file_is_refused(
    people: Cast, program: Programs, content: bytes, query: str, kind: str, status: int
) -> None:
    answer = sent(program(people.ada), content, query=query, kind=kind)

    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert not RosterRun.objects.exists()


@pytest.mark.parametrize("who", ["maya", "lena", "iris"])
def test_only_administrators_bring_one_in(
    people: Cast, program: Programs, who: str
) -> None:
    assert sent(program(getattr(people, who)), FILE).status_code == 403
    assert not RosterRun.objects.exists()


def test_sent_again_with_its_key_it_is_one(people: Cast, program: Programs) -> None:
    campus = program(people.ada)
    answers = [
        campus.ask("POST", "rosters", FILE, kind="text/csv", key="night-1")
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert RosterRun.objects.count() == 1
