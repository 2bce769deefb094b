"""The carrier's own list: told of what it cannot know, learned from
where it knows more, compared every night.
"""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.carriers.protocol import KeywordWish, NumberProblem
from quadline.carriers.tests import NOBODY
from quadline.carriers.twilio import Twilio
from quadline.consent import ledger, questions
from quadline.consent.keywords import FORMS, exact_word, is_exact, keyword_in
from quadline.consent.models import CarrierCheck, ConsentEntry, ConsentState
from quadline.consent.rules import Change, Keyword, Source
from quadline.conversations.rules import Status
from quadline.delivery.opting import carrier_opt_outs as checks
from quadline.delivery.opting.requests import RequestedBy, record_stop_request
from quadline.delivery.sending import recording
from quadline.delivery.tests.acts import jobs, reply, send_due, status, write
from quadline.numbers.models import SystemNumber
from quadline.sms import bodies
from tests.cast import Cast
from tests.house import Simulator

HOUR = timedelta(hours=1)


def told_in_person(people: Cast) -> ConsentEntry:
    now = timezone.now()
    entry = record_stop_request(
        student=people.rosa,
        inbox=people.maya.inbox,
        actor=people.maya,
        how=RequestedBy.IN_PERSON,
        said_at=now - HOUR,
        now=now,
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


# Every way to write a keyword that we know of, and a few more that only look like one.
DRESSES = (
    "{}", "  {}\r\n", "{}.", "{}!!!", "“{}”", "({})", "*{}*", "{} 🙏", "🛑 {}", "\u200b{}", "{}\ufeff", "\u202a{}\u202c",
    "\u00a0{}", "{}\u3000", "{}\u2028", "{}\x00", "\x1f{}", "{}\n\nSent from my iPhone", "{} -Rosa", "{} please", "{}\n{}",
)  # fmt: skip
WIDE = str.maketrans(
    {letter: chr(ord(letter) + 0xFEE0) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
)
EVERY_FORM = [dress.format(*[word] * 2) for dress in DRESSES for word in FORMS]
EVERY_FORM += [word.lower() for word in FORMS] + [
    word.translate(WIDE) for word in FORMS
]
EVERY_FORM += [
    "ſtop",
    "ſtart",
    "oﬄine",
    "STO\u0301P",
    "ST\u200bOP",
    "opt-out",
    "OPT_OUT",
    "opt\nout",
    "stop-all",
    "Stop , all",
]
ONE_OF_EACH = [
    *FORMS,
    "stop",
    "start",
    "OPT-OUT",
    "Start.",
    "start!",
    "Yes!",
    "STOP please",
    "START please",
    "help?",
]
ONE_OF_EACH += [
    dress.format(*[word] * 2)
    for dress in ("“{}”", "\u200b{}", "{}\u3000", "{}\n{}")
    for word in ("STOP", "START", "YES")
]
ONE_OF_EACH += [word.translate(WIDE) for word in ("STOP", "START", "YES", "OPT OUT")]
DRESSED_STOPS = [
    "Stop.", "stop!!!", "“STOP”", "🛑 stop", "OPT OUT", "opt-out", "Stop all",
    "STOP\u200b", "\u00a0STOP", "STOP\u3000", "STOP\x00",
    "ＳＴＯＰ", "ſtop",
]  # fmt: skip

# Telling


@pytest.mark.parametrize("body", DRESSED_STOPS)
def test_a_stop_the_carrier_does_not_take_for_one_is_told_to_it(
    people: Cast, box: Simulator, number: SystemNumber, body: str
) -> None:
    reply(people.rosa.mobile, number.phone, body)
    entry = ConsentEntry.objects.get()
    assert jobs(checks.tell_carrier) == [{"entry_id": entry.pk}]
    checks.tell_carrier(entry_id=entry.pk)
    assert [(each["phone"], each["scope"]) for each in box.ledger("opt_out")] == [
        (people.rosa.mobile, number.phone)
    ]
    assert check(people) == (True, checks.CARRIER_TOLD)


@pytest.mark.parametrize("body", ["STOP", " stop ", "Cancel", "START"])
def test_what_the_carrier_acts_on_automatically_is_not_told(
    people: Cast, number: SystemNumber, body: str
) -> None:
    reply(people.rosa.mobile, number.phone, body)
    assert not jobs(checks.tell_carrier)


def test_the_table_says_what_the_carrier_acts_on(twilio: Twilio) -> None:
    wishes = {
        Keyword.STOP: KeywordWish.STOP,
        Keyword.START: KeywordWish.START,
        Keyword.HELP: None,
    }
    at_carrier = {
        word: wishes[form.keyword] if form.by_carrier else None
        for word, form in FORMS.items()
    }
    assert {word: twilio.wish_in(word) for word in FORMS} == at_carrier


@pytest.mark.parametrize("body", EVERY_FORM, ids=ascii)
def test_the_carrier_acts_on_no_form_that_we_do_not(twilio: Twilio, body: str) -> None:
    wish, ours = twilio.wish_in(body), keyword_in(bodies.clean(body), opted_out=True)
    assert (wish is None) or (ours is not None and ours[0].value == wish.value)
    assert (wish is not None) == (
        is_exact(body) and FORMS[exact_word(body)].keyword is not Keyword.HELP
    )


@pytest.mark.parametrize("body", ONE_OF_EACH, ids=ascii)
def test_ledger_and_carrier_never_contradict_each_other(
    people: Cast, box: Simulator, number: SystemNumber, body: str
) -> None:
    """From a student who is in, and from one who is out: the ledger opens to
    nothing to which the carrier stays shut.
    """
    pair = (people.rosa.mobile, number.phone)
    hours = itertools.count(-20)  # one word an hour
    for before in ((), ("STOP",)):
        for word in (*before, body):
            box.text(*pair, word)
            reply(*pair, word, said_at=timezone.now() + next(hours) * HOUR)
            tell_what_is_to_tell()
        assert ledger.is_opted_out(pair) == carrier_is_shut(box, pair), (before, body)
        box.text(*pair, "START")
        reply(*pair, "START", said_at=timezone.now() + next(hours) * HOUR)
        assert not ledger.is_opted_out(pair)


def tell_what_is_to_tell() -> None:
    state = ConsentState.objects.filter(
        opted_out=True, carrier_check__detail=checks.CARRIER_BEING_TOLD
    ).first()
    if state:
        assert {"entry_id": state.entry_id} in jobs(checks.tell_carrier)
        checks.tell_carrier(entry_id=state.entry_id)


def carrier_is_shut(box: Simulator, pair: ledger.PhonePair) -> bool:
    changes = sorted(
        [*box.ledger("opt_out"), *box.ledger("opt_in")], key=lambda each: int(each["n"])
    )
    return [each["kind"] for each in changes if each["phone"] == pair[0]][-1:] == [
        "opt_out"
    ]


def test_no_confirmation_is_texted_for_an_opt_out_we_tell_of(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    checks.tell_carrier(entry_id=told_in_person(people).pk)
    send_due()
    assert box.accepts() == []
    assert box.ledger("auto_reply") == []


def test_a_carrier_that_cannot_be_told_is_marked_and_nothing_is_lost(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.fault(kind="refuse", on="consents", code=20404)
    checks.tell_carrier(entry_id=told_in_person(people).pk)
    assert check(people) == (False, checks.CARRIER_NOT_TOLD)
    assert ledger.is_opted_out((people.rosa.mobile, number.phone))


def test_a_carrier_that_does_not_answer_is_told_later(
    people: Cast, twilio: Twilio, box: Simulator, number: SystemNumber
) -> None:
    entry = told_in_person(people)
    twilio.accounts_url, twilio._client = NOBODY, None
    with pytest.raises(NumberProblem):
        checks.tell_carrier(entry_id=entry.pk)
    assert check(people) == (False, checks.CARRIER_BEING_TOLD)
    twilio.accounts_url, twilio._client = box.url, None
    checks.tell_carrier(entry_id=entry.pk)
    assert check(people) == (True, checks.CARRIER_TOLD)


def test_a_student_who_came_back_before_the_carrier_was_told_stays_in(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    entry = told_in_person(people)
    reply(people.rosa.mobile, number.phone, "START")
    checks.tell_carrier(entry_id=entry.pk)
    assert box.ledger("opt_out") == []


# Comparing


def test_an_opt_out_by_keyword_agrees(people: Cast, number: SystemNumber) -> None:
    reply(people.rosa.mobile, number.phone, "STOP")
    compare()
    assert check(people) == (True, checks.OWN_WORD)


def test_an_opt_out_that_a_refusal_taught_agrees(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.fault(kind="refuse", code=21610, times=1)
    write(people.maya, people.rosa)
    send_due()
    compare()
    assert check(people) == (True, checks.CARRIER_REFUSED_TEXT)


def test_an_opt_out_that_was_told_agrees_until_the_student_has_been_back(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    checks.tell_carrier(entry_id=told_in_person(people).pk)
    compare()
    assert check(people) == (True, checks.CARRIER_TOLD)
    reply(people.rosa.mobile, number.phone, "START")
    entry = reply_and_entry(people, number, "Stop.")
    compare()
    assert check(people) == (False, checks.CARRIER_NOT_TOLD)
    assert {"entry_id": entry.pk} in jobs(checks.tell_carrier), (
        "and is tried again every night"
    )


def reply_and_entry(people: Cast, number: SystemNumber, body: str) -> ConsentEntry:
    reply(people.rosa.mobile, number.phone, body)
    return ConsentEntry.objects.latest("pk")


def test_an_opt_out_the_carrier_does_not_know_differs_and_is_told_again(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    entry = told_in_person(people)
    compare()
    assert check(people) == (False, checks.CARRIER_NOT_TOLD)
    assert jobs(checks.tell_carrier) == [{"entry_id": entry.pk}] * 2


def test_a_stop_only_the_carrier_got_is_learned_and_closes_what_waits(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    reply(people.rosa.mobile, number.phone, "please stop texting me")
    text = write(people.maya, people.rosa)
    lost_reply(box, people, number, "STOP")
    compare()
    standing = ledger.consent_state((people.rosa.mobile, number.phone))
    assert standing is not None
    assert (standing.opted_out, standing.entry.source, standing.entry.wording) == (
        True,
        Source.CARRIER,
        "STOP",
    )
    assert status(text) == Status.BLOCKED
    assert questions.open_question((people.rosa.mobile, number.phone)) is None
    assert check(people) == (True, checks.OWN_WORD)
    compare()
    assert ConsentEntry.objects.count() == 1


def test_a_start_after_the_stop_in_the_log_leaves_the_student_in(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    for body in ("STOP", "START"):
        lost_reply(box, people, number, body)
    compare()
    assert not ConsentEntry.objects.exists()


def test_an_old_stop_of_the_log_does_not_undo_a_newer_start(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    lost_reply(box, people, number, "STOP")
    ledger.record_consent(
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


def test_a_start_only_the_carrier_got_is_reported_and_opts_nobody_in(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    reply(people.rosa.mobile, number.phone, "STOP")
    ConsentState.objects.update(since=timezone.now() - HOUR)
    lost_reply(box, people, number, "START")
    compare()
    assert ledger.is_opted_out((people.rosa.mobile, number.phone))
    assert check(people) == (False, checks.CARRIER_OPTED_IN)


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
    assert check(people) == (True, checks.CARRIER_REFUSED_TEXT)


def test_an_opt_in_the_carrier_did_not_take_differs_until_a_text_got_through(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    pair = (people.rosa.mobile, number.phone)
    reply(*pair, "STOP", said_at=timezone.now() - 2 * HOUR)
    now = timezone.now()
    ledger.record_consent(  # as we once did
        pair=pair,
        change=Change.OPT_IN,
        source=Source.REPLY,
        wording="START!",
        occurred_at=now,
        carrier_at=now,
        carrier_reference="SM-once",
    )
    compare()
    assert check(people) == (False, checks.STILL_OUT)
    write(people.maya, people.rosa)
    send_due()
    compare()
    assert check(people) == (True, checks.CARRIER_TAKES_TEXTS)


@pytest.mark.parametrize("body", ["Start.", "start please", "ＳＴＡＲＴ", "Yes!"])
def test_an_opt_in_the_carrier_does_not_take_opens_nothing_and_stays_to_be_answered(
    people: Cast, box: Simulator, number: SystemNumber, body: str
) -> None:
    pair = (people.rosa.mobile, number.phone)
    box.text(*pair, "STOP")
    reply(*pair, "STOP")
    box.text(*pair, body)
    message = reply(*pair, body)
    assert message is not None
    message.conversation.refresh_from_db()
    assert message.conversation.needs_reply
    write(people.maya, people.rosa)
    send_due()
    assert box.ledger("refuse") == [], "no text was handed over to be refused"


def test_a_stop_that_was_cleaned_on_record_is_not_taken_for_the_carriers_own(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    entry = reply_and_entry(people, number, "STOP\u00a0")
    assert entry.wording == "STOP"
    compare()
    assert check(people) == (False, checks.CARRIER_NOT_TOLD)
    checks.tell_carrier(entry_id=entry.pk)
    compare()
    assert check(people) == (True, checks.CARRIER_TOLD)


def test_a_log_that_cannot_be_read_hurts_nothing(
    people: Cast, twilio: Twilio, number: SystemNumber
) -> None:
    reply(people.rosa.mobile, number.phone, "STOP")
    twilio.api_url, twilio._client = NOBODY, None
    compare()
    assert check(people) == (True, checks.OWN_WORD)


def test_every_detail_fits_its_column() -> None:
    words = [
        value
        for name, value in vars(checks).items()
        if name.isupper() and isinstance(value, str)
    ]
    most = CarrierCheck._meta.get_field("detail").max_length
    assert len(words) >= 7
    assert all(len(each) <= (most or 0) for each in words)
