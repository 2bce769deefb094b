"""A phone that becomes a student's brings its earlier conversations with
it: they were theirs before we knew.
"""

from datetime import datetime

from django.db import IntegrityError, connection, transaction

from quadline.audit.models import record_audit
from quadline.conversations.models import Conversation
from quadline.live.notifications import notify_each
from quadline.roster.models import Student
from quadline.roster.rules import FORMER_PHONE_COUNTS

# Of several students who share the phone: the one this staff user was in touch with
# last, else one on their caseload, as a text from it would be filed
# (delivery/inbound/reply_owners.py). What is long past may be from somebody who had the
# phone before.
RECOGNIZED = """
    SELECT stranger.id, owner.id
    FROM conversations_conversation AS stranger
    CROSS JOIN LATERAL (
        SELECT student.id
        FROM roster_student AS student
        LEFT JOIN conversations_conversation AS own
          ON own.student_id = student.id AND own.staff_id = stranger.staff_id
        LEFT JOIN roster_caseloadentry AS entry
          ON entry.student_id = student.id AND entry.staff_id = stranger.staff_id
        WHERE student.mobile = stranger.phone
        ORDER BY
            own.last_activity_at DESC NULLS LAST, entry.id IS NULL,
            student.last_name, student.first_name, student.id
        LIMIT 1
    ) AS owner
    WHERE stranger.student_id IS NULL
      AND stranger.last_message_id IS NOT NULL
      AND stranger.last_activity_at > %s
    ORDER BY stranger.id
"""


def recognize_phones(*, now: datetime) -> int:
    """Join the conversations of unknown phones that students have now; returns how
    many. In the caller's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(RECOGNIZED, [now - FORMER_PHONE_COUNTS])
        found = cursor.fetchall()
    for conversation_id, student_id in found:
        _recognize(conversation_id, student_id)
    return len(found)


def _recognize(conversation_id: int, student_id: int) -> None:
    stranger = Conversation.objects.get(pk=conversation_id)
    student = Student.objects.get(pk=student_id)
    record_audit(
        "earlier conversation recognized",
        subject=student,
        actor=None,
        conversation=stranger.pk,
    )
    into = stranger if _becomes_theirs(stranger, student) else _moved(stranger, student)
    notify_each((stranger.inbox_id, f"conv-{each}") for each in {stranger.pk, into.pk})


def _becomes_theirs(stranger: Conversation, student: Student) -> bool:
    """False when this inbox has one with the student already."""
    if Conversation.objects.filter(inbox=stranger.inbox_id, student=student).exists():
        return False
    try:
        with transaction.atomic():
            Conversation.objects.filter(pk=stranger.pk).update(
                student=student, phone=""
            )
    except IntegrityError:  # it was opened meanwhile
        return False
    return True


def _moved(stranger: Conversation, student: Student) -> Conversation:
    """Its messages go into the one there is.

    The empty one stays, unseen: a text that is being filed in it at this moment is not
    lost, and joins the next time.
    """
    mine = Conversation.objects.get(inbox=stranger.inbox_id, student=student)
    locked = Conversation.objects.select_for_update(no_key=True).order_by("pk")
    both = {each.pk: each for each in locked.filter(pk__in=[mine.pk, stranger.pk])}
    mine, stranger = both[mine.pk], both[stranger.pk]
    stranger.messages.update(conversation=mine)
    mine.last_message = mine.messages.in_order().last()
    mine.last_activity_at = max(mine.last_activity_at, stranger.last_activity_at)
    inbound_at = filter(None, (mine.last_inbound_at, stranger.last_inbound_at))
    mine.last_inbound_at = max(inbound_at, default=None)
    mine.unread_count += stranger.unread_count
    mine.needs_reply = mine.needs_reply or stranger.needs_reply
    mine.is_done = mine.is_done and stranger.is_done
    mine.draft = mine.draft or stranger.draft
    mine.save()
    # The empty one stays, unseen: a text that is being filed in it at this moment is
    # not lost, and joins the next time.
    stranger.last_message = None
    stranger.unread_count = 0
    stranger.needs_reply = False
    stranger.draft = ""
    stranger.save()
    return mine
