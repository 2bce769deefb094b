"""A number rests, wakes, moves and is given back: what becomes of texts, replies and
opt-outs.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from quadline.carriers.protocol import OwnedNumber, Registration
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox.deadlines import NUMBER_GIVEN_UP, email_overdue_texts
from quadline.delivery.outbox.wait_explanation import explain_wait
from quadline.delivery.retiring.acts import (
    STILL_THERE,
    confirm_lost,
    give_back_number,
    rest_number,
    wake_number,
)
from quadline.delivery.retiring.consequences import consequences_for
from quadline.delivery.retiring.reassigning import ReassignRefused, reassign_number
from quadline.delivery.tests.acts import (
    fresh,
    jobs,
    rent,
    reply,
    send_due,
    status,
    write,
)
from quadline.numbers.activation import activate, apply_registration
from quadline.numbers.alerts import email_number_active
from quadline.numbers.comparing import compare_numbers
from quadline.numbers.models import NumberTrouble, SystemNumber
from quadline.numbers.provisioning import provision_number
from quadline.numbers.repairing import ask_for_repair, repair_number
from quadline.numbers.returning import return_number
from quadline.numbers.rules import NumberState
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db


def rest(number: SystemNumber, people: Cast) -> None:
    assert rest_number(number=number, actor=people.ada, now=timezone.now())


def release(number: SystemNumber, people: Cast) -> None:
    assert give_back_number(number=number, actor=people.ada, now=timezone.now())


def move(number: SystemNumber, people: Cast, to: User) -> SystemNumber:
    moved = reassign_number(
        number=number, to=to.inbox, actor=people.ada, now=timezone.now()
    )
    assert moved is not None
    return moved


def emails() -> list[str]:
    return sorted(OutgoingEmail.objects.values_list("to", flat=True))


def sweep_deadlines() -> None:
    email_overdue_texts(timestamp=0)


def adopted(people: Cast) -> SystemNumber:
    """The college has a number again that it had given back."""
    compare_numbers(timestamp=0)
    [trouble] = NumberTrouble.objects.filter(over_at=None)
    ask_for_repair(trouble, actor=people.ada, now=timezone.now())
    repair_number(trouble_id=trouble.pk, actor_id=people.ada.pk)
    [spare] = SystemNumber.objects.spare()
    provision_number(number_id=spare.pk)
    spare.refresh_from_db()
    activate(spare, cause="test", now=timezone.now())
    return spare


# Resting and waking


def test_nothing_leaves_a_resting_number_and_what_waits_says_so(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    before = write(people.maya, people.rosa)
    rest(number, people)
    after = write(people.maya, people.bo)
    send_due()

    assert box.accepts() == []
    assert SystemNumber.objects.get() == number  # no second one is asked for
    for text in (before, after):
        text = fresh(text)
        assert text.reason == WaitingFor.NUMBER
        assert text.status_words == "Waiting"
        said = explain_wait(text, now=timezone.now())
        assert said is not None
        assert said.status == "Waiting: your number is resting"
        assert "If your number isn’t active by" in said.detail


def test_a_resting_number_still_receives(number: SystemNumber, people: Cast) -> None:
    rest(number, people)
    filed = reply(people.rosa.mobile, number.phone, "Are you still there?")

    assert filed is not None
    assert filed.conversation.inbox_id == people.maya.inbox.pk
    reply(people.rosa.mobile, number.phone, "STOP")
    assert ledger.is_opted_out((people.rosa.mobile, number.phone))


def test_when_it_wakes_what_waited_leaves_in_order_and_once(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    texts = [write(people.maya, people.rosa, words) for words in ("One", "Two")]
    rest(number, people)
    assert wake_number(number=number, actor=people.ada, now=timezone.now())
    assert not wake_number(number=number, actor=people.ada, now=timezone.now())
    for _ in range(4):
        SystemNumber.objects.update(free_at=None)
        send_due()

    bodies = [each["body"].split("\n")[0] for each in box.accepts()]
    assert bodies == ["One", "Two"]
    assert {status(text) for text in texts} == {Status.SENT}


def test_one_that_said_stop_while_it_rested_gets_nothing_when_it_wakes(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    text = write(people.maya, people.rosa)
    rest(number, people)
    reply(people.rosa.mobile, number.phone, "STOP")
    wake_number(number=number, actor=people.ada, now=timezone.now())
    send_due()

    assert box.accepts() == []
    assert status(text) == Status.BLOCKED


def test_old_news_of_its_registration_does_not_wake_it(
    number: SystemNumber, people: Cast
) -> None:
    rest(number, people)
    news = Registration("again", number.phone, number.carrier_number_id, True)
    apply_registration(news, now=timezone.now())
    activate(number, cause="a probe got through", now=timezone.now())

    number.refresh_from_db()
    assert number.state == NumberState.RESTING


def test_what_waits_too_long_for_a_resting_number_goes_as_one_email(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    write(people.maya, people.rosa)
    rest(number, people)
    sweep_deadlines()
    assert emails() == []

    Message.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    for _ in range(2):
        sweep_deadlines()
    assert emails() == [people.rosa.email]
    wake_number(number=number, actor=people.ada, now=timezone.now())
    send_due()
    assert box.accepts() == []


def test_what_a_person_is_asked_about_stays_held(
    number: SystemNumber, people: Cast
) -> None:
    write(people.maya, people.rosa)
    reply(people.rosa.mobile, number.phone, "please stop texting me")
    held = write(people.maya, people.rosa)
    rest(number, people)
    assert fresh(held).reason == WaitingFor.QUESTION
    wake_number(number=number, actor=people.ada, now=timezone.now())
    send_due()
    assert status(held) == Status.WAITING


@pytest.mark.parametrize("state", sorted(set(NumberState) - {NumberState.ACTIVE}))
def test_only_an_active_number_is_put_to_rest(
    number: SystemNumber, people: Cast, state: NumberState
) -> None:
    SystemNumber.objects.filter(pk=number.pk).update(state=state)
    assert not rest_number(number=number, actor=people.ada, now=timezone.now())


# Giving it back


def test_an_active_number_rests_before_it_is_given_back(
    number: SystemNumber, people: Cast
) -> None:
    assert not give_back_number(number=number, actor=people.ada, now=timezone.now())
    rest(number, people)
    release(number, people)
    assert not give_back_number(number=number, actor=people.ada, now=timezone.now())
    assert [each["number_id"] for each in jobs(return_number)] == [number.pk]


def test_what_waits_for_it_goes_as_one_email_each_and_says_why(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    texts = [write(people.maya, to) for to in (people.rosa, people.bo)]
    rest(number, people)
    release(number, people)
    for _ in range(2):
        sweep_deadlines()

    assert emails() == sorted([people.rosa.email, people.bo.email])
    assert {fresh(text).detail for text in texts} == {NUMBER_GIVEN_UP}
    send_due()
    assert box.accepts() == []


def test_what_a_person_was_asked_about_goes_as_an_email_too(
    number: SystemNumber, people: Cast
) -> None:
    reply(people.rosa.mobile, number.phone, "please stop texting me")
    write(people.maya, people.rosa)
    rest(number, people)
    release(number, people)
    sweep_deadlines()
    assert emails() == [people.rosa.email]


def test_the_next_text_of_its_user_gets_a_new_number(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    rest(number, people)
    release(number, people)
    text = write(people.maya, people.rosa)
    new = fresh(text).system_number
    assert new is not None
    assert (new != number, new.state) == (True, NumberState.REQUESTED)

    return_number(number_id=number.pk)
    provision_number(number_id=new.pk)
    new.refresh_from_db()
    assert new.phone != number.phone
    assert len(box.ledger("release")) == 1
    activate(new, cause="test", now=timezone.now())
    send_due()
    [accepted] = box.accepts()
    assert accepted["from"] == new.phone
    assert "Reply STOP" in accepted["body"]  # a new number gives the notice again


def test_what_was_said_to_it_before_and_read_late_is_still_filed(
    number: SystemNumber, people: Cast
) -> None:
    """Its webhook was lost, and the carrier's log is read after it was given back."""
    write(people.maya, people.rosa)
    rest(number, people)
    release(number, people)
    return_number(number_id=number.pk)
    said_at = timezone.now() - timedelta(minutes=5)
    filed = reply(people.rosa.mobile, number.phone, "STOP", said_at=said_at)

    assert filed is not None
    assert filed.conversation.inbox_id == people.maya.inbox.pk
    assert ledger.is_opted_out((people.rosa.mobile, number.phone))


