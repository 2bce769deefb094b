"""Replies that may mean stop, put to a person: asked once, open until answered, by a
person or by the student's own keyword.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from quadline.accounts.models import User
from quadline.consent import ledger
from quadline.consent.ledger import PhonePair
from quadline.consent.models import StopQuestion
from quadline.consent.states import as_arrays
from quadline.consent.stop_start_rules import Word, comes_after

StopAnswer = StopQuestion.Answer
MAX_ASKED_AGAIN = 20
OPEN_QUESTIONS = """
    SELECT question.student_phone, question.system_phone
    FROM unnest(%(students)s::text[], %(systems)s::text[])
         AS pair (student_phone, system_phone)
    JOIN consent_stopquestion AS question USING (student_phone, system_phone)
    WHERE question.answer = '' AND question.holds_texts
"""
# In the order of their ids, as everything that answers several.
ANSWER_BY_KEYWORD = """
    WITH open AS MATERIALIZED (
        SELECT question.id, pair.at
        FROM unnest(%(students)s::text[], %(systems)s::text[], %(times)s::timestamptz[])
             AS pair (student_phone, system_phone, at)
        JOIN consent_stopquestion AS question USING (student_phone, system_phone)
        WHERE question.answer = '' ORDER BY question.id FOR NO KEY UPDATE OF question
    )
    UPDATE consent_stopquestion AS question
    SET answer = %(answer)s, answered_at = open.at, answered_by_id = NULL
    FROM open WHERE question.id = open.id
"""


class _CameBack(Exception):
    """There is nothing to ask: a newer START."""


def ask_question(
    *,
    pair: PhonePair,
    wording: str,
    phrase: str,
    carrier_reference: str,
    asked_at: datetime,
    carrier_at: datetime | None = None,
    is_text: bool = False,
    has_waited: bool = False,
    holds_texts: bool = True,
) -> StopQuestion | None:
    """Open a question in the caller's transaction. It waits for texts on their
    way, as a STOP does, if that has not.

    None when there is nothing to ask: this reply was asked about, another of the pair
    is open, the student is surely out, or has surely come back since. One that holds
    texts takes the place of an open one that does not. ``carrier_at``: when the carrier
    got the reply, by its own clock, if that is known.
    """
    with transaction.atomic():
        if not has_waited:
            ledger.lock_exclusive(pair)
        if ledger.is_surely_out(pair):
            return None
        question = StopQuestion(
            student_phone=pair[0],
            system_phone=pair[1],
            wording=wording,
            phrase=phrase,
            carrier_reference=carrier_reference,
            asked_at=asked_at,
            carrier_at=carrier_at,
            is_text=is_text,
            holds_texts=holds_texts,
        )
        if holds_texts and not _is_asked_about(carrier_reference):
            _open(pair).filter(holds_texts=False).delete()
        try:
            with transaction.atomic():
                question.save()
                # Inside: only the database knows when it was written down, by its own
                # clock.
                has_come_back = ledger.opted_in_after(pair, question.word)
                if has_come_back:
                    raise _CameBack
        except (IntegrityError, _CameBack):
            # the database keeps it to one per reply, and to one open per pair
            return None
        if has_come_back is None:
            ledger.set_doubt(pair)
        return question


def ask_again(pair: PhonePair, start: Word) -> StopQuestion | None:
    """Open again what the student's own keyword had answered, unless the
    START surely came after those words.

    For a STOP that turned out to be older than the START. None when there is nothing to
    ask again, or one is open.
    """
    answered = StopQuestion.objects.filter(
        student_phone=pair[0],
        system_phone=pair[1],
        answer=StopAnswer.STOP,
        answered_by=None,
    )
    for question in answered.order_by("-pk")[:MAX_ASKED_AGAIN]:
        if not comes_after(start, question.word) and _open(pair).first() is None:
            question.answer, question.answered_at = "", None
            question.save(update_fields=["answer", "answered_at"])
            return question
    return None


def settle_question(
    *,
    pair: PhonePair,
    answer: StopAnswer,
    by: User | None,
    now: datetime,
) -> StopQuestion | None:
    """Answer the open question of a pair; ``by`` nobody: the student's own
    keyword did. None when none is open.
    """
    with transaction.atomic():
        question = _open(pair).select_for_update(no_key=True).first()
        if question:
            question.answer, question.answered_at, question.answered_by = (
                answer,
                now,
                by,
            )
            question.save(update_fields=["answer", "answered_at", "answered_by"])
        return question


def settle_by_keyword(times: Mapping[PhonePair, datetime], answer: StopAnswer) -> None:
    """Answer the open questions of many pairs by what the students
    themselves texted, each at its time.
    """
    if not times:
        return
    values: dict[str, Any] = {
        **as_arrays(times),
        "times": list(times.values()),
        "answer": answer,
    }
    with connection.cursor() as cursor:
        cursor.execute(ANSWER_BY_KEYWORD, values)


def open_question(pair: PhonePair) -> StopQuestion | None:
    return _open(pair).first()


def pairs_in_question(pairs: Iterable[PhonePair]) -> set[PhonePair]:
    """Those of the pairs in which texts wait, since nobody has answered yet."""
    return ledger.pairs_in(pairs, OPEN_QUESTIONS)


def phones_asked_of(system_phone: str) -> set[str]:
    """Every student phone whose texts from this number wait for an answer."""
    waiting = StopQuestion.objects.filter(answer="", holds_texts=True)
    waiting = waiting.filter(system_phone=system_phone)
    return set(waiting.values_list("student_phone", flat=True))


def _is_asked_about(carrier_reference: str) -> bool:
    return StopQuestion.objects.filter(carrier_reference=carrier_reference).exists()


def _open(pair: PhonePair) -> QuerySet[StopQuestion]:
    return StopQuestion.objects.filter(
        answer="",
        student_phone=pair[0],
        system_phone=pair[1],
    )
