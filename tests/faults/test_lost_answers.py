"""Whatever becomes of the carrier's answer, the student has the text
once. Held against the carrier's ledger.

Each case takes a minute of waiting; they wait together, and each test then looks at its
own students.
"""

import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from quadline.carriers.twilio import SEND_TIMEOUT
from quadline.conversations.models import Message, MessageEvent
from quadline.delivery.models import Attempt
from quadline.delivery.outbox.accepting import accept_text
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast
from tests.faults.test_first_texts import RECOVERY, first_text
from tests.house import House, eventually
from tests.stage import a_new_college

HANGS = "accepted, then silence"
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "accepted, then 500": [{"kind": "accept_then_500"}],
    HANGS: [{"kind": "accept_then_hang", "seconds": 30}],
    "answer and callbacks lost": [
        {"kind": "accept_then_500"},
        {"kind": "callback_lost"},
    ],
    "cut before it was accepted": [{"kind": "reset", "times": 1}],
}
RETRY_AFTER = 15
AWAY_SECONDS = 20.0
ARRIVED = ("sent", "delivered")
Line = dict[str, Any]


@dataclass
class Aftermath:
    """Who was written to in each case, and what the
    carrier's ledger says when it is over.
    """

    students: dict[str, list[Student]] = field(default_factory=dict)
    texts: dict[str, list[Message]] = field(default_factory=dict)
    accepts: list[Line] = field(default_factory=list)
    faults: list[Line] = field(default_factory=list)

    def taken(self, case: str) -> dict[str, list[Line]]:
        """The texts the carrier took, by student."""
        return {
            each.mobile: [line for line in self.accepts if line["to"] == each.mobile]
            for each in self.students[case]
        }

    def struck(self, case: str, kind: str) -> dict[str, list[Line]]:
        """When this fault struck, by student."""
        return {
            each.mobile: [
                line
                for line in self.faults
                if (line["fault"], line.get("to")) == (kind, each.mobile)
            ]
            for each in self.students[case]
        }

    def is_once_each(self, case: str) -> bool:
        """At the carrier once, and known by the carrier's id."""
        ids = Message.objects.filter(
            pk__in=[text.pk for text in self.texts[case]]
        ).values_list("carrier_message_id", flat=True)
        taken = [line for lines in self.taken(case).values() for line in lines]
        return len(taken) == len(self.students[case]) == len(set(ids)) and {
            line["sid"] for line in taken
        } == set(ids)


def students_of(people: Cast, count: int, *, first: int = 0) -> list[Student]:
    """On the caseloads of all who write here: a text to
    anybody else's student is held.
    """
    made = [
        Student(
            institutional_id=f"0088{at:04d}",
            first_name="Student",
            last_name=f"{at:03d}",
            mobile=f"+1313557{at:04d}",
        )
        for at in range(first, first + count)
    ]
    saved = Student.objects.bulk_create(made)
    writers = (people.maya, people.theo, people.lena)
    CaseloadEntry.objects.bulk_create(
        CaseloadEntry(staff=staff, student=student)
        for staff in writers
        for student in saved
    )
    return saved


def with_numbers(house: House, people: Cast) -> None:
    everyone = (people.maya, people.theo, people.lena)
    for staff in everyone:
        first_text(staff, people.sally, "Setup test")
    eventually(
        lambda: len(house.simulator.accepts(to=people.sally.mobile)) == len(everyone)
    )


def accepts_by_phone(house: House, students: list[Student]) -> Counter[str]:
    ours = {student.mobile for student in students}
    return Counter(
        line["to"] for line in house.simulator.accepts() if line["to"] in ours
    )


def arrived(texts: list[Message]) -> bool:
    return Message.objects.filter(
        pk__in=[text.pk for text in texts], status__in=ARRIVED
    ).count() == len(texts)


def waiting(seen: Aftermath) -> list[tuple[Any, ...]]:
    """What has not arrived, and how far each of them came."""
    written = {text.pk: case for case, texts in seen.texts.items() for text in texts}
    late = (
        Message.objects.filter(pk__in=written)
        .exclude(status__in=ARRIVED)
        .order_by("pk")
    )
    told = late.values_list(
        "pk",
        "status",
        "detail",
        "due_at",
        "attempts__started_at",
        "attempts__outcome",
        "attempts__why",
    )
    return [(written[line[0]], *line[1:]) for line in told]


@pytest.fixture(scope="module")
def aftermath(the_house: House) -> Aftermath:
    people = a_new_college(the_house)
    with_numbers(the_house, people)
    seen = Aftermath()
    for place, case in enumerate(ANSWERS):
        if case != HANGS:
            an_answer_is_lost(the_house, people, seen, case, first=100 * place)
    one_number_is_slowed_down(the_house, people, seen)
    an_answer_is_lost(the_house, people, seen, HANGS, first=400)
    somebody_writes_meanwhile(the_house, people, seen)
    the_carrier_is_away(the_house, people, seen)
    with suppress(AssertionError):
        eventually(lambda: not waiting(seen), within=RECOVERY, every=0.5)
    assert waiting(seen) == []
    seen.accepts, seen.faults = (
        the_house.simulator.accepts(),
        the_house.simulator.ledger("fault"),
    )
    return seen


