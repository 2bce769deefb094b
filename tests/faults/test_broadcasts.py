"""A broadcast to 500 while processes die and students say STOP. Held against the
carrier's ledger and the mailboxes.
"""

import random
import time
import uuid
from collections import Counter

from django.utils import timezone

from quadline.broadcasts import drafting, launching, preflight, results
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import PlannedOutcome
from quadline.consent.models import ConsentEntry
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student
from quadline.roster.searching import search_text
from tests.cast import Cast
from tests.faults.test_first_texts import Window, first_text
from tests.house import House, eventually

MANY = 500
# seconds: a dead worker is missed after 30, an answer that was lost is settled after 60
# more
SETTLED_WITHIN = 600.0
WORDS = "Registration opens on Monday. Maya Alvarez at Alder College"


def a_large_caseload(people: Cast) -> list[Student]:
    """500 more students for Maya: every tenth has only a landline,
    every fiftieth neither phone nor email.
    """
    made = [
        Student(
            institutional_id=f"0099{index:04d}",
            first_name="Student",
            last_name=f"Number {index:03d}",
            email="" if index % 50 == 7 else f"student{index}@alder.example",
            mobile="" if index % 50 == 7 or index % 10 == 3 else f"+1313555{index:04d}",
            landline=f"+1313556{index:04d}" if index % 10 == 3 else "",
        )
        for index in range(MANY)
    ]
    return as_the_caseload(people, made)


def as_the_caseload(people: Cast, made: list[Student]) -> list[Student]:
    """Maya's, and nobody else is on it."""
    for student in made:
        student.search_text = search_text(student)
    saved = Student.objects.bulk_create(made)
    CaseloadEntry.objects.filter(staff=people.maya).delete()
    CaseloadEntry.objects.bulk_create(
        CaseloadEntry(staff=people.maya, student=student) for student in saved
    )
    return saved


def with_a_number(house: House, people: Cast) -> SystemNumber:
    first_text(people.maya, people.sally, "Setup test")
    eventually(lambda: house.simulator.accepts(to=people.sally.mobile))
    return SystemNumber.objects.get(inbox__owner=people.maya)


def sent_to_the_caseload(people: Cast) -> Broadcast:
    drafted = drafting.draft_broadcast(
        author=people.maya,
        broadcast_id=uuid.uuid4(),
        channel="text",
        subject="",
        body=WORDS,
        audience={"to": ["caseload"], "except": []},
        with_contact_card=False,
        is_announcement=False,
        now=timezone.now(),
    )
    preflight.review(drafted, now=timezone.now())
    drafted.refresh_from_db()
    return launching.launch_broadcast(
        drafted, actor=people.maya, fingerprint=drafted.fingerprint, now=timezone.now()
    )


def texted(house: House) -> Counter[str]:
    return Counter(
        accept["to"]
        for accept in house.simulator.ledger("accept")
        if accept["body"].startswith(WORDS)
    )


def mailed(house: House) -> Counter[str]:
    """By address; the same mail again, which a mail store shows once, counts once."""
    return Counter(
        line["to"] for line in house.simulator.mail_ledger() if not line["repeated"]
    )


def test_everyone_gets_it_once_though_worker_and_web_are_killed_ten_times(
    the_house: House, people: Cast
) -> None:
    students = a_large_caseload(people)
    with_a_number(the_house, people)
    # so that many calls are under way whenever a process dies
    the_house.simulator.fault(kind="slow", seconds=1.0)
    chance = random.Random(7)  # noqa: S311  # the same deaths in every run
    broadcast = sent_to_the_caseload(people)
    for _ in range(10):
        time.sleep(chance.uniform(0.3, 2.5))
        victim = chance.choice(["worker", "worker", "web"])
        the_house.kill(victim)
        the_house.start(victim)
    the_house.simulator.clear_faults()

    expected = {student.mobile for student in students if student.mobile}
    by_email = {
        student.email for student in students if not student.mobile and student.email
    }
    eventually(
        lambda: set(texted(the_house)) == expected, within=SETTLED_WITHIN, every=1
    )
    eventually(
        lambda: set(mailed(the_house)) >= by_email, within=SETTLED_WITHIN, every=1
    )
    eventually(lambda: finished(broadcast), within=SETTLED_WITHIN, every=1)
    assert max(texted(the_house).values()) == 1
    assert {
        address: count
        for address, count in mailed(the_house).items()
        if address in by_email and count != 1
    } == {}

    progress = results.progress_of(broadcast, now=timezone.now())
    assert (
        progress.total
        == progress.done
        == broadcast.recipients.exclude(outcome=PlannedOutcome.NOTHING).count()
    )
    assert broadcast.recipients.filter(
        message__status__in=["sent", "delivered"]
    ).count() == len(expected)
    assert broadcast.recipients.filter(message__status="emailed").count() == len(
        by_email
    )


def finished(broadcast: Broadcast) -> bool:
    broadcast.refresh_from_db()
    return broadcast.state == "finished"


def test_five_who_stop_during_a_broadcast_get_no_text_after_it_and_an_email_for_one_they_did_not_get(
    the_house: House, people: Cast
) -> None:
    students = a_large_caseload(people)
    number = with_a_number(the_house, people)
    simulator = the_house.simulator
    simulator.settings(carrier_blocks_opt_outs=False)  # nobody but us stops it
    simulator.fault(kind="slow", seconds=1.0)
    stoppers = [student for student in students if student.mobile][-5:]
    # one of them is in time, however busy this machine is
    with the_house.paused("worker"):
        broadcast = sent_to_the_caseload(people)
        simulator.text(stoppers[0].mobile, number.phone, "STOP")
    for student in stoppers[1:]:
        simulator.text(student.mobile, number.phone, "STOP")

    ada = Window(the_house.url, people.ada.email)
    report = ada.get("/reports/opt-outs/")
    assert all(student.last_name in report for student in stoppers), (
        "the report shows them at once"
    )
    eventually(lambda: finished(broadcast), within=SETTLED_WITHIN, every=1)
    stopped_at = {
        entry.student_phone: entry.recorded_at
        for entry in ConsentEntry.objects.filter(change="opt_out")
    }
    for student in stoppers:
        later = [
            a
            for a in simulator.accepts(to=student.mobile)
            if a["at"] > stopped_at[student.mobile].timestamp()
        ]
        assert later == []
        assert (
            texted(the_house)[student.mobile] + mailed(the_house)[student.email] == 1
        ), "by text before the STOP, or by email"
    assert texted(the_house)[stoppers[0].mobile] == 0, (
        "it said STOP before any text could leave"
    )
