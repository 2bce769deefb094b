"""Broadcasts through the API: reviewed and sent in one call, and steered
by the same people as on the screen.
"""

import uuid
from typing import Any

import pytest

from quadline.api import broadcasts
from quadline.api.tests.conftest import Programs
from quadline.broadcasts.launching import ReviewChanged, launch_broadcast
from quadline.broadcasts.models import Broadcast
from quadline.conversations.models import Message
from quadline.delivery.tests.acts import number_row
from quadline.roster.models import Student
from tests.cast import Cast

HELLO = {"body": "Hello [Student Name]", "audience": {"caseload": True}}


def test_a_broadcast_is_reviewed_and_sent_in_one(
    people: Cast, program: Programs
) -> None:
    number_row(people.maya)
    answer = program(people.maya).post("broadcasts", HELLO)

    assert answer.status_code == 201
    said = answer.json()
    assert (said["state"], said["audience"]) == (
        "running",
        "All Students on My Caseload",
    )
    assert said["counts"] == {"waiting": 2, "blocked": 2}
    assert {name: said["review"][name] for name in ("texts", "emails", "nothing")} == {
        "texts": 2,
        "emails": 2,
        "nothing": 0,
    }
    assert said["review"]["by_reason"] == {"landline": 1, "no_mobile": 1}
    assert Message.objects.filter(is_bulk=True).count() == 4
    seen = program(people.maya).get(f"broadcasts/{said['id']}").json()
    assert seen["counts"] == said["counts"]


def test_a_review_alone_sends_nothing(people: Cast, program: Programs) -> None:
    said = program(people.maya).post("broadcasts", HELLO | {"review_only": True}).json()

    assert (said["state"], said["counts"], said["review"]["texts"]) == ("draft", {}, 2)
    assert not Message.objects.exists()


@pytest.mark.parametrize("who", ["lena", "ada", "iris"])
def test_a_draft_is_its_authors_alone(
    people: Cast, program: Programs, who: str
) -> None:
    draft = (
        program(people.maya)
        .post("broadcasts", HELLO | {"review_only": True})
        .json()["id"]
    )
    other = program(getattr(people, who))

    assert other.get(f"broadcasts/{draft}").status_code == 404
    assert other.post(f"broadcasts/{draft}/pause").status_code == 404
    assert program(people.maya).get(f"broadcasts/{draft}").status_code == 200


@pytest.mark.parametrize(("audience", "who"), [
    ({"ids": ["00100001", "00100001"]}, ["Rosa"]),
    ({"filter": {"tags": ["STEM"]}}, ["Bo"]),
    ({"filter": {"tags": ["STEM"], "courses": ["BIO-101"]}}, ["Bo", "Rosa"]),
    ({"ids": ["00417733"], "filter": {"courses": ["BIO-101"]}}, ["Rosa", "Sally"]),
])  # fmt: skip
def test_an_audience_is_whom_it_names_once_each(
    people: Cast, program: Programs, audience: Any, who: list[str]
) -> None:
    Student.objects.filter(pk__in=[people.bo.pk, people.kim.pk]).update(tags=["STEM"])
    Student.objects.filter(pk=people.rosa.pk).update(courses=["BIO-101"])
    said = (
        program(people.maya).post("broadcasts", HELLO | {"audience": audience}).json()
    )

    assert (
        sorted(
            Message.objects.values_list("conversation__student__first_name", flat=True)
        )
        == who
    )
    assert said["total"] == len(who)


@pytest.mark.parametrize(
    "audience",
    [
        {},
        {"ids": ["00100005"]},
        {"ids": ["999"]},
        {"filter": {}},
        {"filter": {"tags": ["Nobody"]}},
    ],
)
def test_an_audience_of_nobody_or_of_somebody_elses_students_sends_nothing(
    people: Cast, program: Programs, audience: Any
) -> None:
    answer = program(people.maya).post("broadcasts", HELLO | {"audience": audience})

    assert answer.status_code == 422
    assert "Nothing was sent" in answer.json()["detail"]
    assert not Broadcast.objects.exists()
    assert not Message.objects.exists()


def test_a_foreign_id_is_refused_in_the_words_for_a_missing_one(
    people: Cast, program: Programs
) -> None:
    campus = program(people.maya)
    foreign, missing = (
        campus.post("broadcasts", HELLO | {"audience": {"ids": [each]}})
        for each in ("00100005", "00999999")
    )

    assert foreign.content.replace(b"00100005", b"00999999") == missing.content


def test_it_is_paused_resumed_and_stopped(people: Cast, program: Programs) -> None:
    campus = program(people.maya)
    where = f"broadcasts/{campus.post('broadcasts', HELLO).json()['id']}"
    for act, state in (
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "running"),
        ("stop", "stopped"),
    ):
        answer = campus.post(f"{where}/{act}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)

    assert campus.get(where).json()["counts"] == {"cancelled": 2, "blocked": 2}
    refused = campus.post(f"{where}/resume")
    assert (refused.status_code, "stopped" in refused.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("who", "code"), [("lena", 404), ("omar", 404), ("iris", 404), ("ada", 200)]
)
def test_only_its_author_or_an_administrator_steers_it(
    people: Cast, program: Programs, who: str, code: int
) -> None:
    where = f"broadcasts/{program(people.maya).post('broadcasts', HELLO).json()['id']}"

    assert program(getattr(people, who)).post(f"{where}/pause").status_code == code


def test_where_consent_changes_between_look_and_launch_the_next_look_counts(
    people: Cast, program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def launch_late(broadcast: Broadcast, **given: Any) -> Broadcast:
        looks.append(given["fingerprint"])
        if len(looks) == 1:
            Student.objects.filter(pk=people.bo.pk).update(mobile="")
        return launch_broadcast(broadcast, **given)

    monkeypatch.setattr(broadcasts, "launch_broadcast", launch_late)
    said = program(people.maya).post("broadcasts", HELLO).json()

    assert (said["state"], said["review"]["texts"], len(set(looks))) == (
        "running",
        1,
        2,
    )


def test_recipients_that_never_stand_still_are_said_so(
    people: Cast, program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(broadcast: Broadcast, **given: Any) -> Broadcast:
        raise ReviewChanged(None)  # type: ignore[arg-type]

    monkeypatch.setattr(broadcasts, "launch_broadcast", never)
    answer = program(people.maya).post("broadcasts", HELLO)

    assert (answer.status_code, answer["Retry-After"]) == (409, "5")
    assert not Broadcast.objects.exists()


def test_who_is_told_to_try_again_and_does_with_the_same_key_is_heard(
    people: Cast, program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(broadcast: Broadcast, **given: Any) -> Broadcast:
        raise ReviewChanged(None)  # type: ignore[arg-type]

    with monkeypatch.context() as changed:
        changed.setattr(broadcasts, "launch_broadcast", never)
        assert (
            program(people.maya).post("broadcasts", HELLO, key="monday-1").status_code
            == 409
        )

    assert (
        program(people.maya).post("broadcasts", HELLO, key="monday-1").status_code
        == 201
    )
    assert Broadcast.objects.count() == 1


def test_what_is_not_there_cannot_be_steered(people: Cast, program: Programs) -> None:
    assert (
        program(people.maya).post(f"broadcasts/{uuid.uuid4()}/stop").status_code == 404
    )
