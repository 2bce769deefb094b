"""Whatever becomes of the carrier's answer, the student has the text once. Held against the carrier's ledger."""

import uuid
from collections import Counter
from typing import Any

from django.utils import timezone

from quadline.conversations.models import Message, MessageEvent
from quadline.delivery.outbox import accept_text
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast
from tests.faults.test_first_texts import RECOVERY, first_text
from tests.house import House, eventually

ANSWERS: dict[str, list[dict[str, Any]]] = {
    "accepted, then 500": [{"kind": "accept_then_500"}],
    "accepted, then silence": [{"kind": "accept_then_hang", "seconds": 30}],
    "answer and callbacks lost": [{"kind": "accept_then_500"}, {"kind": "callback_lost"}],
    "cut before it was accepted": [{"kind": "reset", "times": 1}],
}
ARRIVED = ("sent", "delivered")


def students_of(people: Cast, count: int) -> list[Student]:
    made = [
        Student(institutional_id=f"0088{at:04d}", first_name="Student", last_name=f"{at:03d}", mobile=f"+1313557{at:04d}")
        for at in range(count)
    ]
    saved = Student.objects.bulk_create(made)
    CaseloadEntry.objects.bulk_create(CaseloadEntry(staff=people.maya, student=student) for student in saved)
    return saved


def with_numbers(house: House, people: Cast) -> None:
    for staff in (people.maya, people.theo):
        first_text(staff, people.sally, "Setup test")
    eventually(lambda: len(house.simulator.accepts(to=people.sally.mobile)) == 2, within=60)


def accepts_by_phone(house: House, students: list[Student]) -> Counter[str]:
    ours = {student.mobile for student in students}
    return Counter(line["to"] for line in house.simulator.accepts() if line["to"] in ours)


def arrived(texts: list[Message]) -> bool:
    return Message.objects.filter(pk__in=[text.pk for text in texts], status__in=ARRIVED).count() == len(texts)


def test_a_text_whose_answer_is_lost_in_any_way_is_accepted_once(the_house: House, people: Cast) -> None:
    with_numbers(the_house, people)
    students = students_of(people, 2 * len(ANSWERS))
    for student, faults in zip(students, [*ANSWERS.values()] * 2, strict=True):
        for fault in faults:
            the_house.simulator.fault(**{"times": 8, **fault}, to=student.mobile)
    texts = [first_text(people.maya, student, "Are you coming?") for student in students]

    eventually(lambda: arrived(texts), within=RECOVERY + 40, every=0.5)
    assert accepts_by_phone(the_house, students) == {student.mobile: 1 for student in students}
    known = set(Message.objects.filter(pk__in=[text.pk for text in texts]).values_list("carrier_message_id", flat=True))
    assert known == {line["sid"] for line in the_house.simulator.accepts() if line["to"] != people.sally.mobile}


def test_after_a_carrier_was_away_for_a_while_each_text_is_accepted_once(the_house: House, people: Cast) -> None:
    with_numbers(the_house, people)
    students = students_of(people, 30)
    the_house.simulator.fault(kind="refuse_connections", seconds=20)
    texts = [first_text(people.maya, student, "Are you coming?") for student in students]
    eventually(lambda: Message.objects.filter(attempts__outcome="unsent").exists(), within=30)
    assert not Message.objects.filter(pk__in=[text.pk for text in texts], status__in=["failed", "blocked"]).exists()

    eventually(lambda: arrived(texts), within=20 + RECOVERY, every=0.5)
    assert accepts_by_phone(the_house, students) == {student.mobile: 1 for student in students}


def test_one_number_that_is_told_to_slow_down_holds_up_no_other(the_house: House, people: Cast) -> None:
    with_numbers(the_house, people)
    simulator, number = the_house.simulator, SystemNumber.objects.get(user=people.maya)
    students = students_of(people, 10)
    simulator.fault(kind="rate_limit", retry_after=15, **{"from": number.phone})
    held = [first_text(people.maya, student, "Are you coming?") for student in students]
    free = [first_text(people.theo, people.sally, f"Text {at}") for at in range(10)]

    eventually(lambda: arrived(free), within=60)
    assert simulator.accepts(to=students[0].mobile) == []
    assert not arrived(held[:1])
    simulator.clear_faults()
    eventually(lambda: arrived(held), within=90)
    assert accepts_by_phone(the_house, students) == {student.mobile: 1 for student in students}


def test_callbacks_five_times_and_backwards_leave_each_text_where_it_belongs(the_house: House, people: Cast) -> None:
    with_numbers(the_house, people)
    simulator = the_house.simulator
    students = students_of(people, 20)
    for student in students[:5]:
        simulator.fault(kind="unreachable", to=student.mobile)
    simulator.fault(kind="callback_reversed")
    simulator.fault(kind="callback_doubled", copies=5)
    texts = [first_text(people.maya, student, "Are you coming?") for student in students]
    ends = {text.pk: "unreached" if at < 5 else "delivered" for at, text in enumerate(texts)}  # they have no address

    def stand() -> dict[uuid.UUID, str]:
        return dict(Message.objects.filter(pk__in=ends).values_list("pk", "status"))

    eventually(lambda: stand() == ends, within=60)
    assert accepts_by_phone(the_house, students) == {student.mobile: 1 for student in students}
    keys = Counter(MessageEvent.objects.exclude(key="").values_list("message_id", "key"))
    assert max(keys.values()) == 1


def test_two_workers_take_each_text_once(the_house: House, people: Cast) -> None:
    with_numbers(the_house, people)
    the_house.start("second worker", ["worker"])
    try:
        the_house.simulator.fault(kind="slow", seconds=0.3)
        students = students_of(people, 150)
        now = timezone.now()
        texts = [
            accept_text(author=people.maya, student=student, message_id=uuid.uuid4(), body="Are you coming?", now=now)
            for student in students
        ]
        eventually(lambda: arrived(texts), within=RECOVERY)
        assert accepts_by_phone(the_house, students) == {student.mobile: 1 for student in students}
    finally:
        the_house.processes.pop("second worker").stop()
