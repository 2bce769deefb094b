"""Pause a broadcast, let it go on, or stop the rest of it. What is in the sender's hands goes on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record
from quadline.broadcasts.facts import people_in, verdicts_for
from quadline.broadcasts.launching import set_off
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import MAY_BECOME, BroadcastRefused, State, sending_seconds
from quadline.broadcasts.writing import held_as_arguments, waits_of
from quadline.consent.rules import Verdict
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Status, WaitingFor
from quadline.conversations.statuses import explain, sql, wait, wait_where
from quadline.delivery import notices
from quadline.delivery.deadlines import deadline_of
from quadline.delivery.out_of_reach import keep_out_of_reach
from quadline.delivery.rules import waits_for
from quadline.live.telling import tell
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import State as NumberState
from quadline.roster.models import Student

# Texts are locked in the order in which the sender's answers are written down (delivery/recording.py).
WAITING = """
    SELECT message.id FROM conversations_message AS message
    JOIN broadcasts_recipient AS recipient ON recipient.message_id = message.id
    WHERE recipient.broadcast_id = %(broadcast)s AND message.channel = 'text'
      AND message.status IN ('waiting', 'queued') AND message.reason <> %(but)s
    ORDER BY message.id FOR NO KEY UPDATE OF message
"""
RESUME = """
    SELECT message.id, COALESCE(held.reason, %(reason)s) AS reason, '' AS detail,
           CASE WHEN held.student_id IS NULL THEN %(due_at)s ELSE held.due_at END AS due_at,
           %(deadline)s::timestamptz AS deadline_at
    FROM conversations_message AS message
    JOIN conversations_conversation AS conversation ON conversation.id = message.conversation_id
    LEFT JOIN unnest(%(held)s::bigint[], %(reasons)s::text[], %(due_ats)s::timestamptz[])
         AS held (student_id, reason, due_at) ON held.student_id = conversation.student_id
    WHERE message.id = ANY(%(ids)s::uuid[])
"""
# Emails that are not in a worker's hands: those instead of a text that never left, and those that are the broadcast.
EMAILS = """
    SELECT email.id FROM delivery_outgoingemail AS email
    JOIN broadcasts_recipient AS recipient ON recipient.message_id = email.message_id
    JOIN conversations_message AS message ON message.id = email.message_id
    WHERE recipient.broadcast_id = %(broadcast)s AND email.state = 'queued'
      AND (message.status = 'blocked' OR message.channel = 'email' AND message.status = 'queued')
    ORDER BY email.id FOR NO KEY UPDATE OF email
"""
HOLD = "UPDATE delivery_outgoingemail SET due_at = %(due_at)s WHERE id = ANY(%(ids)s)"
DROP = """
    UPDATE delivery_outgoingemail SET state = 'dropped', due_at = NULL, detail = 'The broadcast was stopped.'
    WHERE id = ANY(%(ids)s) RETURNING message_id
"""
CANCELLED = sql.climbed(f"'{Status.CANCELLED}'")
EVENT = sql.event(
    "stopped",
    cause=Cause.BROADCAST_STOPPED,
    to=f"'{Status.CANCELLED}'",
    actor="%(actor)s",
)
CANCEL = f"""
    WITH stopped AS (
        SELECT id, status FROM conversations_message WHERE id = ANY(%(ids)s::uuid[]) AND status = ANY(%(lower)s::text[])
    ),
    told AS ({EVENT})
    UPDATE conversations_message AS message SET {CANCELLED}
    FROM stopped WHERE message.id = stopped.id
"""  # noqa: S608  # no value in it
STOPPED_WORDS = "The broadcast was stopped before an email went out instead."


def may_steer(broadcast: Broadcast, actor: User) -> bool:
    """The author, or whoever manages the college's accounts."""
    return actor.may[May.MANAGE] or (actor.pk == broadcast.author_id and actor.may[May.TEXT])


def pause(broadcast: Broadcast, *, actor: User, now: datetime) -> bool:
    """What waits stays until it is resumed. False when it is not running. Raises BroadcastRefused."""
    with transaction.atomic():
        row = _turned(broadcast, State.PAUSED, actor)
        if row is None:
            return False
        paused = waits_for(Verdict(True), now=now, is_bulk=True, is_paused=True)
        wait(_waiting(row, but=""), paused, now=now)
        _run(HOLD, ids=_run(EMAILS, broadcast=row.pk), due_at=None)
        _say("broadcast paused", row, actor)
    broadcast.refresh_from_db()
    return True


