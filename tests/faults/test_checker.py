"""The checker itself: an honest record breaks no promise, and each
promise is found broken when it is.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quadline.conversations.rules import FINAL_STATUSES, Status, may_climb
from tests.faults.harness import checker, ladder, opting, pacing
from tests.faults.harness.evidence import Evidence
from tests.faults.harness.load import Act, Done, planned
from tests.faults.harness.nemesis import Blow, asked_for, moments_of_buying
from tests.faults.harness.nemesis import planned as blows
from tests.faults.harness.report import Report

NOON = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)
ROSA, NUMBER, SID = "+13135550001", "+17345552000", "SM1"
MAILBOX = "rosa@alder.example"
WORDS = "Hello [t7-0001]"


def event(came: str, went: str) -> dict[str, Any]:
    cause = "" if came else "reply" if went == "received" else "written"
    actor = 1 if cause == "written" else None
    return {
        "from_status": came,
        "to_status": went,
        "cause": cause or "test",
        "at": NOON,
        "actor_id": actor,
    }


def text(**facts: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "id": "m1",
        "direction": "outbound",
        "channel": "text",
        "status": "delivered",
        "reason": "",
        "detail": "",
        "body": WORDS,
        "carrier_message_id": SID,
        "student_phone": ROSA,
        "mobile": ROSA,
        "email": MAILBOX,
        "stranger": "",
        "system_phone": NUMBER,
        "author_id": 1,
        "staff_id": 1,
        "student_id": 5,
        "number_of": 1,
        "due_at": None,
        "is_bulk": False,
    }
    return usual | facts


def accept(sid: str = SID, at: datetime = NOON) -> dict[str, Any]:
    return {
        "sid": sid,
        "to": ROSA,
        "from": NUMBER,
        "body": WORDS,
        "segments": 1,
        "at": at.timestamp(),
    }


def honest() -> Evidence:
    reply = text(
        id="m2",
        direction="inbound",
        status="received",
        body="Yes",
        carrier_message_id="SM2",
    )
    return Evidence(
        messages=[text(), reply],
        events={
            "m1": [
                event("", "queued"),
                event("queued", "sending"),
                event("sending", "sent"),
                event("sent", "delivered"),
            ],
            "m2": [event("", "received")],
        },
        attempts={
            "m1": [
                {
                    "started_at": NOON - timedelta(seconds=1),
                    "outcome": "accepted",
                    "why": "",
                }
            ]
        },
        emails=[],
        consent=[],
        opted_out=set(),
        numbers=[{"id": 1, "user_id": 1, "state": "active", "phone": NUMBER}],
        accepts=[accept()],
        ends={SID: "delivered"},
        delivered_at={SID: NOON.timestamp()},
        news={(SID, "delivered")},
        inbound=[
            {
                "sid": "SM2",
                "from": ROSA,
                "to": NUMBER,
                "body": "Yes",
                "at": NOON.timestamp(),
            }
        ],
        mail=[],
        purchases=[{"phone_number": NUMBER}],
        releases=[],
        faults=Counter(),
        unwritten=[],
        staff=[1, 2],
        students=[5, 6, 7, 8],
    )


def said(seen: Evidence, word: str, at: datetime = NOON) -> str:
    """At the carrier and in the conversation. Its id."""
    sid = f"SM1{len(seen.inbound)}"
    seen.inbound.append(
        {"sid": sid, "from": ROSA, "to": NUMBER, "body": word, "at": at.timestamp()}
    )
    seen.messages.append(
        text(
            id=sid,
            direction="inbound",
            status="received",
            body=word,
            carrier_message_id=sid,
        )
    )
    seen.events[sid] = [event("", "received")]
    return sid


def entered(
    seen: Evidence, word: str, at: datetime, *, recorded_at: datetime | None = None
) -> None:
    """Said, and on the ledger."""
    change = {"STOP": "opt_out", "START": "opt_in"}[word]
    sid = said(seen, word, at)
    facts = {
        "student_phone": ROSA,
        "system_phone": NUMBER,
        "change": change,
        "carrier_reference": sid,
    }
    # As it is written down: the time is ours, and says nothing of when it was said.
    heard_at = recorded_at or at
    seen.consent.append(facts | {"occurred_at": heard_at, "recorded_at": heard_at})
    seen.inbound.sort(key=lambda line: line["at"])
    words = [line["body"] for line in seen.inbound if line["body"] in opting.ASKS_FOR]
    seen.opted_out = {(ROSA, NUMBER)} if words[-1] == "STOP" else set()


def opted_out(seen: Evidence, at: datetime) -> None:
    entered(seen, "STOP", at)


def emailed(
    seen: Evidence, *, arrived_at: datetime | None = NOON, **facts: Any
) -> None:
    """The text did not arrive, and its email did."""
    seen.ends[SID], seen.messages[0]["status"] = "undelivered", "emailed"
    seen.events["m1"] = [
        event("", "queued"),
        event("queued", "sending"),
        event("sending", "sent"),
    ]
    seen.events["m1"] += [event("sent", "undelivered"), event("undelivered", "emailed")]
    seen.emails.append(
        {
            "message_id": "m1",
            "is_failsafe": True,
            "state": "sent",
            "to": MAILBOX,
            "header_id": "<1>",
        }
    )
    if arrived_at:
        seen.mail.append(arrival(at=arrived_at.timestamp(), **facts))


def arrival(**facts: Any) -> dict[str, Any]:
    usual = {
        "to": MAILBOX,
        "message_id": "<1>",
        "repeated": False,
        "bounced": False,
        "at": NOON.timestamp(),
    }
    return usual | facts


def an_email(seen: Evidence, *, status: str = "sent") -> None:
    """One that staff wrote."""
    seen.messages.append(
        text(
            id="m3", channel="email", status=status, body="News", carrier_message_id=""
        )
    )
    seen.events["m3"] = [
        event("", "queued"),
        event("queued", "sending"),
        event("sending", "sent"),
    ]
    seen.events["m3"] += [event("sent", status)] if status != "sent" else []
    seen.emails.append(
        {
            "message_id": "m3",
            "is_failsafe": False,
            "state": status,
            "to": MAILBOX,
            "header_id": "<3>",
        }
    )


def unreached(seen: Evidence) -> None:
    emailed(seen, arrived_at=None)
    seen.messages[0]["status"] = "unreached"
    seen.events["m1"][-1] = event("undelivered", "unreached")


def undelivered(seen: Evidence) -> None:
    """Whether the callback that said so reached us or not."""
    seen.ends[SID] = "undelivered"
    seen.messages[0]["status"] = "sent"


def silent(seen: Evidence) -> None:
    """Its callback is missing from the timeline."""
    seen.events["m1"].pop()


def strange_mail(seen: Evidence) -> None:
    seen.emails.append(
        {
            "message_id": "m9",
            "is_failsafe": True,
            "state": "sent",
            "to": MAILBOX,
            "header_id": "<1>",
        }
    )
    seen.mail.append(arrival(message_id="<2>"))


BREAKS: dict[str, Callable[[Evidence], Any]] = {
    "every text ends or waits visibly": (
        lambda seen: seen.messages[0].update(status="sending")
    ),
    "accepted at most once": lambda seen: seen.accepts.append(accept("SM3")),
    "what the carrier has is on record": (
        lambda seen: seen.messages[0].update(carrier_message_id="")
    ),
    "each stop and start is on the ledger": lambda seen: said(seen, "STOP"),
    "each pair stands by the last word": lambda seen: said(seen, "STOP"),
    "no text after a stop": lambda seen: opted_out(seen, NOON - timedelta(seconds=0.5)),
    "one number each": lambda seen: seen.purchases.append(
        {"phone_number": "+17345552001"}
    ),
    "given back as recorded": lambda seen: seen.releases.append(
        {"phone_number": NUMBER}
    ),
    "no status falls and each has its event": silent,
    "each event says when why and by whom": (
        lambda seen: seen.events["m1"][0].update(actor_id=None)
    ),
    "one email per undelivered text": undelivered,
    "every email is in its mailbox": an_email,
    "one mail per email": strange_mail,
    "each reply once": lambda seen: seen.messages.pop(),
    "nobody texts by another": lambda seen: seen.messages[0].update(number_of=2),
    "every recipient has their message": lambda seen: seen.unwritten.append(
        {"id": 7, "broadcast_id": "b1"}
    ),
    "what is over is not due": lambda seen: seen.messages[0].update(due_at=NOON),
    "no number above its rate": lambda seen: seen.accepts[0].update(segments=500),
}


def test_an_honest_record_breaks_no_promise() -> None:
    assert checker.broken(honest(), Done()) == {}


@pytest.mark.parametrize("promise", BREAKS)
def test_a_broken_promise_is_found(promise: str) -> None:
    seen = deepcopy(honest())
    BREAKS[promise](seen)
    assert promise in checker.broken(seen, Done())


def test_a_number_that_was_given_back_makes_room_for_another() -> None:
    seen = honest()
    another = "+17345552001"
    seen.numbers[0]["state"] = "released"
    seen.numbers.append({"id": 2, "user_id": 1, "state": "active", "phone": another})
    seen.purchases.append({"phone_number": another})
    assert "given back as recorded" in checker.broken(seen, Done())

    seen.releases.append({"phone_number": NUMBER})
    assert checker.broken(seen, Done()) == {}
    seen.releases.append({"phone_number": NUMBER})
    assert "given back as recorded" in checker.broken(seen, Done())


def test_every_promise_is_tried() -> None:
    names = {promise.__name__.replace("_", " ") for promise in checker.PROMISES}
    assert names == {
        *BREAKS,
        "nothing acknowledged is lost",
        "each act is of its own people",
    }


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    act = planned(7, seconds=1, staff=2, students=4)[0]
    assert "nothing acknowledged is lost" in checker.broken(
        honest(), Done(acknowledged={act.token: act})
    )


@pytest.mark.parametrize(
    "wrong", [{"student_id": 6}, {"staff_id": 2}, {"author_id": 2}]
)
def test_what_was_acknowledged_lies_between_its_own_people(
    wrong: dict[str, int],
) -> None:
    # in the words
    act = Act(
        at=1.0, kind="text", staff=0, student=0, id=uuid.UUID(int=1), token="[t7-0001]"
    )
    seen, done = honest(), Done(acknowledged={act.token: act})
    seen.messages[0]["id"] = str(act.id)
    assert list(checker.each_act_is_of_its_own_people(seen, done)) == []
    seen.messages[0].update(wrong)
    assert len(list(checker.each_act_is_of_its_own_people(seen, done))) == 1


def test_two_rows_of_one_number_are_found_though_it_was_bought_once() -> None:
    seen = honest()
    seen.numbers.append({"id": 2, "user_id": 2, "state": "active", "phone": NUMBER})
    assert "one number each" in checker.broken(seen, Done())


def test_a_text_to_the_phone_of_another_student_is_found() -> None:
    seen = honest()
    seen.messages[0]["mobile"] = "+13135550002"
    assert list(checker.broken(seen, Done())) == ["nobody texts by another"]


@pytest.mark.parametrize("lack", [{"cause": ""}, {"at": None}])
def test_an_event_without_a_time_or_a_cause_is_found(lack: dict[str, Any]) -> None:
    seen = honest()
    seen.events["m1"][1].update(lack)
    assert list(checker.broken(seen, Done())) == [
        "each event says when why and by whom"
    ]


def test_the_ladder_of_the_checker_is_its_own_and_no_higher_than_the_product_s() -> (
    None
):
    assert set(ladder.LADDER) - {""} == set(Status)
    assert set(ladder.ENDS) == FINAL_STATUSES | {Status.SENT}
    for lower, above in ladder.LADDER.items():
        assert all(
            not lower or may_climb(Status(lower), Status(higher)) for higher in above
        ), lower


@pytest.mark.parametrize(
    ("steps", "stands"),
    [
        ("queued sending sent delivered undelivered", "delivered"),
        ("queued sending sent undelivered emailed delivered", "emailed"),
        ("queued sending blocked sent", "blocked"),
        ("queued sent", "queued"),
        ("queued cancelled sending", "cancelled"),
    ],
)
def test_late_news_moves_nothing_and_no_step_is_left_out(
    steps: str, stands: str
) -> None:
    events = [event("", step) for step in steps.split()]
    assert ladder.played(events) == stands


def breaches(seen: Evidence) -> list[str]:
    return [
        words for faults in checker.broken(seen, Done()).values() for words in faults
    ]


def test_an_email_instead_of_a_text_must_be_in_the_mailbox_of_its_student() -> None:
    seen = honest()
    emailed(seen)
    assert breaches(seen) == []
    seen.mail[0]["to"] = "kim@alder.example"
    assert breaches(seen) == [f"{WORDS!r} counts as emailed, and no mailbox has it"]


def test_who_has_an_email_address_is_unreached_only_if_the_email_came_back() -> None:
    seen = honest()
    unreached(seen)
    assert breaches(seen) == [
        f"{WORDS!r} counts as unreached, and {MAILBOX} was not written to ()"
    ]
    seen.mail.append(arrival(bounced=True))
    assert breaches(seen) == []
    seen.mail.clear()
    seen.messages[0]["email"] = ""
    assert breaches(seen) == []


def test_a_text_that_arrived_is_emailed_only_if_the_email_was_quicker() -> None:
    seen = honest()
    emailed(seen, arrived_at=NOON - timedelta(seconds=1))
    seen.ends[SID] = "delivered"
    assert breaches(seen) == []
    seen.delivered_at[SID] = (NOON - timedelta(seconds=2)).timestamp()
    assert breaches(seen) == [
        f"{WORDS!r} arrived, by the carrier's log, and is emailed"
    ]


def test_an_email_of_staff_is_in_the_mailbox_or_came_back() -> None:
    seen = honest()
    an_email(seen)
    assert breaches(seen) == [
        f"the email 'News' counts as sent, and is not in the mailbox of {MAILBOX}"
    ]
    seen.mail.append(arrival(message_id="<3>"))
    assert breaches(seen) == []
    for status in ("failed", "bounced"):
        seen = honest()
        an_email(seen, status=status)
        assert breaches(seen) == [
            f"the email 'News' is {status}, and never came back ()"
        ]
        seen.mail.append(arrival(message_id="<3>", bounced=True))
        assert breaches(seen) == []


@pytest.mark.parametrize(
    ("rate", "seconds", "is_found"),
    [(5.0, 400, False), (5.4, 100, True), (5.1, 400, True)],
)
def test_a_rate_that_is_a_little_too_high_is_found_in_the_long_run(
    rate: float, seconds: int, is_found: bool
) -> None:
    seen = honest()
    seen.accepts = [
        accept(f"SM{at}", NOON + timedelta(seconds=at / rate))
        for at in range(int(seconds * rate))
    ]
    assert bool(list(pacing.no_number_above_its_rate(seen, Done()))) is is_found


def test_what_a_paused_worker_held_leaves_late_and_a_moment_above_the_rate_is_found() -> (
    None
):
    seen = honest()
    seen.accepts = [
        accept(f"SM{at}", NOON + timedelta(seconds=at / 5)) for at in range(50)
    ]
    seen.accepts += [accept(f"SM1{at}", NOON) for at in range(16)]
    assert list(pacing.no_number_above_its_rate(seen, Done())) == []
    seen.accepts += [accept(f"SM2{at}", NOON) for at in range(16)]
    assert list(pacing.no_number_above_its_rate(seen, Done())) == [
        f"{NUMBER} sent 82 segments within 10 s"
    ]


def test_a_fault_counts_when_it_struck_and_not_when_it_was_asked_for() -> None:
    seen = honest()
    struck = Counter(
        {
            asked_for("slow"): 3,
            asked_for("reset"): 1,
            "kill web": 2,
            "failpoint after_mail, not reached": 1,
        }
    )
    report = Report(7, 25.0, struck, Done(), seen, 1.0, {})
    assert report.strikes == Counter({"kill web": 2})
    seen.faults["slow"] = 4
    assert report.strikes == Counter({"kill web": 2, "carrier: slow": 4})
    assert report.figures()["Faults that struck"] == 6


def test_newcomers_need_numbers_when_a_program_would_die_of_it() -> None:
    plan = [
        Blow(3.0, "failpoint", "worker_1", 14.0, {"point": "after_buying"}),
        Blow(4.0, "kill", "web_1", 1.0),
    ]
    plan.append(Blow(28.0, "failpoint", "worker_1", 14.0, {"point": "before_buying"}))
    firsts = moments_of_buying(plan)
    usual = planned(7, seconds=30, staff=4, students=120)
    acts = planned(7, seconds=30, staff=4, students=120, firsts=firsts)
    assert [(act.at, act.kind, act.staff) for act in acts if act not in usual] == [
        (8.0, "text", 4),
        (12.0, "text", 5),
    ]
    assert [act for act in acts if act in usual] == usual


def test_a_seed_always_means_the_same() -> None:
    assert planned(7, seconds=30, staff=4, students=120) == planned(
        7, seconds=30, staff=4, students=120
    )
    assert blows(7, seconds=30, every=1) == blows(7, seconds=30, every=1)
    assert blows(7, seconds=30, every=1) != blows(8, seconds=30, every=1)
