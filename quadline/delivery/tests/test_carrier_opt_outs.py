"""The carrier's own list: told of what it cannot know, learned from where it knows more, compared every night."""

from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.carriers.protocol import NumberProblem, Wish
from quadline.carriers.tests import NOBODY
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger, questions
from quadline.consent.models import CarrierCheck, ConsentEntry, ConsentState
from quadline.consent.rules import KEYWORDS, Change, Keyword, Source
from quadline.conversations.rules import Status
from quadline.delivery import carrier_opt_outs as checks
from quadline.delivery import recording
from quadline.delivery.opting import How, record_stop_request
from quadline.delivery.tests.acts import jobs, reply, send_due, status, write
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator

HOUR = timedelta(hours=1)


def told_in_person(people: Cast) -> ConsentEntry:
    now = timezone.now()
    entry = record_stop_request(
        student=people.rosa, staff=people.maya, actor=people.maya, how=How.IN_PERSON, said_at=now - HOUR, now=now
    )
    assert entry is not None
    return entry


def check(people: Cast) -> tuple[bool, str]:
    found = CarrierCheck.objects.get(state__student_phone=people.rosa.mobile)
    return found.agrees, found.detail


def compare() -> None:
    checks.compare_with_carrier(timestamp=0)


def lost_reply(box: Simulator, people: Cast, number: SystemNumber, body: str) -> None:
    """The carrier got it and acted on it; nobody told us."""
    box.fault(kind="inbound_lost", times=1)
    box.text(people.rosa.mobile, number.phone, body)


# Telling


@pytest.mark.parametrize("body", ["Stop.", "stop!!!", "“STOP”", "🛑 stop"])
def test_a_stop_the_carrier_does_not_take_for_one_is_told_to_it(
    people: Cast, box: Simulator, number: SystemNumber, body: str
) -> None:
    reply(people.rosa.mobile, number.phone, body)
    entry = ConsentEntry.objects.get()
    assert jobs(checks.tell_carrier) == [{"entry_id": entry.pk}]
    checks.tell_carrier(entry_id=entry.pk)
    assert [(each["phone"], each["scope"]) for each in box.ledger("opt_out")] == [(people.rosa.mobile, number.phone)]
    assert check(people) == (True, checks.TOLD)


@pytest.mark.parametrize("body", ["STOP", " stop ", "Cancel", "START"])
def test_what_the_carrier_acts_on_by_itself_is_not_told(people: Cast, number: SystemNumber, body: str) -> None:
    reply(people.rosa.mobile, number.phone, body)
    assert not jobs(checks.tell_carrier)


def test_the_carriers_words_and_ours_are_the_same(twilio: Twilio) -> None:
    wishes = {Keyword.STOP: Wish.STOP, Keyword.START: Wish.START, Keyword.HELP: None}
    assert {word: twilio.wish_in(word) for word in KEYWORDS} == {word: wishes[kind] for word, kind in KEYWORDS.items()}


def test_no_confirmation_is_texted_for_an_opt_out_we_tell_of(people: Cast, box: Simulator, number: SystemNumber) -> None:
    checks.tell_carrier(entry_id=told_in_person(people).pk)
    send_due()
    assert box.accepts() == []
    assert box.ledger("auto_reply") == []


def test_a_carrier_that_cannot_be_told_is_marked_and_nothing_is_lost(people: Cast, box: Simulator, number: SystemNumber) -> None:
    box.fault(kind="refuse", on="consents", code=20404)
    checks.tell_carrier(entry_id=told_in_person(people).pk)
    assert check(people) == (False, checks.NOT_TOLD)
    assert ledger.is_opted_out((people.rosa.mobile, number.phone))


def test_a_carrier_that_does_not_answer_is_told_later(people: Cast, twilio: Twilio, box: Simulator, number: SystemNumber) -> None:
    entry = told_in_person(people)
    twilio.accounts_url, twilio._client = NOBODY, None
    with pytest.raises(NumberProblem):
        checks.tell_carrier(entry_id=entry.pk)
    assert check(people) == (False, checks.NOT_TOLD_YET)
    twilio.accounts_url, twilio._client = box.url, None
    checks.tell_carrier(entry_id=entry.pk)
    assert check(people) == (True, checks.TOLD)


def test_a_student_who_came_back_before_the_carrier_was_told_stays_in(people: Cast, box: Simulator, number: SystemNumber) -> None:
    entry = told_in_person(people)
    reply(people.rosa.mobile, number.phone, "START")
    checks.tell_carrier(entry_id=entry.pk)
    assert box.ledger("opt_out") == []


# Comparing


def test_an_opt_out_by_keyword_agrees(people: Cast, number: SystemNumber) -> None:
    reply(people.rosa.mobile, number.phone, "STOP")
    compare()
    assert check(people) == (True, checks.OWN_WORD)


