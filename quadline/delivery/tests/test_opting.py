"""Opting out in other words than a keyword: a reply that is put to a
person, and what a staff member was told.
"""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from quadline.carriers.protocol import InboundText
from quadline.consent import ledger, questions
from quadline.consent.models import ConsentEntry, StopQuestion
from quadline.consent.questions import StopAnswer
from quadline.consent.rules import Change, Reason, Source
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import RANK, Status, WaitingFor
from quadline.delivery.inbound.filing import file_replies
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.opting import carrier_opt_outs, requests
from quadline.delivery.opting.requests import (
    REQUESTED_BY_WORDS,
    RequestedBy,
    StopRequestRefused,
    answer_question,
    question_in,
    record_stop_request,
)
from quadline.delivery.outbox import holding
from quadline.delivery.sending import sender
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    ago,
    at_once,
    due_now,
    fresh,
    jobs,
    number_row,
    rent,
    reply,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.models import Student
from tests.cast import Cast, student
from tests.house import Simulator, eventually

WORDS = "please stop texting me"


@pytest.fixture
def mayas(people: Cast) -> SystemNumber:
    return number_row(people.maya)


def conversation(staff: User, person: Student) -> Conversation:
    return open_conversation(inbox=staff.inbox, student=person, now=timezone.now())


def answer(
    people: Cast, choice: StopAnswer, *, person: Student | None = None
) -> StopQuestion | None:
    chosen = conversation(people.maya, person or people.rosa)
    return answer_question(
        conversation=chosen, actor=people.maya, answer=choice, now=timezone.now()
    )


def stands(message: Message) -> tuple[str, str, bool]:
    """Its status, what it waits for, and whether the sender may take it."""
    row = fresh(message)
    return row.status, row.reason, row.due_at is not None


# The question


def test_words_that_may_mean_stop_are_put_to_the_staff_user(
    people: Cast, mayas: SystemNumber
) -> None:
    message = reply(people.rosa.mobile, mayas.phone, f"Hi. {WORDS}!", sid="SM1")
    assert message is not None
    question = question_in(fresh(message).conversation)
    assert question is not None
    assert (question.wording, question.carrier_reference) == (f"Hi. {WORDS}!", "SM1")
    assert "stop texting me" in question.phrase
    assert question.asked_at == message.created_at
    assert fresh(message).conversation.needs_reply is True
    assert not ConsentEntry.objects.exists(), "nobody has opted out yet"


@pytest.mark.parametrize(
    "body",
    [
        "stop by my office",
        "don't stop",
        "cancel my appointment",
        "HELP",
        "ok",
        "Yes",
        "",
    ],
)
def test_ordinary_talk_asks_nothing(
    people: Cast, mayas: SystemNumber, body: str
) -> None:
    reply(people.rosa.mobile, mayas.phone, body)
    assert not StopQuestion.objects.exists()


def test_a_stop_is_no_question(people: Cast, mayas: SystemNumber) -> None:
    reply(people.rosa.mobile, mayas.phone, "STOP")
    assert not StopQuestion.objects.exists()


def test_a_reply_that_comes_again_asks_once(people: Cast, mayas: SystemNumber) -> None:
    for _ in range(3):
        reply(people.rosa.mobile, mayas.phone, WORDS, sid="SM1")
    assert StopQuestion.objects.count() == 1


def test_what_waits_for_the_student_is_held_and_nothing_else(
    people: Cast, mayas: SystemNumber
) -> None:
    queued, waiting, gone, cancelled = (
        write(people.maya, people.rosa, body) for body in "abcd"
    )
    for text, state in (
        (waiting, Status.WAITING),
        (gone, Status.SENT),
        (cancelled, Status.CANCELLED),
    ):
        Message.objects.filter(pk=text.pk).update(status=state)
    Message.objects.filter(pk=gone.pk).update(due_at=None)
    for_bo = write(people.maya, people.bo)
    omars = number_row(people.omar, "+17345550201")
    from_omar = write(people.omar, people.rosa)
    reply(people.rosa.mobile, mayas.phone, WORDS)

    assert stands(queued) == (Status.QUEUED, WaitingFor.QUESTION, False)
    assert stands(waiting) == (Status.WAITING, WaitingFor.QUESTION, False)
    assert [status(text) for text in (gone, cancelled)] == [
        Status.SENT,
        Status.CANCELLED,
    ]
    assert stands(for_bo) == stands(from_omar) == (Status.QUEUED, "", True)
    assert [event.cause for event in queued.events.all()][-1] == "held for an answer"
    assert claim_batch(limit=50) != []  # Bo's and Omar's
    assert omars.phone != mayas.phone


