"""Pause a broadcast, resume it, or stop the rest of it. What the sender has claimed
goes on.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.broadcasts.facts import people_in, verdicts_for
from quadline.broadcasts.launching import start_sending
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import (
    MAY_BECOME,
    BroadcastRefused,
    BroadcastState,
    sending_seconds,
)
from quadline.broadcasts.writing import waits_of
from quadline.college.current import college_settings
from quadline.consent.rules import ALLOWED, Verdict
from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Status, WaitingFor
from quadline.conversations.statuses import explain, sql, wait
from quadline.delivery import notices
from quadline.delivery.outbox.deadlines import deadline_of
from quadline.delivery.outbox.out_of_reach import hold_texts_out_of_reach
from quadline.delivery.rules import waits_for
from quadline.live.notifications import notify_screens
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState as NumberState
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
        SELECT id, state FROM delivery_outgoingemail
        WHERE message_id = message.id OFFSET 0) AS email
    WHERE recipient.broadcast_id = %(broadcast)s
      AND email.state = 'queued'
      AND (message.status = 'blocked'
           OR message.channel = 'email' AND message.status = 'queued')
"""
# Texts are locked in the order in which the sender's answers are written down
# (delivery/sending/recording.py).
TEXTS_TO_STOP = """
    SELECT id FROM conversations_message
    WHERE id = ANY(%(ids)s::uuid[]) AND channel = 'text'
      AND status IN ('waiting', 'queued') AND reason <> %(but)s
    ORDER BY id FOR NO KEY UPDATE
"""
# Emails that no worker has claimed: those instead of a text that never left, and
# those that are the broadcast.
EMAILS_TO_STOP = """
    SELECT id FROM delivery_outgoingemail WHERE id = ANY(%(ids)s) AND state = 'queued'
    ORDER BY id FOR NO KEY UPDATE
"""
POSTPONE_EMAILS = (
    "UPDATE delivery_outgoingemail SET due_at = %(due_at)s WHERE id = ANY(%(ids)s)"
)
DISCARD_EMAILS = """
    UPDATE delivery_outgoingemail
    SET state = 'dropped', due_at = NULL, detail = 'The broadcast was stopped.'
    WHERE id = ANY(%(ids)s)
    RETURNING message_id
"""
CANCELLED = sql.climbed(f"'{Status.CANCELLED}'")
STOPPED_EVENT = sql.event(
    "stopped",
    cause=Cause.BROADCAST_STOPPED,
    to=f"'{Status.CANCELLED}'",
    actor="%(actor)s",
)
CANCEL_TEXTS = f"""
    WITH stopped AS (
        SELECT id, status FROM conversations_message
        WHERE id = ANY(%(ids)s::uuid[]) AND status = ANY(%(lower)s::text[])
    ),
    told AS ({STOPPED_EVENT})
    UPDATE conversations_message AS message
    SET {CANCELLED}
    WHERE id = ANY(%(ids)s::uuid[]) AND status = ANY(%(lower)s::text[])
"""  # noqa: S608  # no value in it
STOPPED_WORDS = "The broadcast was stopped before an email went out instead."


def may_steer(broadcast: Broadcast, actor: User) -> bool:
    """The author, or anyone who manages the college's accounts."""
    return actor.may[May.MANAGE] or (
        actor.pk == broadcast.author_id and actor.may[May.TEXT]
    )


def pause_sending(
    broadcast: Broadcast,
    *,
    actor: User,
    now: datetime,
) -> bool:
    """What waits stays until it is resumed. False when it is not
    running. Raises BroadcastRefused.
    """
    with transaction.atomic():
        row = _turned(broadcast, BroadcastState.PAUSED, actor)
        if row is None:
            return False
        paused = waits_for(ALLOWED, now=now, is_bulk=True, is_paused=True)

        wait(_waiting(row, but=""), paused, now=now)
        _run(POSTPONE_EMAILS, ids=_emails(row), due_at=None)
        _say("broadcast paused", row, actor)
    broadcast.refresh_from_db()
    return True


def resume_sending(
    broadcast: Broadcast,
    *,
    actor: User,
    now: datetime,
) -> bool:
    """It goes on where it was. False when it is not paused. Raises BroadcastRefused."""
    with transaction.atomic():
        row = _turned(broadcast, BroadcastState.RUNNING, actor)
        if row is None:
            return False
        paused = _waiting(row, but=WaitingFor.QUESTION)
        number = SystemNumber.objects.of(row.author)
        students = _students(paused)
        law = _verdicts_now(students.values(), row.author, number, now)
        is_active = number is not None and number.state == NumberState.ACTIVE
        nights_end = [verdict.until for verdict in law.values() if verdict.until]
        last_leaves = max([now, *nights_end]) + _takes(paused)
        deadline = deadline_of(last_leaves, waits_for_number=not is_active)
        text, held = waits_of(law, has_active_number=is_active, now=now)
        again = {
            message_id: replace(held.get(student, text), deadline_at=deadline)
            for message_id, student in students.items()
        }
        wait(again, now=now, new_deadline=True)
        hold_texts_out_of_reach(now=now)
        _run(POSTPONE_EMAILS, ids=_emails(row), due_at=now)
        _say("broadcast resumed", row, actor)
        start_sending(row)
    broadcast.refresh_from_db()
    return True


