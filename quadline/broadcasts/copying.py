"""Recipients as COPY takes them: a line each, of which only what is a student's own is written anew."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import count, islice

from django.db import connection

from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rendering import Words
from quadline.broadcasts.rules import Outcome, Why
from quadline.broadcasts.tallying import Planned

AT_ONCE = 500  # lines
COPY = """
    COPY broadcasts_recipient
        (student_id, phone, message_id, broadcast_id, outcome, reason, subject, body, notice, segments) FROM STDIN
"""
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_recipients(broadcast: Broadcast, rows: Iterable[Planned], *, now: datetime) -> None:
    """By COPY, which the database goes through while the next rows are planned.

    A query during a COPY on the same connection would wait for ever: whatever a plan asks, it asks before its first row.
    """
    lines = _lines(broadcast, rows, message_ids(now))
    first = next(lines, "")
    if not first:
        return
    with connection.execute_wrapper(_refuse), connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(first)
        while some := "".join(islice(lines, AT_ONCE)):
            copy.write(some)


def message_ids(now: datetime) -> Iterator[str]:
    """UUIDs of version 7 (RFC 9562): the time, then chance, then a counter.

    In the order in which the messages will be written, so that the indexes of messages, of their events and of their
    attempts grow at one end. By chance alone each row would go to another page.
    """
    time, chance = f"{int(now.timestamp() * 1000):012x}", secrets.token_hex(6)
    variant = "89ab"[secrets.randbelow(4)]
    beginning = f"{time[:8]}-{time[8:]}-7{chance[:3]}-{variant}{chance[3:6]}-{chance[6:]}"
    return (f"{beginning}{place:06x}" for place in count())


def _lines(broadcast: Broadcast, rows: Iterable[Planned], ids: Iterable[str]) -> Iterator[str]:
    endings: dict[tuple[Words, Outcome, Why | None], str] = {}
    for (student, outcome, why, words, _), message_id in zip(rows, ids, strict=False):
        alike = words, outcome, why
        ending = endings.get(alike) or endings.setdefault(alike, _ending(broadcast, *alike))
        phone = _escaped(student.mobile) if outcome is Outcome.TEXT else ""
        yield f"{student.pk}\t{phone}\t{message_id}\t{ending}"


def _ending(broadcast: Broadcast, words: Words, outcome: Outcome, why: Why | None) -> str:
    said = (outcome.value, why.value if why else "", words.subject, words.body, words.notice)
    return "\t".join([str(broadcast.pk), *map(_escaped, said), f"{words.segments}\n"])


def _escaped(text: str) -> str:
    return text if text.isprintable() and "\\" not in text else text.translate(ESCAPES)


def _refuse(*_: object) -> None:
    raise AssertionError("a plan asks nothing after its first row")