def test_a_text_of_a_paused_broadcast_stays_paused(
    people: Cast, mayas: SystemNumber
) -> None:
    paused = write(people.maya, people.rosa)
    Message.objects.update(status=Status.WAITING, reason=WaitingFor.PAUSED, due_at=None)
    reply(people.rosa.mobile, mayas.phone, WORDS)
    assert stands(paused) == (Status.WAITING, WaitingFor.PAUSED, False)
    answer(people, StopAnswer.GO_ON)
    assert stands(paused) == (Status.WAITING, WaitingFor.PAUSED, False)


def test_a_text_written_meanwhile_is_kept_and_waits_for_the_answer(
    people: Cast, mayas: SystemNumber
) -> None:
    message = reply(people.rosa.mobile, mayas.phone, WORDS)
    text = write(people.maya, people.rosa, "Of course. Sorry!")
    assert stands(text) == (Status.WAITING, WaitingFor.QUESTION, False)
    assert message is not None
    assert fresh(message).conversation.needs_reply is True, (
        "the question is still to be answered"
    )
    assert not jobs(sender.send_due_texts)


def test_keep_texting_lets_the_texts_go_on_and_opts_nobody_in(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    before = write(people.maya, people.rosa, "one")
    reply(people.rosa.mobile, number.phone, WORDS)
    after = write(people.maya, people.rosa, "two")
    due_now()
    send_due()
    assert box.accepts() == []
    assert answer(people, StopAnswer.GO_ON) is not None
    assert jobs(sender.send_due_texts)
    send_due()
    assert [each["body"].split()[0] for each in box.accepts()] == ["one", "two"]
    assert [status(text) for text in (before, after)] == [Status.SENT, Status.SENT]
    assert not ConsentEntry.objects.exists()
    assert "goes on" in [event.cause for event in before.events.all()]


def test_texts_that_go_on_wait_for_their_turn_or_the_number_as_before(
    people: Cast, mayas: SystemNumber
) -> None:
    single, bulk = (
        write(people.maya, people.rosa, "one"),
        write(people.maya, people.rosa, "two"),
    )
    Message.objects.filter(pk=bulk.pk).update(
        is_bulk=True, status=Status.WAITING, reason=WaitingFor.TURN
    )
    Message.objects.update(deadline_at=timezone.now())
    reply(people.rosa.mobile, mayas.phone, WORDS)
    answer(people, StopAnswer.GO_ON)
    assert stands(single) == (Status.QUEUED, "", True)
    assert stands(bulk) == (Status.WAITING, WaitingFor.TURN, True)
    deadline = fresh(single).deadline_at
    assert deadline is not None
    assert deadline > timezone.now() + timedelta(hours=1), "it has its usual time again"
    reply(people.rosa.mobile, mayas.phone, WORDS)
    SystemNumber.objects.update(state=NumberState.REGISTERING)
    answer(people, StopAnswer.GO_ON)
    assert stands(single) == (Status.QUEUED, WaitingFor.NUMBER, True)


def test_stop_texting_opts_out_with_the_reply_as_proof(
    people: Cast, mayas: SystemNumber
) -> None:
    queued = write(people.maya, people.rosa)
    message = reply(people.rosa.mobile, mayas.phone, WORDS)
    assert message is not None
    answer(people, StopAnswer.STOP)
    entry = ConsentEntry.objects.get()
    assert (entry.change, entry.source, entry.wording, entry.actor) == (
        Change.OPT_OUT,
        Source.STAFF,
        WORDS,
        people.maya,
    )
    assert entry.occurred_at == message.created_at
    assert stands(queued) == (Status.BLOCKED, Reason.OPTED_OUT, False)
    assert OutgoingEmail.objects.get().message == queued
    assert jobs(carrier_opt_outs.tell_carrier) == [{"entry_id": entry.pk}]
    assert fresh(message).conversation.needs_reply is False
    assert write(people.maya, people.rosa).status == Status.BLOCKED


def test_an_answer_is_audited_and_counts_once(
    people: Cast, mayas: SystemNumber
) -> None:
    reply(people.rosa.mobile, mayas.phone, WORDS)
    assert answer(people, StopAnswer.STOP) is not None
    assert answer(people, StopAnswer.GO_ON) is None
    audited = AuditEntry.objects.get(action="stop question answered")
    assert (audited.actor, audited.detail["answer"]) == (people.maya, "stop")
    assert people.rosa.mobile not in str(audited.detail)
    assert ConsentEntry.objects.count() == 1


def test_two_clicks_at_once_are_one_answer(people: Cast, mayas: SystemNumber) -> None:
    reply(people.rosa.mobile, mayas.phone, WORDS)
    answers = [answer(people, choice) for choice in (StopAnswer.GO_ON, StopAnswer.STOP)]
    assert [each is not None for each in answers] == [True, False]
    assert not ConsentEntry.objects.exists()


@pytest.mark.parametrize(
    ("word", "kept"), [("STOP", StopAnswer.STOP), ("START", StopAnswer.GO_ON)]
)
def test_a_later_keyword_answers_automatically(
    people: Cast, mayas: SystemNumber, word: str, kept: StopAnswer
) -> None:
    text = write(people.maya, people.rosa)
    reply(people.rosa.mobile, mayas.phone, WORDS, said_at=ago(minutes=2))
    reply(people.rosa.mobile, mayas.phone, word, said_at=ago(minutes=1))
    question = StopQuestion.objects.get()
    assert (question.answer, question.answered_by) == (kept, None)
    assert status(text) == (Status.BLOCKED if word == "STOP" else Status.QUEUED)
    assert stands(text)[2] is (word == "START")
    assert answer(people, StopAnswer.GO_ON) is None


def test_a_start_that_was_sent_before_and_fetched_late_answers_nothing(
    people: Cast, mayas: SystemNumber
) -> None:
    reply(people.rosa.mobile, mayas.phone, WORDS)
    earlier = timezone.now() - timedelta(hours=1)
    file_replies(
        [InboundText("SM9", people.rosa.mobile, mayas.phone, "START", sent_at=earlier)],
        now=timezone.now(),
    )
    assert questions.open_question((people.rosa.mobile, mayas.phone)) is not None


def test_a_stop_that_came_late_closes_nothing_after_a_newer_start(
    people: Cast, mayas: SystemNumber
) -> None:
    reply(people.rosa.mobile, mayas.phone, "START", said_at=ago(minutes=1))
    text = write(people.maya, people.rosa)
    earlier = timezone.now() - timedelta(hours=1)
    file_replies(
        [InboundText("SM9", people.rosa.mobile, mayas.phone, "STOP", sent_at=earlier)],
        now=timezone.now(),
    )
    assert status(text) == Status.QUEUED


def test_who_shares_a_phone_shares_the_question(
    people: Cast, mayas: SystemNumber
) -> None:
    sister = student(
        "00100009", "Ana", "Calderón", advisor=people.maya, mobile=people.rosa.mobile
    )
    for_sister = write(people.maya, sister)
    reply(people.rosa.mobile, mayas.phone, WORDS)
    assert stands(for_sister) == (Status.QUEUED, WaitingFor.QUESTION, False)
    answer(people, StopAnswer.STOP, person=sister)
    assert status(for_sister) == Status.BLOCKED


def test_questions_of_many_conversations_are_found_in_two_looks(
    people: Cast, mayas: SystemNumber, django_assert_num_queries: object
) -> None:
    omars = number_row(people.omar, "+17345550201")
    asked = [
        reply(people.rosa.mobile, mayas.phone, WORDS),
        reply(people.kim.mobile, omars.phone, "no más"),
    ]
    quiet = reply(people.bo.mobile, mayas.phone, "ok")
    conversations = list(Conversation.objects.select_related("student"))
    assert callable(django_assert_num_queries)
    with django_assert_num_queries(2):
        found = requests.questions_in(conversations)
    assert found.keys() == {message.conversation_id for message in asked if message}
    assert quiet is not None
    assert requests.questions_in([]) == {}


# The sender


def test_the_last_look_keeps_back_a_text_that_was_claimed_before_the_question(
    people: Cast, mayas: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    claim = claim_batch(limit=1)[0]
    reply(people.rosa.mobile, mayas.phone, WORDS)
    holding.hold_claimed_text(claim.message, claim.attempt, now=timezone.now())
    assert stands(text) == (
        Status.SENDING,
        WaitingFor.QUESTION,
        False,
    ), "its status does not fall"
    assert text.attempts.get().outcome == Attempt.Outcome.UNSENT
    assert RANK[status(text)] == RANK[Status.SENDING]
    answer(people, StopAnswer.STOP)
    assert stands(text) == (Status.BLOCKED, Reason.OPTED_OUT, False)


def test_a_text_that_was_kept_back_goes_on_after_the_answer(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    claim = claim_batch(limit=1)[0]
    reply(people.rosa.mobile, number.phone, WORDS)
    holding.hold_claimed_text(claim.message, claim.attempt, now=timezone.now())
    answer(people, StopAnswer.GO_ON)
    send_due()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_no_text_is_accepted_after_a_question_has_committed(
    committed_people: Cast, box: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, rosa = rent(committed_people.maya), committed_people.rosa
    first = write(committed_people.maya, rosa, "one")
    write(committed_people.maya, rosa, "two")
    # on a busy machine the call lasts longer
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 600_000)
    # the carrier takes its time before it accepts
    box.fault(kind="slow", seconds=0.4, to=rosa.mobile)
    accepted_by_then: list[int] = []

    def ask_meanwhile() -> None:
        eventually(lambda: status(first) != Status.QUEUED)
        reply(rosa.mobile, number.phone, WORDS)
        accepted_by_then.append(len(box.accepts()))

    at_once([send_due, ask_meanwhile])
    due_now()
    send_due()
    assert questions.pairs_in_question([(rosa.mobile, number.phone)])
    assert [len(box.accepts())] == accepted_by_then
    assert accepted_by_then[0] < 2


# What a staff member was told


def told(
    people: Cast,
    *,
    staff: User | None = None,
    actor: User | None = None,
    at: datetime | None = None,
) -> ConsentEntry | None:
    now = timezone.now()
    return record_stop_request(
        student=people.rosa,
        inbox=(staff or people.maya).inbox,
        actor=actor or people.maya,
        how=RequestedBy.IN_PERSON,
        said_at=at or now - timedelta(hours=2),
        note="  Asked after class. ",
        now=now,
    )


def test_what_a_student_told_is_an_opt_out_with_who_when_and_how(
    people: Cast, mayas: SystemNumber
) -> None:
    queued = write(people.maya, people.rosa)
    at = timezone.now() - timedelta(days=1)
    entry = told(people, at=at)
    assert entry is not None
    assert (entry.source, entry.actor, entry.occurred_at) == (
        Source.STAFF,
        people.maya,
        at,
    )
    assert entry.wording == "In person. Asked after class."
    assert ledger.is_opted_out((people.rosa.mobile, mayas.phone))
    assert stands(queued) == (Status.BLOCKED, Reason.OPTED_OUT, False)
    assert OutgoingEmail.objects.filter(message=queued).count() == 1
    assert jobs(carrier_opt_outs.tell_carrier) == [{"entry_id": entry.pk}]
    audited = AuditEntry.objects.get(action="stop request recorded")
    assert (audited.actor, audited.detail) == (
        people.maya,
        {"how": "in_person", "whose": people.maya.pk},
    )


def test_it_counts_for_that_number_only(people: Cast, mayas: SystemNumber) -> None:
    omars = number_row(people.omar, "+17345550201")
    told(people)
    assert not ledger.is_opted_out((people.rosa.mobile, omars.phone))


def test_it_answers_an_open_question(people: Cast, mayas: SystemNumber) -> None:
    reply(people.rosa.mobile, mayas.phone, WORDS)
    told(people, at=timezone.now())
    question = StopQuestion.objects.get()
    assert (question.answer, question.answered_by) == (StopAnswer.STOP, people.maya)


def test_who_is_out_is_not_put_out_again(people: Cast, mayas: SystemNumber) -> None:
    reply(people.rosa.mobile, mayas.phone, "STOP")
    assert told(people) is None
    assert ConsentEntry.objects.get().keyword == "STOP"


def test_what_the_student_texted_since_counts_more(
    people: Cast, mayas: SystemNumber
) -> None:
    reply(people.rosa.mobile, mayas.phone, "START")
    with pytest.raises(StopRequestRefused, match="Rosa has texted START since then"):
        told(people)
    assert not ledger.is_opted_out((people.rosa.mobile, mayas.phone))


def test_a_time_to_come_is_refused(people: Cast, mayas: SystemNumber) -> None:
    with pytest.raises(StopRequestRefused, match="still to come"):
        told(people, at=timezone.now() + timedelta(minutes=10))
    assert not ConsentEntry.objects.exists()


def test_without_a_number_or_a_mobile_there_is_nothing_to_opt_out_of(
    people: Cast,
) -> None:
    with pytest.raises(StopRequestRefused, match="no number of Maya Alvarez"):
        told(people)
    number_row(people.maya)
    Student.objects.filter(pk=people.rosa.pk).update(mobile="")
    people.rosa.refresh_from_db()
    with pytest.raises(StopRequestRefused, match="could text Rosa"):
        told(people)


def test_only_an_administrator_records_it_for_somebody_elses_number(
    people: Cast, mayas: SystemNumber
) -> None:
    for actor in (people.theo, people.lena, people.omar, people.iris):
        with pytest.raises(StopRequestRefused, match="own number only"):
            told(people, actor=actor)
    entry = told(people, actor=people.ada)
    assert entry is not None
    assert entry.actor == people.ada


def test_an_auditor_records_nothing(people: Cast) -> None:
    number_row(people.iris)
    with pytest.raises(StopRequestRefused):
        told(people, staff=people.iris, actor=people.iris)


def test_the_numbers_that_texted_a_student_are_known(
    people: Cast, mayas: SystemNumber
) -> None:
    number_row(people.theo, "+17345550202")
    omars = number_row(people.omar, "+17345550201")
    for author in (people.maya, people.omar):
        write(author, people.rosa)
    assert requests.numbers_that_texted(people.rosa) == [mayas, omars]
    assert requests.numbers_that_texted(people.bo) == []


def test_every_way_to_tell_has_words() -> None:
    assert REQUESTED_BY_WORDS.keys() == set(RequestedBy)
