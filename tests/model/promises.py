"""What holds after every step, read from the carrier's ledger and the rows."""

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from quadline.consent import ledger
from quadline.consent.models import StopQuestion
from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import FINAL_STATUSES, NOT_DELIVERED, Status
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.outcomes import future_times, stuck_texts
from quadline.delivery.outcomes.reconciliation import A_PERSON_DECIDES
from quadline.numbers.models import SystemNumber
from tests.faults.harness.ladder import played
from tests.mail_server import MailServer
from tests.model.college import College

DETROIT = ZoneInfo("America/Detroit")
OPEN = (Attempt.Outcome.UNDER_WAY, Attempt.Outcome.UNKNOWN)


def each_text_is_over_or_waits_visibly(college: College) -> None:
    """P1."""
    for text in Message.objects.filter(direction="outbound"):
        status = Status(text.status)
        is_kept_by_a_person = (
            text.reason == "question" or text.detail == A_PERSON_DECIDES
        )
        is_in_hand = (
            text.due_at
            or is_kept_by_a_person
            or text.attempts.filter(outcome__in=OPEN).exists()
        )
        assert status in FINAL_STATUSES or status is Status.SENT or is_in_hand, (
            text.body,
            text.status,
            text.reason,
            text.detail,
        )


def none_is_in_nobodys_hands(college: College) -> None:
    """P1, as the sweep sees it that would find such a text: by our own
    design it never has anything to do.
    """
    assert list(stuck_texts._stuck(college.now)) == []


def accepted_at_most_once(college: College) -> None:
    """P2, and each acceptance is of a text we know."""
    references = Counter(
        line["status_callback"].partition("ref=")[2] for line in college.accepts()
    )
    assert not references or max(references.values()) == 1, references
    assert set(references) <= {str(message_id) for message_id in college.texts}


def one_number_and_one_purchase(college: College) -> None:
    """P4. A purchase whose answer was lost is at the carrier before it is on record."""
    assert SystemNumber.objects.count() <= 1
    bought = {line["phone_number"] for line in college.box.purchases()}
    assert len(college.box.purchases()) <= 1
    recorded = set(
        SystemNumber.objects.exclude(carrier_number_id="").values_list(
            "phone", flat=True
        )
    )
    assert recorded <= bought


def no_status_fell(college: College) -> None:
    """P5 and P10."""
    events = MessageEvent.objects.order_by("pk").values(
        "message_id", "from_status", "to_status", "cause"
    )
    timeline: dict[object, list[Any]] = {}
    for event in events:
        timeline.setdefault(event["message_id"], []).append(event)
    for message_id, status, body in Message.objects.values_list("pk", "status", "body"):
        assert played(timeline.get(message_id, [])) == status, (
            body,
            timeline.get(message_id),
        )


def one_email_for_what_did_not_arrive(college: College, mailbox: MailServer) -> None:
    """P6. In the row, the moment it is closed; in the mailbox, once."""
    closed = Message.objects.filter(channel="text", status__in=NOT_DELIVERED)
    assert not closed.filter(email=None).exists()
    letters = Counter(
        str(letter["Message-ID"]) for _, _, letter in mailbox.handler.taken
    )
    assert not letters or max(letters.values()) == 1, letters
    of_texts = set(
        OutgoingEmail.objects.filter(message__channel="text").values_list(
            "header_id", flat=True
        )
    )
    assert set(letters) <= of_texts
    emailed = Message.objects.filter(channel="text", status=Status.EMAILED).values_list(
        "email__header_id", "email__to"
    )
    assert set(emailed) <= {
        (str(letter["Message-ID"]), to) for _, to, letter in mailbox.handler.taken
    }


def each_reply_once(college: College) -> None:
    """P7."""
    assert Message.objects.filter(direction="inbound").count() == college.said


def may_be_texted(college: College, phone: str, number: str) -> bool:
    """P3: neither out nor in question, by the ledger alone."""
    in_question = StopQuestion.objects.filter(
        student_phone=phone, system_phone=number, answer=""
    ).exists()
    return not ledger.is_opted_out((phone, number)) and not in_question


def is_quiet(college: College) -> bool:
    """P8, on the clock of the campus and of the students' phones."""
    hour = college.now.astimezone(DETROIT).hour
    return hour >= 21 or hour < 8


def nothing_waits_longer_than_it_can(college: College) -> None:
    """No time that somebody waits for was written by a clock that is ahead."""
    with connection.cursor() as cursor:
        for each in future_times.time_limits():
            latest = college.now + each.ahead + future_times.CLOCK_ERROR
            cursor.execute(
                f"SELECT {each.column} FROM {each.table} WHERE {each.column} > %s AND"
                f" {each.rows}",
                [latest],
            )
            assert cursor.fetchall() == [], f"{each.table}.{each.column}"