def stop_rest(
    broadcast: Broadcast,
    *,
    actor: User,
    now: datetime,
) -> int:
    """Cancel what has not left, texts and emails; returns how
    many. Raises BroadcastRefused.
    """
    with transaction.atomic():
        row = _turned(broadcast, BroadcastState.STOPPED, actor)
        if row is None:
            return 0
        texts = _waiting(row, but="")
        emails = _run(DISCARD_EMAILS, ids=_emails(row))
        lower = sql.lower_than(Status.CANCELLED)
        ids = [*texts, *emails]
        _run(CANCEL_TEXTS, ids=ids, lower=lower, actor=actor.pk, now=now)
        explain(emails, STOPPED_WORDS, among=[Status.BLOCKED])
        _pass_notices_on(texts)
        Broadcast.objects.filter(pk=row.pk).update(finished_at=now)
        _say("broadcast stopped", row, actor, stopped=len(ids))
    broadcast.refresh_from_db()
    return len(ids)


def _turned(
    broadcast: Broadcast,
    state: BroadcastState,
    actor: User,
) -> Broadcast | None:
    """The broadcast, locked and in its new state; None when it cannot come into it."""
    row = (
        Broadcast.objects.select_for_update(no_key=True, of=["self"])
        .select_related("author")
        .get(pk=broadcast.pk)
    )
    if not may_steer(row, actor):
        raise BroadcastRefused(
            f"Only {row.author.name} or an administrator can do that. Nothing was"
            " changed."
        )
    if (
        row.state == BroadcastState.DRAFT
        or state not in MAY_BECOME[BroadcastState(row.state)]
    ):
        return None
    row.state = state
    row.save(update_fields=["state"])
    return row


def _waiting(broadcast: Broadcast, *, but: str) -> list[Any]:
    """The texts that have not left, locked, but those that wait for one reason."""
    ids = _run(OF_BROADCAST, broadcast=broadcast.pk)
    return _run(TEXTS_TO_STOP, ids=ids, but=but)


def _emails(broadcast: Broadcast) -> list[Any]:
    """Its emails that have not left, locked."""
    ids = _run(EMAILS_OF_BROADCAST, broadcast=broadcast.pk)
    return _run(EMAILS_TO_STOP, ids=ids)


def _students(texts: Iterable[Any]) -> dict[Any, int]:
    """To whom each of these texts is: a broadcast's go to students of the roster."""
    messages = Message.objects.filter(pk__in=list(texts))
    conversations = dict(messages.values_list("pk", "conversation"))
    theirs = Conversation.objects.filter(pk__in=set(conversations.values()))
    students = theirs.students()
    found: dict[Any, int] = {}
    for text, conversation in conversations.items():
        student = students[conversation]
        if student:
            found[text] = student
    return found


def _verdicts_now(
    ids: Iterable[int],
    author: User,
    number: SystemNumber | None,
    now: datetime,
) -> dict[int, Verdict]:
    """The law's on the students whom it holds: it is quiet
    there, or a person is asked.
    """
    students = people_in(Student.objects.filter(pk__in=set(ids)))
    verdicts = verdicts_for(students, author=author, number=number, now=now)
    return {student.pk: verdict for student, verdict in verdicts if verdict.is_held}


def _takes(texts: list[Any]) -> timedelta:
    messages = Message.objects.filter(pk__in=texts)
    segments = sum(messages.values_list("segments", flat=True))
    seconds = sending_seconds(segments, college_settings().texts_per_second)
    return timedelta(seconds=seconds)


def _pass_notices_on(stopped: list[Any]) -> None:
    """Where another text waits behind a first one that was stopped,
    that one now carries the notice.
    """
    first = Message.objects.filter(pk__in=stopped).exclude(notice="")
    whose = dict(first.values_list("pk", "conversation"))
    behind = Message.objects.filter(
        status__in=BEFORE_AN_ATTEMPT, conversation__in=set(whose.values())
    )
    waiting = set(behind.values_list("conversation", flat=True))
    ended = [text for text, conversation in whose.items() if conversation in waiting]
    texts = Message.objects.filter(pk__in=ended)
    for text in texts.prefetch_related("conversation", "system_number"):
        notices.pass_notice_on(text)


def _say(action: str, broadcast: Broadcast, actor: User, **detail: Any) -> None:
    record_audit(
        action,
        subject=broadcast,
        actor=actor,
        **detail,
    )
    for event in (f"broadcast-{broadcast.pk}", "inbox"):
        notify_screens([broadcast.author_id, actor.pk], event)


def _run(statement: str, **values: Any) -> list[Any]:
    """The first column of what it answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if not cursor.description:
            return []
        return [row[0] for row in cursor.fetchall()]


def discard_draft(broadcast: Broadcast, *, actor: User) -> None:
    """Delete a draft and its review. Raises BroadcastRefused for one that is no longer
    a draft.
    """
    with transaction.atomic():
        row = Broadcast.objects.select_for_update(no_key=True).get(pk=broadcast.pk)
        if not may_steer(row, actor):
            raise BroadcastRefused(
                "Only its author can discard this. Nothing was changed."
            )
        if row.state != BroadcastState.DRAFT:
            raise BroadcastRefused("This has already been sent. It stays on record.")
        record_audit("draft discarded", subject=row, actor=actor)
        row.delete()
