"""Texts that wait when their author leaves: handed over or cancelled, never twice, never
lost.
"""

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastState
from quadline.broadcasts.tests.acts import draft, send
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.tests.acts import (
    fresh,
    number_row,
    reply,
    send_due,
    status,
    write,
)
from quadline.handovers.carrying_out import settle_what_is_left
from quadline.handovers.models import HandedText
from quadline.handovers.tests.acts import leave, plan, sweep
from quadline.inboxes.departure_rules import WaitingTexts
from quadline.inboxes.models import Inbox, Membership
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db


def outcome(message: Message) -> str:
    return HandedText.objects.get(message=message).outcome


def test_a_waiting_text_leaves_from_the_successors_number_once(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    text = write(people.maya, people.rosa, "See you on Monday")
    leave(people, people.maya, people.theo)
    sweep()
    send_due()
    send_due()

    text = fresh(text)
    assert (text.author, text.system_number) == (people.theo, theos_number)
    [sent] = box.accepts()
    assert sent["from"] == theos_number.phone
    assert sent["body"].startswith("See you on Monday")
    # As the first of his number to her it says who writes and how to stop.
    assert "This is Theo Brandt" in sent["body"]
    assert outcome(text) == "handed_over"


def test_texts_are_cancelled_where_that_was_chosen_one_by_one_if_wanted(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    kept, dropped = write(people.maya, people.rosa), write(people.maya, people.bo)
    leave(
        people,
        people.maya,
        people.theo,
        waiting_texts=WaitingTexts.CANCEL,
        excepted_texts=(kept.pk,),
    )
    send_due()

    assert status(dropped) == Status.CANCELLED
    assert status(kept) == Status.SENT
    assert [sent["to"] for sent in box.accepts()] == [people.rosa.mobile]
    assert (outcome(kept), outcome(dropped)) == ("handed_over", "cancelled")


def test_a_successor_without_a_number_gets_one_and_the_text_waits_for_it(
    people: Cast, number: SystemNumber, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    leave(people, people.maya, people.theo)
    send_due()

    text = fresh(text)
    assert (text.status_words, text.reason) == ("Waiting", WaitingFor.NUMBER)
    assert text.system_number == SystemNumber.objects.of(people.theo)
    assert box.accepts() == []


def test_what_the_carrier_has_is_the_leavers_and_is_not_sent_again(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    send_due()
    leave(people, people.maya, people.theo)
    send_due()

    assert fresh(text).author == people.maya
    assert len(box.accepts()) == 1
    assert not HandedText.objects.exists()


def test_a_text_to_somebody_elses_student_is_cancelled_and_on_record(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    CaseloadEntry.objects.filter(student=people.rosa).delete()
    leave(people, people.maya, people.theo)
    send_due()

    assert status(text) == Status.CANCELLED
    assert outcome(text) == "not_theirs"
    assert box.accepts() == []


def test_a_text_accepted_in_the_very_moment_is_found_a_minute_later(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    departure = leave(people, people.maya, people.theo)
    # As accept_text would have left it, had it begun before the hand-over committed.
    text = write(people.theo, people.rosa)
    Message.objects.filter(pk=text.pk).update(author=people.maya, system_number=number)
    settle_what_is_left(departure.pk, now=timezone.now())
    send_due()

    assert fresh(text).author == people.theo
    assert len(box.accepts()) == 1


def test_a_text_waits_on_when_the_student_may_have_asked_to_stop(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    write(people.maya, people.rosa)
    send_due()
    reply(people.rosa.mobile, number.phone, "please stop texting me about this")
    text = write(people.maya, people.rosa, "One more thing")
    assert fresh(text).reason == WaitingFor.QUESTION
    leave(people, people.maya, people.theo)
    sweep()
    send_due()

    assert fresh(text).system_number == theos_number
    assert fresh(text).reason == WaitingFor.QUESTION
    assert len(box.accepts()) == 1


def test_an_office_inbox_sends_what_waits(
    people: Cast, number: SystemNumber, box: Simulator
) -> None:
    desk = Inbox.objects.create(office=people.maya.office, name="Front desk")
    Membership.objects.create(inbox=desk, user=people.theo)
    text = write(people.maya, people.rosa)
    leave(people, people.maya, desk)

    text = fresh(text)
    assert text.author == people.theo
    assert text.system_number == SystemNumber.objects.of_inbox(desk.pk)
    assert text.conversation.inbox_id == desk.pk


def test_texts_stay_quiet_at_night(
    people: Cast,
    number: SystemNumber,
    theos_number: SystemNumber,
    box: Simulator,
    settings: Settings,
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "00:00-23:59"})
    text = write(people.maya, people.rosa)
    leave(people, people.maya, people.theo)
    send_due()

    assert fresh(text).reason == WaitingFor.QUIET_HOURS
    assert box.accepts() == []


def test_an_unfinished_broadcast_is_stopped_and_what_was_sent_stays(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    broadcast = send(draft(people.maya))
    leave(people, people.maya, people.theo)
    send_due()

    assert Broadcast.objects.get(pk=broadcast.pk).state == BroadcastState.STOPPED
    assert box.accepts() == []
    stopped = HandedText.objects.filter(outcome="stopped")
    assert stopped.count() == 2


def test_before_the_day_texts_leave_as_ever(
    people: Cast, number: SystemNumber, box: Simulator
) -> None:
    plan(people, people.maya, people.theo, starts=1)
    write(people.maya, people.rosa)
    sweep()
    send_due()
    assert [sent["from"] for sent in box.accepts()] == [number.phone]


def test_a_number_of_the_books_only_is_no_reason_to_fail(people: Cast) -> None:
    number_row(people.maya, state="registering")  # type: ignore[arg-type]
    leave(people, people.maya, people.theo)
    assert SystemNumber.objects.get().state == "registering"
