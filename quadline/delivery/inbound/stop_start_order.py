"""In which order a student said STOP and START, where our own clock cannot tell: the
carrier is asked for its dates.

Until it has answered the student counts as opted out. No transaction is open while it
is asked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import (
    Carrier,
    InboundText,
    NumberProblem,
    OutcomeUnknown,
)
from quadline.consent import ledger
from quadline.consent.ledger import PhonePair
from quadline.consent.models import ConsentEntry, StopQuestion
from quadline.conversations.models import Conversation, Message
from quadline.delivery.inbound.filing import asks_something, file_replies, id_of
from quadline.delivery.opting import requests
from quadline.jobs import job, single_instance
from quadline.live.notifications import notify_each
from quadline.numbers.models import SystemNumber

log = structlog.get_logger(__name__)

PAIRS_PER_SWEEP = 25  # of three seconds each at worst
MAX_UNDATED = 10
MAX_BY_ID = 5  # texts that the carrier is asked for one by one
FIRST_LOOKUP_WAIT, MAX_LOOKUP_WAIT = timedelta(seconds=10), timedelta(hours=1)


@job(queue="receipts", attempts=3)
def settle_pairs_in_doubt(timestamp: int) -> None:
    """The timetable's sweep, for what was not settled at once; until the carrier has
    answered, less and less often.
    """
    with single_instance("settle_pairs_in_doubt") as is_alone:
        if not is_alone:
            return
        for pair in ledger.pairs_in_doubt(limit=PAIRS_PER_SWEEP):
            settle_if_in_doubt(pair)


def settle_if_in_doubt(pair: PhonePair) -> bool:
    """Ask the carrier when a pair's words were said, if nobody knows
    their order. Whether it is known now.

    Takes some seconds at most. Safe to run twice, and at once.
    """
    standing = ledger.consent_state(pair)
    if standing is None or not standing.is_in_doubt:
        return True
    return _look_up(pair, looks=standing.looks + 1)


def date_starts(pair: PhonePair) -> None:
    """Before an opt-out that comes late is filed: it would close texts that wait,
    though it is older than a START.
    """
    newest = ledger.consent_state(pair)
    if (
        newest
        and not newest.opted_out
        and not newest.entry.carrier_at
        and newest.entry.carrier_message_id
    ):
        _look_up(pair, looks=0)


def _look_up(pair: PhonePair, *, looks: int) -> bool:
    try:
        texts = _texts_of(registry.current_carrier(), pair)
    except (NumberProblem, ValueError, KeyError, TypeError, AttributeError) as problem:
        # or an answer that is none
        log.warning(
            "the order of a student's words could not be read", fault=repr(problem)
        )
        texts = {}
    _file(_unheard(texts))
    return _settle(pair, _dates(texts), looks=looks)


def _texts_of(carrier: Carrier, pair: PhonePair) -> dict[str, InboundText]:
    """What the carrier has of a pair lately, by its ids: its log, and what a
    log that lags behind has not got yet.
    """
    found = _log_of(carrier, pair)
    missing = [message_id for message_id in _undated(pair) if message_id not in found]
    for message_id in missing[:MAX_BY_ID]:
        try:
            text = carrier.received_text(message_id)
        except NumberProblem as problem:
            log.warning("a text could not be looked up", why=problem.words)
            break  # what was found tells something all the same
        if text:
            found[message_id] = text
    return found


def _log_of(carrier: Carrier, pair: PhonePair) -> dict[str, InboundText]:
    """Nothing when the carrier will not list them; each may still be asked for. Raises
    NumberProblem when it is away.
    """
    try:
        texts = carrier.texts_between(student_phone=pair[0], system_phone=pair[1])
    except NumberProblem as problem:
        if isinstance(problem, OutcomeUnknown) or problem.retry_after:
            raise
        log.warning("the texts of a pair could not be listed", why=problem.words)
        return {}
    return {text.carrier_message_id: text for text in texts}


def _undated(pair: PhonePair) -> list[str]:
    """The pair's last words that only the carrier can date, by its ids."""
    of_pair = {
        "student_phone": pair[0],
        "system_phone": pair[1],
        "carrier_at": None,
    }
    words = ConsentEntry.objects.filter(**of_pair).exclude(carrier_message_id="")
    asked = StopQuestion.objects.filter(**of_pair, is_text=True)
    of_words = words.order_by("-pk").values_list("carrier_message_id", flat=True)
    of_asked = asked.order_by("-pk").values_list("carrier_reference", flat=True)
    return [*of_words[:MAX_UNDATED], *of_asked[:MAX_UNDATED]]


def _unheard(
    texts: Mapping[str, InboundText],
) -> Sequence[InboundText]:
    """Texts that ask for something and have not reached us.
    In the order they were said.
    """
    known = Message.objects.filter(pk__in=[id_of(message_id) for message_id in texts])
    known_ids = set(known.values_list("pk", flat=True))
    unheard = [
        text
        for text in texts.values()
        if id_of(text.carrier_message_id) not in known_ids
    ]
    return [text for text in unheard if asks_something(text.body)]


def _file(texts: Sequence[InboundText]) -> None:
    """One that cannot be filed holds back no other; the
    next reading of the log meets it again.
    """
    for text in texts:
        try:
            file_replies([text], now=clock.now())
        except (DataError, IntegrityError, ValueError):
            log.exception(
                "a text that the carrier has could not be filed",
                carrier_message_id=text.carrier_message_id,
            )


def _dates(texts: Mapping[str, InboundText]) -> dict[str, datetime]:
    return {
        message_id: text.sent_at for message_id, text in texts.items() if text.sent_at
    }


def _settle(
    pair: PhonePair,
    dates: Mapping[str, datetime],
    *,
    looks: int,
) -> bool:
    with transaction.atomic():
        ledger.lock_exclusive(pair)
        conversations = _conversations(pair)
        ledger.record_carrier_dates(pair, dates)
        requests.answer_questions_by_keyword({pair: clock.now()}, dates=dates)
        standing = ledger.consent_state(pair)
        is_in_doubt = standing is not None and standing.is_in_doubt
        if is_in_doubt:
            ledger.set_doubt(pair, looks=looks, wait=_wait(looks))
        notify_each((each.inbox_id, f"conv-{each.pk}") for each in conversations)
        return not is_in_doubt


def _wait(looks: int) -> timedelta:
    doubled = FIRST_LOOKUP_WAIT * int(2 ** min(looks, 10))
    return min(doubled, MAX_LOOKUP_WAIT)


def _conversations(pair: PhonePair) -> list[Conversation]:
    """Locked, as whenever somebody opts out or in: nothing joins them meanwhile."""
    student, system = pair
    # those that had the number before, too: their students may have written
    inboxes = SystemNumber.objects.filter(phone=system).exclude(inbox=None)
    rows = Conversation.objects.select_for_update(no_key=True, of=["self"]).filter(
        inbox__in=inboxes.values("inbox")
    )
    return list(
        rows.filter(Q(student__mobile=student) | Q(phone=student)).order_by("pk")
    )
