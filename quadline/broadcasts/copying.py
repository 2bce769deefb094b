"""Recipients as COPY takes them: a line each, of which only what is a student's own is written again."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection

from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rendering import Words
from quadline.broadcasts.rules import Outcome, Why
from quadline.broadcasts.tallying import Planned

AT_ONCE = 500  # lines
COPY = """
    COPY broadcasts_recipient
        (student_id, phone, broadcast_id, outcome, reason, subject, body, notice, segments) FROM STDIN
"""
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_recipients(broadcast: Broadcast, rows: Iterable[Planned]) -> None:
    """By COPY, which the database goes through while the next rows are planned.

    A query during a COPY on the same connection would wait for ever: whatever a plan asks, it asks before its first row.
    """
    lines = _lines(broadcast, rows)
    first = next(lines, "")
    if not first:
        return
    with connection.execute_wrapper(_refuse), connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(first)
        while some := "".join(islice(lines, AT_ONCE)):
            copy.write(some)


def _lines(broadcast: Broadcast, rows: Iterable[Planned]) -> Iterator[str]:
    endings: dict[tuple[Words, Outcome, Why | None], str] = {}
    for student, outcome, why, words, _ in rows:
        alike = words, outcome, why
        ending = endings.get(alike) or endings.setdefault(alike, _ending(broadcast, *alike))
        phone = _escaped(student.mobile) if outcome is Outcome.TEXT else ""
        yield f"{student.pk}\t{phone}\t{ending}"


def _ending(broadcast: Broadcast, words: Words, outcome: Outcome, why: Why | None) -> str:
    said = (outcome.value, why.value if why else "", words.subject, words.body, words.notice)
    return "\t".join([str(broadcast.pk), *map(_escaped, said), f"{words.segments}\n"])


def _escaped(text: str) -> str:
    return text if text.isprintable() and "\\" not in text else text.translate(ESCAPES)


def _refuse(*_: object) -> None:
    raise AssertionError("a plan asks nothing after its first row")
