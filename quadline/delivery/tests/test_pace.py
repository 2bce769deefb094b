"""Who goes first, and how fast a number sends: at most its
rate, whatever the machine is doing.
"""

import uuid
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from quadline.accounts.models import User
from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, WITH_THE_CARRIER, Status
from quadline.delivery.models import Attempt
from quadline.delivery.outbox.email_outbox import accept_email
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import number_row, rent, send_due, status, write
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator

RATE = 20.0


@pytest.fixture
def paced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.ENV, "texts_per_second", RATE)


def in_bulk(author: User, student: Student, *words: str) -> list[Message]:
    """Texts as a broadcast leaves them."""
    texts = [write(author, student, word) for word in words]
    Message.objects.filter(pk__in=[text.pk for text in texts]).update(is_bulk=True)
    return texts


def tried_again_later(text: Message) -> None:
    """The carrier did not take it: what was written after it waits, too."""
    Message.objects.filter(pk=text.pk).update(
        status=Status.SENDING, due_at=timezone.now() + timedelta(minutes=5)
    )


def handed_over_at(*students: Student) -> list[datetime]:
    attempts = Attempt.objects.filter(
        message__student_phone__in=[student.mobile for student in students]
    )
    return list(attempts.order_by("started_at").values_list("started_at", flat=True))


def order(box: Simulator) -> list[str]:
    return [accept["body"].split("\n")[0] for accept in box.accepts()]


@pytest.mark.usefixtures("paced")
def test_a_number_never_sends_faster_than_its_rate_and_hardly_slower(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    for index in range(15):
        write(people.maya, people.rosa if index % 2 else people.bo, f"text {index}")
    send_due()
    at = handed_over_at(people.rosa, people.bo)
    segments = Message.objects.order_by("position").values_list("segments", flat=True)
    # the last one needs no time after it
    needed = (sum(segments) - segments[len(segments) - 1]) / RATE

    assert len(at) == 15
    assert len(box.accepts()) == 15
    assert (at[-1] - at[0]).total_seconds() >= needed


@pytest.mark.usefixtures("paced")
def test_a_number_that_was_idle_has_saved_up_nothing(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    write(people.maya, people.rosa, "long ago")
    send_due()
    SystemNumber.objects.update(free_at=timezone.now() - timedelta(hours=1))
    for index in range(4):
        write(people.maya, people.bo, f"text {index}")
    send_due()
    at = handed_over_at(people.bo)

    assert (at[-1] - at[0]).total_seconds() >= 3 / RATE


@pytest.mark.usefixtures("paced")
def test_a_single_text_overtakes_a_broadcast(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    in_bulk(people.maya, people.bo, "bulk 1", "bulk 2")
    write(people.maya, people.rosa, "single")
    send_due()

    assert order(box)[0] == "single"


def test_in_one_conversation_a_reply_does_not_overtake_what_was_written_before(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    in_bulk(people.maya, people.rosa, "bulk")
    write(people.maya, people.rosa, "single")
    send_due()

    assert order(box) == ["bulk", "single"]


@pytest.mark.usefixtures("paced")
def test_one_number_with_much_to_send_does_not_hold_up_another(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    in_bulk(people.maya, people.bo, *(f"much {index}" for index in range(12)))
    omars = rent(people.omar)
    in_bulk(people.omar, people.kim, "little")
    send_due()

    assert order(box).index("little") <= 2
    assert omars.phone in {accept["from"] for accept in box.accepts()}


def test_the_text_that_has_waited_longest_is_next_however_many_numbers_have_texts(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    """Without a rate, too: numbers take turns, and one with a
    single text goes before them.
    """
    in_bulk(people.maya, people.bo, *(f"much {index}" for index in range(6)))
    rent(people.omar)
    in_bulk(people.omar, people.kim, "omar 1", "omar 2")
    first, second = claim_batch(limit=1), claim_batch(limit=1)
    assert {claim.message.author_id for claim in (*first, *second)} == {
        people.maya.pk,
        people.omar.pk,
    }
    write(people.omar, people.sally, "single")
    assert [claim.message.body for claim in claim_batch(limit=1)] == ["single"]


def test_single_texts_are_claimed_without_the_broadcasts_beside_them(
    people: Cast, number: SystemNumber
) -> None:
    in_bulk(people.maya, people.bo, "much 1")
    rent(people.omar)
    in_bulk(people.omar, people.kim, "much 2")
    write(people.maya, people.rosa, "single")

    assert [claim.message.body for claim in claim_batch(limit=10)] == ["single"]
    assert {claim.message.body for claim in claim_batch(limit=10)} == {
        "much 1",
        "much 2",
    }


def test_a_single_text_that_may_not_leave_yet_holds_up_no_broadcast(
    people: Cast, number: SystemNumber
) -> None:
    tried_again_later(write(people.maya, people.rosa, "written before"))
    write(people.maya, people.rosa, "single")
    rent(people.omar)
    in_bulk(people.omar, people.kim, "somebody else's")

    assert {claim.message.body for claim in claim_batch(limit=10)} == {
        "somebody else's"
    }


@pytest.mark.parametrize(
    "over", sorted(set(Status) - BEFORE_AN_ATTEMPT - WITH_THE_CARRIER)
)
def test_what_is_over_does_not_leave_again_though_it_were_due_and_holds_up_nobody(
    people: Cast, number: SystemNumber, over: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    # one of a number at once
    monkeypatch.setattr(settings.ENV, "texts_per_second", 1.0)
    stray = write(people.maya, people.rosa)
    Message.objects.filter(pk=stray.pk).update(status=over)
    behind = write(people.maya, people.bo)
    assert [claim.message for claim in claim_batch(limit=10)] == [behind]


def test_a_text_that_waited_goes_to_the_phone_the_student_has_now(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    Student.objects.filter(pk=people.rosa.pk).update(mobile="+17345550188")
    send_due()

    assert [accept["to"] for accept in box.accepts()] == ["+17345550188"]
    assert status(text) == Status.SENT


def test_an_email_that_waits_for_the_mail_server_holds_back_no_text(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    accept_email(
        author=people.maya,
        student=people.rosa,
        message_id=uuid.uuid4(),
        subject="Monday",
        body="See you there.",
        now=timezone.now(),
    )
    write(people.maya, people.rosa, "after the email")
    send_due()

    assert order(box) == ["after the email"]


@pytest.mark.usefixtures("paced", "number")
def test_what_waits_for_its_turn_in_a_broadcast_goes_before_the_next_single_text_to_the_same_student(
    people: Cast,
) -> None:
    in_bulk(people.maya, people.bo, "first", "second", "third")
    bulk = in_bulk(people.maya, people.rosa, "of the broadcast")
    single = write(people.maya, people.rosa, "by hand")
    taken = []
    for _ in range(2):
        SystemNumber.objects.update(free_at=None)
        taken += claim_batch(limit=1)
        Message.objects.filter(pk__in=[claim.message_id for claim in taken]).update(
            status=Status.SENT
        )

    assert [claim.message_id for claim in taken] == [bulk[0].pk, single.pk]


def test_numbers_whose_texts_may_not_leave_yet_hold_up_no_other(people: Cast) -> None:
    for staff, phone in ((people.maya, "+17345550200"), (people.omar, "+17345550201")):
        number_row(staff, phone)
        tried_again_later(write(staff, people.sally, "first"))
        write(staff, people.sally, "after it")
    number_row(people.lena, "+17345550202")
    free = write(people.lena, people.sally)
    SystemNumber.objects.filter(inbox__owner=people.lena).update(free_at=timezone.now())

    assert [claim.message_id for claim in claim_batch(limit=2)] == [free.pk]
