"""Read the carrier's own log of what System numbers sent: many numbers at once, and no
faster than the carrier bears.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from quadline.carriers import registry
from quadline.carriers.protocol import NumberProblem, OutcomeUnknown, SentText

log = structlog.get_logger(__name__)

# requests; the carrier allows about a hundred, and texts are to leave meanwhile
MAX_CONCURRENT_READS = 8


@dataclass(frozen=True)
class LogQuery:
    """How far one number's log is read: to this time, and with ``ids`` no
    further than to the last of these texts.
    """

    since: datetime
    ids: frozenset[str] = frozenset()


@dataclass
class LogReadings:
    """By number, newest first. A number whose log could not be read is in ``failed``;
    one nobody came to, in neither.
    """

    texts: dict[str, list[SentText]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    wait: float = 0.0  # seconds the carrier asks us to leave it alone
    # it does not answer, or asks us to wait: no further number is asked for
    is_over: bool = False


def read_log(wanted: Mapping[str, LogQuery]) -> LogReadings:
    """The log of each number, in the order given. Holds no
    database connection while it asks.
    """
    reading = LogReadings()
    with ThreadPoolExecutor(MAX_CONCURRENT_READS) as pool:
        list(pool.map(lambda phone: _read(phone, wanted[phone], reading), wanted))
    return reading


def _read(
    phone: str,
    wanted: LogQuery,
    reading: LogReadings,
) -> None:
    if reading.is_over:
        return
    try:
        reading.texts[phone] = list(_as_far_as_wanted(phone, wanted))
    except NumberProblem as problem:
        log.warning("the carrier's log could not be read", why=problem.words)
        reading.failed.add(phone)
        reading.wait = max(reading.wait, problem.retry_after)
        reading.is_over |= (
            isinstance(problem, OutcomeUnknown) or problem.retry_after > 0
        )


def _as_far_as_wanted(phone: str, wanted: LogQuery) -> Iterator[SentText]:
    missing = set(wanted.ids)
    for text in registry.current_carrier().sent_texts(
        system_phone=phone, since=wanted.since
    ):
        yield text
        missing.discard(text.carrier_message_id)
        if wanted.ids and not missing:
            return
