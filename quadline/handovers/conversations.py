"""The conversations with students who were handed over go to those who follow, where
the college's rule says so, and come back with the leaver.

One that the successor has with the same student gets the messages: there is one
conversation between an inbox and a student.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from quadline.conversations.models import Conversation, Message
from quadline.handovers.models import HandedConversation
from quadline.inboxes.models import Departure
from quadline.live.notifications import notify_screens

# The newest of what is there now; a conversation that has nothing keeps its time.
SHOW_LAST = """
    UPDATE conversations_conversation AS conversation
    SET last_message_id = last.id,
        last_activity_at = coalesce(last.created_at, conversation.last_activity_at),
        last_inbound_at = (
            SELECT max(created_at) FROM conversations_message
            WHERE conversation_id = conversation.id AND direction = 'inbound'
        )
    FROM unnest(%(ids)s::bigint[]) AS given (id)
    LEFT JOIN LATERAL (
        SELECT id, created_at FROM conversations_message
        WHERE conversation_id = given.id ORDER BY position DESC LIMIT 1
    ) AS last ON true
    WHERE conversation.id = given.id
"""


def conversations_with(
    inbox_id: int, student_ids: Iterable[int]
) -> dict[int, Conversation]:
    """By student."""
    found = Conversation.objects.filter(inbox=inbox_id, student__in=list(student_ids))
    return {each.student_id: each for each in found if each.student_id is not None}


def give_conversations(departure: Departure) -> None:
    """Those with students who were handed over, each to who follows for this student.
    Others stay where they are: they are nobody else's to read. Safe to repeat: what
    joined an emptied one meanwhile goes the same way.
    """
    inbox_by_student = dict(departure.handed_students.values_list("student", "inbox"))
    known = {row.conversation_id: row for row in departure.handed_conversations.all()}
    for conversation, other in _pairs(departure, inbox_by_student):
        to = inbox_by_student[conversation.student_id or 0]
        row = known.get(conversation.pk) or HandedConversation(
            departure=departure, conversation=conversation, inbox_id=to
        )
        if other is None:
            Conversation.objects.filter(pk=conversation.pk).update(inbox=to)
        else:
            row.joined = other
            row.message_ids = [*row.message_ids, *_join(conversation, other)]
        row.save()
        notify_screens([to, departure.staff_id], f"conv-{(other or conversation).pk}")


def take_conversations_back(departure: Departure, inbox_ids: Iterable[int]) -> None:
    """Whole, with what was written meanwhile; of one that had joined another, what
    went along. ``inbox_ids``: where they are looked for; one that has gone elsewhere by
    another act stays there.
    """
    rows = departure.handed_conversations.select_related("conversation")
    for row in rows.order_by("conversation"):
        if row.joined_id is not None:
            _part(row)
            continue
        mine = Conversation.objects.filter(
            inbox=departure.staff_id, student=row.conversation.student_id
        ).first()
        going = Conversation.objects.filter(
            pk=row.conversation_id, inbox__in=list(inbox_ids)
        )
        if mine is None:
            going.update(inbox=departure.staff_id)
        elif going.exists() and mine.pk != row.conversation_id:
            # The leaver wrote before anything had come back.
            _join(mine, row.conversation)
            mine.delete()
            going.update(inbox=departure.staff_id)


def _pairs(
    departure: Departure,
    inbox_by_student: dict[int, int],
) -> list[tuple[Conversation, Conversation | None]]:
    """The leaver's conversations and those that the successors have with the same
    students, all locked, in the order of their ids as everywhere.
    """
    students = list(inbox_by_student)
    inboxes = {*inbox_by_student.values(), departure.staff_id}
    rows = Conversation.objects.filter(inbox__in=inboxes, student__in=students)
    # A reply that is being filed here is waited for, and goes along.
    locked = list(rows.order_by("pk").select_for_update(no_key=True))
    by_pair = {(each.inbox_id, each.student_id): each for each in locked}
    # Of one inbox and one student there is one conversation.
    mine = [each for each in locked if each.inbox_id == departure.staff_id]
    return [
        (each, by_pair.get((inbox_by_student[each.student_id or 0], each.student_id)))
        for each in mine
    ]


def _join(
    conversation: Conversation,
    other: Conversation,
) -> list[UUID]:
    """Its messages join the other's, in the order in which all were written."""
    moving = Message.objects.filter(conversation=conversation)
    ids = list(moving.values_list("pk", flat=True))
    if not ids:
        return []
    # Positions are the college's, not the conversation's: the order holds.
    moving.update(conversation=other)
    both = Conversation.objects.filter(pk__in=[conversation.pk, other.pk])
    unread = both.aggregate(all=Sum("unread_count"))["all"]
    Conversation.objects.filter(pk=other.pk).update(
        unread_count=unread,
        needs_reply=conversation.needs_reply or other.needs_reply,
        is_done=conversation.is_done and other.is_done,
    )
    Conversation.objects.filter(pk=conversation.pk).update(
        # The emptied one must not ask for an answer that is given elsewhere.
        unread_count=0,
        needs_reply=False,
    )
    _show_last([conversation.pk, other.pk])
    return ids


def _part(row: HandedConversation) -> None:
    """What had joined another conversation is alone again."""
    rows = Conversation.objects.filter(pk__in=[row.conversation_id, row.joined_id])
    list(rows.order_by("pk").select_for_update(no_key=True))
    going = Message.objects.filter(pk__in=row.message_ids, conversation=row.joined_id)
    going.update(conversation=row.conversation_id)
    _show_last([row.conversation_id, row.joined_id or 0])


def _show_last(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SHOW_LAST, {"ids": ids})