def test_a_number_that_is_rented_again_keeps_its_opt_outs(
    box: Simulator, twilio: Twilio, number: SystemNumber, people: Cast
) -> None:
    reply(people.rosa.mobile, number.phone, "STOP")
    rest(number, people)
    release(number, people)
    return_number(number_id=number.pk)
    twilio.buy(number.phone, reference="rented again")
    spare = adopted(people)
    text = write(people.theo, people.rosa)

    assert fresh(text).system_number == spare
    assert spare.phone == number.phone
    assert status(text) == Status.BLOCKED
    send_due()
    assert box.accepts() == []


def test_the_carrier_has_a_lost_number_after_all(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    trouble = NumberTrouble.objects.create(
        kind="lost",
        number=number,
        phone=number.phone,
        carrier_number_id=number.carrier_number_id,
        since=timezone.now(),
    )
    ask_for_repair(trouble, actor=people.ada, now=timezone.now(), repair=confirm_lost)
    confirm_lost(trouble_id=trouble.pk, actor_id=people.ada.pk)

    number.refresh_from_db()
    trouble.refresh_from_db()
    assert (number.state, trouble.repair_problem) == (NumberState.ACTIVE, STILL_THERE)
    assert box.ledger("release") == []


def test_a_lost_number_is_written_off_and_its_texts_go_as_emails(
    box: Simulator, twilio: Twilio, number: SystemNumber, people: Cast
) -> None:
    write(people.maya, people.rosa)
    twilio.release(OwnedNumber(number.phone, number.carrier_number_id))
    compare_numbers(timestamp=0)
    [trouble] = NumberTrouble.objects.all()
    ask_for_repair(trouble, actor=people.ada, now=timezone.now(), repair=confirm_lost)
    for _ in range(2):
        confirm_lost(trouble_id=trouble.pk, actor_id=people.ada.pk)
    sweep_deadlines()

    number.refresh_from_db()
    assert number.state == NumberState.RELEASED
    assert emails() == [people.rosa.email]
    assert fresh(write(people.maya, people.rosa)).system_number != number


# Moving it


def test_a_moved_number_sends_for_its_new_inbox_only(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    waited = write(people.maya, people.rosa)
    rest(number, people)
    moved = move(number, people, people.theo)
    sweep_deadlines()
    assert emails() == [people.rosa.email]
    assert status(waited) == Status.BLOCKED

    write(people.theo, people.bo)
    send_due()
    [accepted] = box.accepts()
    assert (accepted["from"], accepted["to"]) == (moved.phone, people.bo.mobile)
    assert "Theo Brandt" in accepted["body"]  # the notice says who writes now
    number.refresh_from_db()
    assert (number.state, number.inbox_id) == (
        NumberState.MOVED,
        people.maya.inbox.pk,
    )
    assert fresh(write(people.maya, people.rosa)).system_number not in (number, moved)
    assert box.ledger("release") == []


def test_what_a_former_student_replies_stays_with_whom_they_wrote(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    write(people.maya, people.rosa)
    send_due()
    rest(number, people)
    move(number, people, people.theo)

    def whose(student: Student) -> int:
        filed = reply(student.mobile, number.phone, "Hello?")
        assert filed is not None
        return filed.conversation.inbox_id

    assert whose(people.rosa) == people.maya.inbox.pk
    assert whose(people.bo) == people.theo.inbox.pk  # who never wrote with Maya
    # One that waits has not reached her: what she answers is Maya's still.
    write(people.theo, people.rosa)
    assert whose(people.rosa) == people.maya.inbox.pk
    SystemNumber.objects.update(free_at=None)  # the rate of the number is over
    send_due()
    assert whose(people.rosa) == people.theo.inbox.pk


@pytest.mark.parametrize(
    "where", [Status.WAITING, Status.BLOCKED, Status.CANCELLED, Status.EMAILED]
)
def test_a_text_that_never_left_takes_no_reply_from_a_colleague(
    box: Simulator,
    number: SystemNumber,
    people: Cast,
    where: Status,
) -> None:
    write(people.maya, people.rosa)
    send_due()
    rest(number, people)
    move(number, people, people.theo)
    text = write(people.theo, people.rosa)
    Message.objects.filter(pk=text.pk).update(status=where, due_at=None)

    filed = reply(people.rosa.mobile, number.phone, "Yes, Monday is fine.")
    assert filed is not None
    assert filed.conversation.inbox_id == people.maya.inbox.pk


def test_one_whose_outcome_is_not_known_may_be_what_the_student_answers(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    write(people.maya, people.rosa)
    send_due()
    rest(number, people)
    move(number, people, people.theo)
    text = write(people.theo, people.rosa)
    Message.objects.filter(pk=text.pk).update(status=Status.UNCONFIRMED)

    filed = reply(people.rosa.mobile, number.phone, "Yes, Monday is fine.")
    assert filed is not None
    assert filed.conversation.inbox_id == people.theo.inbox.pk


def test_what_is_wrong_with_a_number_goes_along(
    box: Simulator, twilio: Twilio, number: SystemNumber, people: Cast
) -> None:
    """Else a repair would tag it at the carrier by the row that has it no more."""
    rows = twilio._library().incoming_phone_numbers
    rows(number.carrier_number_id).update(sms_url="https://elsewhere.example/")
    compare_numbers(timestamp=0)
    rest(number, people)
    moved = move(number, people, people.theo)
    [trouble] = NumberTrouble.objects.filter(over_at=None)
    assert trouble.number == moved
    ask_for_repair(trouble, actor=people.ada, now=timezone.now())
    repair_number(trouble_id=trouble.pk, actor_id=people.ada.pk)

    [there] = twilio.rented_numbers()
    assert (there.reference, there.calls_us) == (str(moved.reference), True)


def test_who_gets_a_number_is_told(number: SystemNumber, people: Cast) -> None:
    rest(number, people)
    moved = move(number, people, people.theo)
    assert {"number_id": moved.pk} in jobs(email_number_active)


@pytest.mark.parametrize("who", ["rosa", "bo"])
def test_an_opt_out_to_a_number_holds_wherever_it_moves(
    box: Simulator, number: SystemNumber, people: Cast, who: str
) -> None:
    student = getattr(people, who)
    reply(student.mobile, number.phone, "STOP")
    rest(number, people)
    move(number, people, people.theo)
    text = write(people.theo, student)
    send_due()

    assert status(text) == Status.BLOCKED
    assert box.accepts() == []
    # a STOP said after the move counts for the number as well
    other = people.bo if who == "rosa" else people.rosa
    reply(other.mobile, number.phone, "STOP")
    assert status(write(people.theo, other)) == Status.BLOCKED


def test_a_number_moves_only_to_an_inbox_that_has_none_and_can_write(
    number: SystemNumber, people: Cast
) -> None:
    rent(people.theo)
    rest(number, people)
    people.omar.is_active = False
    people.omar.save()
    for inbox in (people.theo.inbox, people.omar.inbox, people.iris.inbox):
        with pytest.raises(ReassignRefused):
            reassign_number(
                number=number, to=inbox, actor=people.ada, now=timezone.now()
            )
    with pytest.raises(ReassignRefused):  # it rests there already
        reassign_number(
            number=number,
            to=people.maya.inbox,
            actor=people.ada,
            now=timezone.now(),
        )
    number.refresh_from_db()
    assert number.state == NumberState.RESTING


def test_a_number_that_moved_can_be_given_back_and_moved_on(
    box: Simulator, number: SystemNumber, people: Cast
) -> None:
    rest(number, people)
    first = move(number, people, people.theo)
    rest(first, people)
    second = move(first, people, people.lena)
    rest(second, people)
    release(second, people)
    return_number(number_id=second.pk)

    states = SystemNumber.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["moved", "moved", "released"]
    assert len(box.ledger("release")) == 1


# What it means


def test_what_an_act_would_mean_is_counted(number: SystemNumber, people: Cast) -> None:
    write(people.maya, people.rosa)
    send_due()
    write(people.maya, people.rosa)
    write(people.maya, people.bo)
    reply(people.bo.mobile, number.phone, "STOP")
    counted = consequences_for(number)

    assert (counted.students, counted.waiting, counted.opted_out) == (2, 1, 1)
    assert (counted.paused, counted.on_their_way) == (0, 0)


def test_each_act_is_on_record_with_who_did_it(
    number: SystemNumber, people: Cast
) -> None:
    rest(number, people)
    wake_number(number=number, actor=people.ada, now=timezone.now())
    rest(number, people)
    release(number, people)

    events = number.events.filter(actor=people.ada).order_by("pk")
    done = [event.to_state for event in events]
    assert done == ["resting", "active", "resting", "releasing"]
    audited = AuditEntry.objects.filter(
        subject_type="systemnumber", subject_id=str(number.pk), actor=people.ada
    )
    assert [entry.action for entry in audited.order_by("pk")] == [
        f"number {state}" for state in done
    ]