def an_answer_is_lost(
    house: House, people: Cast, seen: Aftermath, case: str, *, first: int
) -> None:
    seen.students[case] = students_of(people, 2, first=first)
    for student in seen.students[case]:
        for fault in ANSWERS[case]:
            house.simulator.fault(**{"times": 8, **fault}, to=student.mobile)
    seen.texts[case] = [
        first_text(people.maya, student, "Are you coming?")
        for student in seen.students[case]
    ]


def somebody_writes_meanwhile(house: House, people: Cast, seen: Aftermath) -> None:
    """While calls hang: Theo, by another number."""
    eventually(
        lambda: (
            "accept_then_hang"
            in {line["fault"] for line in house.simulator.ledger("fault")}
        )
    )
    seen.students["meanwhile"] = students_of(people, 4, first=900)
    seen.texts["meanwhile"] = [
        first_text(people.theo, student, "Are you coming?")
        for student in seen.students["meanwhile"]
    ]
    eventually(lambda: arrived(seen.texts["meanwhile"]))


def one_number_is_slowed_down(house: House, people: Cast, seen: Aftermath) -> None:
    """Lena's: each of her texts is told once to wait. Theo writes at the same time."""
    held = SystemNumber.objects.get(inbox__owner=people.lena)
    seen.students["429"], seen.students["beside it"] = (
        students_of(people, 8, first=500),
        students_of(people, 8, first=600),
    )
    for student in seen.students["429"]:
        house.simulator.fault(
            kind="rate_limit",
            retry_after=RETRY_AFTER,
            times=1,
            to=student.mobile,
            **{"from": held.phone},
        )
    with transaction.atomic():  # so that all of them are due at the same moment
        seen.texts["429"] = [
            first_text(people.lena, student, "Are you coming?")
            for student in seen.students["429"]
        ]
        seen.texts["beside it"] = [
            first_text(people.theo, student, "Are you coming?")
            for student in seen.students["beside it"]
        ]
    eventually(lambda: arrived(seen.texts["429"] + seen.texts["beside it"]), every=0.5)


def the_carrier_is_away(house: House, people: Cast, seen: Aftermath) -> None:
    seen.students["away"] = students_of(people, 20, first=700)
    with transaction.atomic():  # no worker sees any of them before the carrier is away
        seen.texts["away"] = [
            first_text(people.theo, student, words)
            for words in ("First", "Second")
            for student in seen.students["away"]
        ]
        house.simulator.goes_away(seconds=AWAY_SECONDS)
    details = eventually(lambda: details_of_those_tried_in_vain(seen.texts["away"]))
    assert all("Trying again" in detail for detail in details), "and the screen says so"
    ended = Message.objects.filter(
        pk__in=[text.pk for text in seen.texts["away"]],
        status__in=["failed", "blocked"],
    )
    assert not ended.exists()


def details_of_those_tried_in_vain(texts: list[Message]) -> list[str]:
    """What the screen says of each text that the carrier did not
    take and that waits for another try.

    One query: between two of them a text may be tried again, and then it waits for
    nothing.
    """
    in_vain = Attempt.objects.filter(
        message=OuterRef("pk"), outcome=Attempt.Outcome.UNSENT
    )
    waiting = Message.objects.filter(
        Exists(in_vain), pk__in=[text.pk for text in texts], due_at__isnull=False
    )
    return list(waiting.values_list("detail", flat=True))


def test_accepted_then_500_is_accepted_once(aftermath: Aftermath) -> None:
    case = "accepted, then 500"
    assert all(aftermath.struck(case, "accept_then_500").values())
    assert aftermath.is_once_each(case)


def test_accepted_then_hung_for_30_seconds_is_accepted_once(
    aftermath: Aftermath,
) -> None:
    assert all(aftermath.struck(HANGS, "accept_then_hang").values())
    assert aftermath.is_once_each(HANGS)


def test_answer_lost_and_callback_lost_is_accepted_once(aftermath: Aftermath) -> None:
    case = "answer and callbacks lost"
    assert all(aftermath.struck(case, "accept_then_500").values())
    assert all(aftermath.struck(case, "callback_lost").values())
    assert aftermath.is_once_each(case)


def test_cut_before_it_was_accepted_is_sent_again_once(aftermath: Aftermath) -> None:
    case = "cut before it was accepted"
    assert all(aftermath.struck(case, "reset").values())
    assert aftermath.is_once_each(case)


