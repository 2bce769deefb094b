"""How far a STOP reaches is changed while texts leave and STOPs come: whoever still
knows the old scope meets whoever knows the new one.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from quadline.college import current
from quadline.college.current import college_settings
from quadline.college.deciding import decide
from quadline.college.rules import CollegeSettings
from quadline.consent import ledger
from quadline.consent.models import ConsentEntry
from quadline.consent.rules import Change, Source
from quadline.consent.tests.test_ledger import someone_waits
from quadline.conversations.rules import Status
from quadline.delivery.opting import requests
from quadline.delivery.opting.inflight import block_sends
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.sending import sender
from quadline.delivery.sending.claiming import Claim, claim_batch
from quadline.delivery.sending.recording import AcceptedText, record_accepted
from quadline.delivery.tests.acts import (
    at_once,
    due_now,
    number_row,
    reply,
    send_due,
    status,
    write,
)
from tests.cast import Cast, student
from tests.house import PATIENCE, Simulator, eventually

MAYAS, THEOS, OMARS = "+17345550200", "+17345550201", "+17345550202"
SCOPES = ("number", "office", "college")
ANY_CHANGE = [(was, now) for was in SCOPES for now in SCOPES if was != now]
HELD_LOCKS = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid()
"""


@pytest.fixture
def set_scope(settings: Settings) -> Callable[[str], None]:
    def set_it(scope: str) -> None:
        settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": scope})

    return set_it


@pytest.fixture
def rosa(committed_people: Cast) -> Iterator[str]:
    """Her phone; three may text it, Maya and Theo from one office."""
    number_row(committed_people.maya, MAYAS)
    number_row(committed_people.theo, THEOS)
    number_row(committed_people.omar, OMARS)
    yield str(committed_people.rosa.mobile)
    ledger._locked_here.clear()


def locks_held() -> int:
    with connection.cursor() as cursor:
        cursor.execute(HELD_LOCKS)
        return int(cursor.fetchone()[0])


class Stop:
    """A STOP in a thread of its own: it has the lock, and then commits."""

    def __init__(self, *pairs: ledger.PhonePair) -> None:
        self.pairs, self.is_free = pairs, threading.Event()
        self.thread = threading.Thread(target=lambda: at_once([self._come]))
        self.thread.start()

    def _come(self) -> None:
        with transaction.atomic():
            for pair in self.pairs:
                block_sends(pair)
        self.is_free.set()

    def ends(self) -> bool:
        self.thread.join(PATIENCE)
        return self.is_free.is_set()


@pytest.fixture(autouse=True)
def waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 10 * 1000 * int(PATIENCE))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("was", "now"), ANY_CHANGE)
def test_a_lock_is_released_under_the_name_it_was_taken_by(
    rosa: str, set_scope: Callable[[str], None], was: str, now: str
) -> None:
    set_scope(was)
    held = ledger.lock_shared([(rosa, MAYAS)])
    set_scope(now)
    ledger.unlock(held)
    assert locks_held() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("senders", "stops"), ANY_CHANGE)
def test_a_stop_meets_a_sender_that_knows_another_scope(
    rosa: str, set_scope: Callable[[str], None], senders: str, stops: str
) -> None:
    set_scope(senders)
    held = ledger.lock_shared([(rosa, MAYAS)])
    set_scope(stops)
    stop = Stop((rosa, MAYAS))
    eventually(someone_waits)
    ledger.unlock(held)
    assert stop.ends()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("senders", "stops"), ANY_CHANGE)