def test_an_opt_out_that_a_refusal_taught_agrees(people: Cast, box: Simulator, number: SystemNumber) -> None:
    box.fault(kind="refuse", code=21610, times=1)
    write(people.maya, people.rosa)
    send_due()
    compare()
    assert check(people) == (True, checks.REFUSED)


def test_an_opt_out_that_was_told_agrees_until_the_student_has_been_back(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    checks.tell_carrier(entry_id=told_in_person(people).pk)
    compare()
    assert check(people) == (True, checks.TOLD)
    reply(people.rosa.mobile, number.phone, "START")
    entry = reply_and_entry(people, number, "Stop.")
    compare()
    assert check(people) == (False, checks.NOT_TOLD)
    assert {"entry_id": entry.pk} in jobs(checks.tell_carrier), "and is tried again every night"


def reply_and_entry(people: Cast, number: SystemNumber, body: str) -> ConsentEntry:
    reply(people.rosa.mobile, number.phone, body)
    return ConsentEntry.objects.latest("pk")


def test_an_opt_out_the_carrier_does_not_know_differs_and_is_told_again(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    entry = told_in_person(people)
    compare()
    assert check(people) == (False, checks.NOT_TOLD)
    assert jobs(checks.tell_carrier) == [{"entry_id": entry.pk}] * 2


def test_a_stop_only_the_carrier_got_is_learned_and_closes_what_waits(people: Cast, box: Simulator, number: SystemNumber) -> None:
    reply(people.rosa.mobile, number.phone, "please stop texting me")
    text = write(people.maya, people.rosa)
    lost_reply(box, people, number, "STOP")
    compare()
    standing = ledger.standing((people.rosa.mobile, number.phone))
    assert standing is not None
    assert (standing.opted_out, standing.entry.source, standing.entry.wording) == (True, Source.CARRIER, "STOP")
    assert status(text) == Status.BLOCKED
    assert questions.open_question((people.rosa.mobile, number.phone)) is None
    assert check(people) == (True, checks.OWN_WORD)
    compare()
    assert ConsentEntry.objects.count() == 1


def test_a_start_after_the_stop_in_the_log_leaves_the_student_in(people: Cast, box: Simulator, number: SystemNumber) -> None:
    for body in ("STOP", "START"):
        lost_reply(box, people, number, body)
    compare()
    assert not ConsentEntry.objects.exists()


def test_an_old_stop_of_the_log_does_not_undo_a_newer_start(people: Cast, box: Simulator, number: SystemNumber) -> None:
    lost_reply(box, people, number, "STOP")
    ledger.record(
        pair=(people.rosa.mobile, number.phone),
        change=Change.OPT_IN,
        source=Source.REPLY,
        occurred_at=timezone.now() + HOUR,
        carrier_at=timezone.now() + HOUR,
        wording="START",
    )
    compare()
    assert not ledger.is_opted_out((people.rosa.mobile, number.phone))
    assert check(people) == (True, checks.OWN_WORD)


def test_a_start_only_the_carrier_got_is_reported_and_opts_nobody_in(people: Cast, box: Simulator, number: SystemNumber) -> None:
    reply(people.rosa.mobile, number.phone, "STOP")
    ConsentState.objects.update(since=timezone.now() - HOUR)
    lost_reply(box, people, number, "START")
    compare()
    assert ledger.is_opted_out((people.rosa.mobile, number.phone))
    assert check(people) == (False, checks.LET_IN)


def test_a_refusal_whose_lesson_was_lost_is_learned(
    people: Cast, box: Simulator, number: SystemNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as lost:
        lost.setattr(recording, "learn_opt_out", lambda *_, **__: None)
        box.fault(kind="refuse", code=21610, times=1)
        write(people.maya, people.rosa)
        send_due()
    assert not ledger.is_opted_out((people.rosa.mobile, number.phone))
    compare()
    assert ledger.is_opted_out((people.rosa.mobile, number.phone))
    assert check(people) == (True, checks.REFUSED)


def test_an_opt_in_the_carrier_did_not_take_differs_until_a_text_got_through(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    reply(people.rosa.mobile, number.phone, "STOP", said_at=timezone.now() - 2 * HOUR)
    reply(people.rosa.mobile, number.phone, "START!", said_at=timezone.now() - HOUR)
    compare()
    assert check(people) == (False, checks.STILL_OUT)
    write(people.maya, people.rosa)
    send_due()
    compare()
    assert check(people) == (True, checks.TAKES_TEXTS)


def test_a_log_that_cannot_be_read_hurts_nothing(people: Cast, twilio: Twilio, number: SystemNumber) -> None:
    reply(people.rosa.mobile, number.phone, "STOP")
    twilio.api_url, twilio._client = NOBODY, None
    compare()
    assert check(people) == (True, checks.OWN_WORD)


def test_every_detail_fits_its_column() -> None:
    words = [value for name, value in vars(checks).items() if name.isupper() and isinstance(value, str)]
    most = CarrierCheck._meta.get_field("detail").max_length
    assert len(words) >= 7
    assert all(len(each) <= (most or 0) for each in words)