def test_a_text_does_not_wait_for_the_call_of_another_that_hangs(
    aftermath: Aftermath,
) -> None:
    hung = min(
        lines[0]["at"] for lines in aftermath.struck(HANGS, "accept_then_hang").values()
    )
    last = max(lines[0]["at"] for lines in aftermath.taken("meanwhile").values())
    assert last - hung < (SEND_TIMEOUT.total or 0), (
        "which is when the call that hangs is given up"
    )


def test_429_for_one_number_is_waited_for_as_told_and_slows_no_other(
    aftermath: Aftermath,
) -> None:
    told = {
        phone: lines[0]["at"]
        for phone, lines in aftermath.struck("429", "rate_limit").items()
    }
    again = {phone: lines[0]["at"] for phone, lines in aftermath.taken("429").items()}
    assert min(again[phone] - told[phone] for phone in told) >= RETRY_AFTER, (
        "no text is tried before the time"
    )
    assert aftermath.is_once_each("429")
    assert aftermath.is_once_each("beside it")
    last_of_the_others = max(
        lines[0]["at"] for lines in aftermath.taken("beside it").values()
    )
    assert last_of_the_others < min(again.values()), "and no other number waited"


def test_carrier_down_for_20_seconds_loses_doubles_and_disorders_nothing(
    aftermath: Aftermath,
) -> None:
    """Ten minutes: by the clock alone in
    tests/model/test_ten_minutes.py, in full by `make faults LONG=1`.
    """
    for lines in aftermath.taken("away").values():
        assert [line["body"].split("\n")[0] for line in lines] == ["First", "Second"]


def test_callbacks_five_times_and_backwards_leave_each_text_where_it_belongs(
    the_house: House, people: Cast
) -> None:
    with_numbers(the_house, people)
    simulator = the_house.simulator
    students = students_of(people, 20)
    for student in students[:5]:
        simulator.fault(kind="unreachable", to=student.mobile)
    simulator.fault(kind="callback_reversed")
    simulator.fault(kind="callback_doubled", copies=5)
    texts = [
        first_text(people.maya, student, "Are you coming?") for student in students
    ]
    # they have no address
    ends = {
        text.pk: "unreached" if at < 5 else "delivered" for at, text in enumerate(texts)
    }

    def stand() -> dict[uuid.UUID, str]:
        return dict(Message.objects.filter(pk__in=ends).values_list("pk", "status"))

    eventually(lambda: stand() == ends)
    at_the_carrier = {
        line["sid"]: line["status"] for line in simulator.ledger("status")
    }
    ours = dict(
        Message.objects.filter(pk__in=ends).values_list("carrier_message_id", "status")
    )
    assert {sid: at_the_carrier[sid] for sid in ours} == {
        sid: "undelivered" if status == "unreached" else status
        for sid, status in ours.items()
    }
    for sid, told in eventually(lambda: told_of_all(the_house, set(ours))).items():
        went = [
            line["status"] for line in simulator.ledger("status") if line["sid"] == sid
        ]
        assert told == [
            status for status in reversed(went) if status in told for _ in range(5)
        ], "five times and backwards"
    assert accepts_by_phone(the_house, students) == {
        student.mobile: 1 for student in students
    }
    keys = Counter(
        MessageEvent.objects.exclude(key="").values_list("message_id", "key")
    )
    assert max(keys.values()) == 1


def told_of_all(house: House, sids: set[str]) -> dict[str, list[str]]:
    """What the carrier told us of each text, in the order it did; nothing until it has
    told us everything five times.
    """
    told: dict[str, list[str]] = {sid: [] for sid in sids}
    for line in house.simulator.ledger("callback"):
        if line.get("sid") in told:
            told[line["sid"]].append(line["status"])
    return (
        told
        if all(news and min(Counter(news).values()) == 5 for news in told.values())
        else {}
    )


def workers() -> set[int]:
    """Those that have told the job engine of themselves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_workers")
        return {id for (id,) in cursor.fetchall()}


def test_two_workers_take_each_text_once(the_house: House, people: Cast) -> None:
    with_numbers(the_house, people)
    alone = workers()
    the_house.start("second worker", ["worker"])
    try:
        eventually(lambda: workers() - alone)
        assert workers() & alone, "the first is there as well"
        the_house.simulator.fault(kind="slow", seconds=0.3)
        students = students_of(people, 150)
        now = timezone.now()
        with transaction.atomic():  # so that both find all of them at once
            texts = [
                accept_text(
                    author=people.maya,
                    student=student,
                    message_id=uuid.uuid4(),
                    body="Are you coming?",
                    now=now,
                )
                for student in students
            ]
        eventually(lambda: arrived(texts), within=RECOVERY)
        assert accepts_by_phone(the_house, students) == {
            student.mobile: 1 for student in students
        }
    finally:
        the_house.processes.pop("second worker").stop()
