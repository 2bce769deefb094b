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
from quadline.broadcasts.writing import as_json
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, WaitingFor
from quadline.delivery import notices
from quadline.delivery.deadlines import deadline_of
from quadline.delivery.out_of_reach import keep_out_of_reach
from quadline.live.telling import tell
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import State as NumberState
from quadline.roster.models import Student

OF_BROADCAST = """
    SELECT message.id
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, channel, status FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0) AS message
    WHERE recipient.broadcast_id = %(broadcast)s
      AND message.channel = 'text' AND message.status IN ('waiting', 'queued')
"""
EMAILS_OF_BROADCAST = """
    SELECT email.id
    FROM broadcasts_recipient AS recipient
    CROSS JOIN LATERAL (
        SELECT id, channel, status FROM conversations_message
        WHERE id = recipient.message_id OFFSET 0) AS message
    CROSS JOIN LATERAL (
        SELECT id, state FROM delivery_outgoingemail WHERE message_id = message.id OFFSET 0) AS email
    WHERE recipient.broadcast_id = %(broadcast)s AND email.state = 'queued'
      AND (message.status = 'blocked' OR message.channel = 'email' AND message.status = 'queued')
"""
# Texts are locked in the order in which the sender's answers are written down (delivery/accepted.py).
WAITING = """
    SELECT id FROM conversations_message
    WHERE id = ANY(%(ids)s::uuid[]) AND channel = 'text'
      AND status IN ('waiting', 'queued') AND reason <> %(but)s
    ORDER BY id FOR NO KEY UPDATE
"""
PAUSE = "UPDATE conversations_message SET due_at = NULL, reason = 'paused' WHERE id = ANY(%(ids)s::uuid[])"
RESUME = """
    UPDATE conversations_message AS message
    SET deadline_at = %(deadline)s, (due_at, reason) = (
        SELECT CASE WHEN %(is_active)s THEN COALESCE(night.until, %(now)s) ELSE %(now)s END,
               CASE WHEN NOT %(is_active)s THEN 'number'
                    WHEN night.until IS NULL THEN 'turn' ELSE 'quiet_hours' END
        FROM (
            SELECT (%(held)s::jsonb ->> conversation.student_id::text)::timestamptz AS until
            FROM conversations_conversation AS conversation
            WHERE conversation.id = message.conversation_id
            OFFSET 0
        ) AS night
    )
    WHERE message.id = ANY(%(ids)s::uuid[])
"""
# The student's wish is in question: such a text goes on when that is answered, not before.
IN_QUESTION = """
    UPDATE conversations_message AS message SET due_at = NULL, reason = 'question'
    FROM numbers_systemnumber AS number, consent_stopquestion AS question
    WHERE message.id = ANY(%(ids)s::uuid[]) AND number.id = message.system_number_id AND question.answer = ''
      AND question.holds_texts
      AND question.student_phone = message.student_phone AND question.system_phone = number.phone
"""
# Emails that are not in a worker's hands: those instead of a text that never left, and those that are the broadcast.
EMAILS = """
    SELECT id FROM delivery_outgoingemail WHERE id = ANY(%(ids)s) AND state = 'queued'
    ORDER BY id FOR NO KEY UPDATE
"""
HOLD = "UPDATE delivery_outgoingemail SET due_at = %(due_at)s WHERE id = ANY(%(ids)s)"
DROP = """
    UPDATE delivery_outgoingemail SET state = 'dropped', due_at = NULL, detail = 'The broadcast was stopped.'
    WHERE id = ANY(%(ids)s) RETURNING message_id
"""
CANCEL = """
    WITH told AS (
        INSERT INTO conversations_messageevent (message_id, at, from_status, to_status, cause, carrier_code, actor_id, key)
        SELECT id, %(now)s, status, 'cancelled', 'broadcast stopped', '', %(actor)s, ''
        FROM conversations_message WHERE id = ANY(%(ids)s::uuid[]) AND status IN ('waiting', 'queued')
    )
    UPDATE conversations_message SET status = 'cancelled', due_at = NULL, reason = '', detail = ''
    WHERE id = ANY(%(ids)s::uuid[]) AND status IN ('waiting', 'queued')
"""
KEPT_BACK = "UPDATE conversations_message SET detail = %(words)s WHERE id = ANY(%(ids)s::uuid[]) AND status = 'blocked'"
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
        _run(PAUSE, ids=_waiting(row, but=""))
        _run(HOLD, ids=_emails(row), due_at=None)
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
        held = _held_now(paused, row.author, number, now)
        is_active = number is not None and number.state == NumberState.ACTIVE
        last = max([now, *held.values()]) + _takes(paused)
        deadline = deadline_of(last, waits_for_number=not is_active)
        _run(RESUME, ids=paused, is_active=is_active, now=now, deadline=deadline, held=as_json(held))
        _run(IN_QUESTION, ids=paused)
        keep_out_of_reach(now=now)
        _run(HOLD, ids=_emails(row), due_at=now)
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
        emails = _run(DROP, ids=_emails(row))
        _run(CANCEL, ids=[*texts, *emails], actor=actor.pk, now=now)
        _run(KEPT_BACK, ids=emails, words=STOPPED_WORDS)
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
    return _run(WAITING, ids=_run(OF_BROADCAST, broadcast=broadcast.pk), but=but)


def _emails(broadcast: Broadcast) -> list[Any]:
    """Its emails that have not left, locked."""
    return _run(EMAILS, ids=_run(EMAILS_OF_BROADCAST, broadcast=broadcast.pk))


def _held_now(texts: Iterable[Any], author: User, number: SystemNumber | None, now: datetime) -> dict[int, datetime]:
    """The students for whom it is quiet now, and until when."""
    messages = Message.objects.filter(pk__in=list(texts))
    conversations = set(messages.values_list("conversation", flat=True))
    theirs = Conversation.objects.filter(pk__in=conversations).values_list("student", flat=True)
    students = Student.objects.filter(pk__in=set(theirs))
    verdicts = verdicts_for(people_in(students), author=author, number=number, now=now)
    return {student.pk: verdict.until for student, verdict in verdicts if verdict.until}


def _takes(texts: list[Any]) -> timedelta:
    segments = sum(Message.objects.filter(pk__in=texts).values_list("segments", flat=True))
    return timedelta(seconds=sending_seconds(segments, settings.ENV.texts_per_second))


def _pass_notices_on(stopped: list[Any]) -> None:
    """Where another text waits behind a first one that was stopped, that one now carries the notice."""
    first = Message.objects.filter(pk__in=stopped).exclude(notice="")
    whose = dict(first.values_list("pk", "conversation"))
    behind = Message.objects.filter(status__in=BEFORE_AN_ATTEMPT, conversation__in=set(whose.values()))
    waiting = set(behind.values_list("conversation", flat=True))
    ended = [text for text, conversation in whose.items() if conversation in waiting]
    for text in Message.objects.filter(pk__in=ended).prefetch_related("conversation", "system_number"):
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