def test_a_sender_of_any_scope_meets_a_batch_of_stops_of_another(
    rosa: str, set_scope: Callable[[str], None], senders: str, stops: str
) -> None:
    pair = (rosa, MAYAS)
    set_scope(senders)
    held = ledger.lock_shared([pair])
    set_scope(stops)
    tried: list[set[ledger.PhonePair]] = []

    def try_it() -> None:
        with transaction.atomic():
            tried.append(ledger.try_lock_exclusive([pair]))

    at_once([try_it])
    ledger.unlock(held)
    at_once([try_it])
    assert tried == [set(), {pair}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wide", ["office", "college"])
def test_a_stop_that_still_knows_the_number_only_waits_for_a_colleagues_text_that_goes_by_more(
    rosa: str, set_scope: Callable[[str], None], wide: str
) -> None:
    set_scope(wide)
    held = ledger.lock_shared([(rosa, THEOS)])
    set_scope("number")
    stop = Stop((rosa, MAYAS))
    eventually(someone_waits)
    ledger.unlock(held)
    assert stop.ends()


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_knows_more_waits_for_a_colleagues_text_that_left_by_the_number_only(
    committed_people: Cast, rosa: str, set_scope: Callable[[str], None]
) -> None:
    text = write(committed_people.theo, committed_people.rosa)
    [claim] = claim_batch(limit=1)
    assert ledger.lock_shared([claim.to.pair]) == {(rosa, THEOS)}
    set_scope("college")
    stop = Stop((rosa, MAYAS))
    assert not stop.is_free.wait(0.3)
    taken = AcceptedText(claim.message_id, claim.attempt_id, "SM1")
    record_accepted([taken], now=timezone.now())
    assert stop.ends()
    ledger.unlock([claim.to.pair])
    assert status(text) == Status.SENT


@pytest.mark.django_db(transaction=True)
def test_the_last_look_goes_by_the_scope_that_counts_when_the_text_was_claimed(
    committed_people: Cast,
    box: Simulator,
    twilio: object,
    rosa: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker has looked at the settings less than a second ago, and will not soon:
    meanwhile the college widens the scope, and a STOP to a colleague is filed.
    """
    text = write(committed_people.theo, committed_people.rosa)
    seen = {"opt_out_scope": college_settings().opt_out_scope}

    def widen_and_stop() -> None:
        decide({"opt_out_scope": "college"}, seen=seen, actor=committed_people.ada)
        ledger.record_consent(
            pair=(rosa, MAYAS),
            change=Change.OPT_OUT,
            source=Source.REPLY,
            occurred_at=timezone.now(),
        )

    def claim_first(limit: int) -> list[Claim]:
        claims = claim_batch(limit=limit)
        if not ConsentEntry.objects.exists():
            at_once([widen_and_stop])
        return claims

    monkeypatch.setattr(sender, "claim_batch", claim_first)
    monkeypatch.setattr("quadline.college.current.read_again", no_news_here())
    send_due()
    assert (box.accepts(), status(text)) == ([], Status.BLOCKED)


def no_news_here() -> Callable[[], None]:
    """As in another process: that it was decided is not told, only the sender asks."""
    ask = current.read_again
    decided_in = threading.current_thread()

    def only_here() -> None:
        if threading.current_thread() is not decided_in:
            return
        ask()

    return only_here


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_waits_for_one_number_keeps_none_to_another_waiting(
    rosa: str,
) -> None:
    held = ledger.lock_shared([(rosa, MAYAS)])
    waiting = Stop((rosa, MAYAS))
    eventually(someone_waits)
    assert Stop((rosa, THEOS)).ends()
    ledger.unlock(held)
    assert waiting.ends()


@pytest.mark.django_db(transaction=True)
def test_stops_to_several_numbers_of_one_student_do_not_wait_for_each_other(
    committed_people: Cast, rosa: str
) -> None:
    people, now = committed_people, timezone.now()
    both = [people.maya.inbox, people.theo.inbox]

    def told(inboxes: list[Any]) -> Callable[[], object]:
        return lambda: requests.record_stop_requests(
            student=people.rosa,
            inboxes=inboxes,
            actor=people.ada,
            how=requests.RequestedBy.BY_PHONE,
            said_at=now,
            now=now,
        )

    at_once([told(both), told(both[::-1]), told(both), told(both[::-1])])
    assert ledger.opted_out([(rosa, MAYAS), (rosa, THEOS)]) == {
        (rosa, MAYAS),
        (rosa, THEOS),
    }


@pytest.fixture
def changing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """The scope is another from the second question on."""

    def change(first: str, then: str) -> None:
        answers = iter([first])

        def asked() -> CollegeSettings:
            scope = next(answers, then)
            return college_settings().model_copy(update={"opt_out_scope": scope})

        monkeypatch.setattr(opt_out_scope, "college_settings", asked)

    return change


@pytest.mark.parametrize(("was", "now"), ANY_CHANGE)
def test_a_change_in_the_middle_of_a_question_is_answered_by_one_of_both(
    people: Cast, changing: Callable[[str, str], None], was: str, now: str
) -> None:
    by_scope = {
        "number": {MAYAS},
        "office": {MAYAS, THEOS},
        "college": {MAYAS, THEOS, OMARS},
    }
    number_row(people.maya, MAYAS)
    number_row(people.theo, THEOS)
    number_row(people.omar, OMARS)
    phone = people.rosa.mobile
    ledger.record_consent(
        pair=(phone, MAYAS),
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=timezone.now(),
    )
    either = (by_scope[was], by_scope[now])
    changing(was, now)
    assert set(opt_out_scope.system_phones_reached(MAYAS)) in either
    for system in (THEOS, OMARS):
        changing(was, now)
        is_out = phone in opt_out_scope.phones_out_in_scope(system)
        assert is_out in {system in reach for reach in either}
        changing(was, now)
        standing = opt_out_scope.standing_in_scope((phone, system))
        is_out = standing is not None and standing.opted_out
        assert is_out in {system in reach for reach in either}


@pytest.mark.django_db(transaction=True)
def test_nothing_leaves_after_a_stop_while_the_scope_changes_again_and_again(
    committed_people: Cast,
    box: Simulator,
    twilio: object,
    rosa: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Texts to twenty students are on their way, each is stopped somewhere in the
    middle, and meanwhile the college changes its mind without a pause. The carrier
    blocks nobody: whatever it takes is our fault.
    """
    box.settings(carrier_blocks_opt_outs=False)
    people, is_over = committed_people, threading.Event()
    students = [
        student(
            f"0077{place:04}",
            f"First{place}",
            "Many",
            advisor=people.maya,
            mobile=f"+1734555{2000 + place}",
        )
        for place in range(20)
    ]
    for each in students:
        write(people.maya, each)
    taken_at_stop: dict[str, int] = {}
    known = college_settings()
    by_scope = [known.model_copy(update={"opt_out_scope": each}) for each in SCOPES]
    now_counts = by_scope[:1]
    monkeypatch.setattr(current, "first_values", lambda: now_counts[0])

    def change_its_mind() -> None:
        for each in itertools.cycle(by_scope):
            if is_over.is_set():
                return
            now_counts[:] = [each]
            time.sleep(0.001)

    def stop_one_after_the_other() -> None:
        try:
            for each in students:
                reply(each.mobile, MAYAS, "STOP")
                taken_at_stop[each.mobile] = len(box.accepts(to=each.mobile))
        finally:
            is_over.set()

    def send_until_it_is_over() -> None:
        while not is_over.is_set():
            send_due()
            due_now()

    at_once([change_its_mind, stop_one_after_the_other, send_until_it_is_over])
    send_due()
    late = {
        phone: box.accepts(to=phone)[taken:] for phone, taken in taken_at_stop.items()
    }
    assert {phone: texts for phone, texts in late.items() if texts} == {}
    assert len(taken_at_stop) == len(students)
    assert ledger._locked_here == set()