def resume(broadcast: Broadcast, *, actor: User, now: datetime) -> bool:
    """It goes on where it was. False when it is not paused. Raises BroadcastRefused."""
    with transaction.atomic():
        row = _turned(broadcast, State.RUNNING, actor)
        if row is None:
            return False
        paused = _waiting(row, but=WaitingFor.QUESTION)
        number = SystemNumber.objects.of(row.author)
        law = _verdicts_now(paused, row.author, number, now)
        is_active = number is not None and number.state == NumberState.ACTIVE
        last = max([now, *(verdict.until or now for verdict in law.values())]) + _takes(paused)
        deadline = deadline_of(last, waits_for_number=not is_active)
        text, held = waits_of(law, has_active_number=is_active, now=now)
        values = {"ids": paused, "deadline": deadline, **held_as_arguments(text, held)}
        wait_where(RESUME, values, new_deadline=True)
        keep_out_of_reach(now=now)
        _run(HOLD, ids=_run(EMAILS, broadcast=row.pk), due_at=now)
        _say("broadcast resumed", row, actor)
        set_off(row)
    broadcast.refresh_from_db()
    return True


def stop_rest(broadcast: Broadcast, *, actor: User, now: datetime) -> int:
    """Cancel what has not left, texts and emails; returns how many. Raises BroadcastRefused."""
    with transaction.atomic():
        row = _turned(broadcast, State.STOPPED, actor)
        if row is None:
            return 0
        texts = _waiting(row, but="")
        emails = _run(DROP, ids=_run(EMAILS, broadcast=row.pk))
        lower = sql.lower_than(Status.CANCELLED)
        _run(CANCEL, ids=[*texts, *emails], lower=lower, actor=actor.pk, now=now)
        explain(emails, STOPPED_WORDS, among=[Status.BLOCKED])
        _pass_notices_on(texts)
        Broadcast.objects.filter(pk=row.pk).update(finished_at=now)
        _say("broadcast stopped", row, actor, stopped=len(texts) + len(emails))
    broadcast.refresh_from_db()
    return len(texts) + len(emails)


def _turned(broadcast: Broadcast, state: State, actor: User) -> Broadcast | None:
    """The broadcast, locked and in its new state; None when it cannot come into it."""
    row = Broadcast.objects.select_for_update(no_key=True, of=["self"]).select_related("author").get(pk=broadcast.pk)
    if not may_steer(row, actor):
        raise BroadcastRefused(f"Only {row.author.name} or an administrator can do that. Nothing was changed.")
    if row.state == State.DRAFT or state not in MAY_BECOME[State(row.state)]:
        return None
    row.state = state
    row.save(update_fields=["state"])
    return row


def _waiting(broadcast: Broadcast, *, but: str) -> list[Any]:
    """The texts that have not left, locked, but those that wait for one reason."""
    return _run(WAITING, broadcast=broadcast.pk, but=but)


def _verdicts_now(texts: Iterable[Any], author: User, number: SystemNumber | None, now: datetime) -> dict[int, Verdict]:
    """The law's on the students whom it holds: it is quiet there, or a person is asked."""
    students = Student.objects.filter(conversations__messages__in=texts)
    verdicts = verdicts_for(people_in(students), author=author, number=number, now=now)
    return {student.pk: verdict for student, verdict in verdicts if verdict.is_held}


def _takes(texts: list[Any]) -> timedelta:
    segments = sum(Message.objects.filter(pk__in=texts).values_list("segments", flat=True))
    return timedelta(seconds=sending_seconds(segments, settings.ENV.texts_per_second))


def _pass_notices_on(stopped: list[Any]) -> None:
    """Where another text waits behind a first one that was stopped, that one now carries the notice."""
    first = Message.objects.filter(pk__in=stopped).exclude(notice="")
    behind = Message.objects.filter(status__in=BEFORE_AN_ATTEMPT).values("conversation")
    for text in first.filter(conversation__in=behind).select_related("conversation", "system_number"):
        notices.pass_on(text)


def _say(action: str, broadcast: Broadcast, actor: User, **detail: Any) -> None:
    record(action, subject=broadcast, actor=actor, **detail)
    for event in (f"broadcast-{broadcast.pk}", "inbox"):
        tell([broadcast.author_id, actor.pk], event)


def _run(statement: str, **values: Any) -> list[Any]:
    """The first column of what it answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []
