"""Whose a text is: the student who had its phone when it was written,
who has it now, or who had it last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from quadline.conversations.rules import WITH_THE_CARRIER
from quadline.numbers.rules import HELD_STATES
from quadline.roster.rules import FORMER_PHONE_COUNTS

# Whose number each text is to, and what is known of the phone it is from. A phone
# belongs to the student who had it when the text was written (0), else to who has it
# now (1), else, for a while, to who had it last (2). Several students may share one: it
# is the one this inbox was in touch with last, else one on its owner's caseload.
#
# A number may have belonged to several inboxes, and may have been given back since the
# text was written. It is to the inbox that was in touch with this phone last: so nobody
# reads what a colleague's student answers. A text that the student cannot have, for it
# waits, was stopped or went as an email, is no touch; one that waited counts from when
# it left, and one whose outcome is not known yet as the newest. Else it is to the
# inbox that has the number now. Of somebody who has left, or is on leave, it is to who
# follows for this student's program, else for everybody else: there the conversation
# is looked for, too.
FIND_OWNERS = """
    SELECT
        text.place, number.id,
        coalesce(known.inbox_id, successor.inbox_id, number.user_id),
        phone.phone IS NOT NULL,
        known.conversation_id, known.student_id, coalesce(known.mobile, ''),
        coalesce(known.rank <> 1, false), departure.id
    FROM unnest(%(systems)s::text[], %(students)s::text[], %(times)s::timestamptz[])
         WITH ORDINALITY AS text (system_phone, student_phone, at, place)
    JOIN LATERAL (
        SELECT candidate.id, candidate.user_id
        FROM numbers_systemnumber AS candidate
        WHERE candidate.phone = text.system_phone AND candidate.phone <> ''
          AND candidate.user_id IS NOT NULL AND candidate.state <> 'requested'
        ORDER BY
            CASE WHEN EXISTS (
                SELECT FROM numbers_systemnumber AS another
                WHERE another.phone = text.system_phone AND another.id <> candidate.id
            ) THEN (
                SELECT max(coalesce(
                    message.sent_at,
                    CASE WHEN message.status = ANY(%(at_carrier)s)
                         THEN 'infinity'::timestamptz END,
                    message.created_at
                )) FROM (
                    SELECT system_number_id, direction, sent_at, status, created_at
                    FROM conversations_message
                    WHERE student_phone = text.student_phone OFFSET 0
                ) AS message
                WHERE message.system_number_id = candidate.id
                  AND (message.direction = 'inbound' OR message.sent_at IS NOT NULL
                       OR message.status = ANY(%(at_carrier)s))
            ) END DESC NULLS LAST,
            candidate.state = ANY(%(held)s) DESC, candidate.id DESC
        LIMIT 1
    ) AS number ON true
    LEFT JOIN inboxes_departure AS departure
      ON departure.staff_id = number.user_id AND departure.state = 'in_effect'
    LEFT JOIN inboxes_successor AS successor
      ON successor.departure_id = departure.id AND successor.program = ''
     AND successor.replaced_by_id IS NULL
    LEFT JOIN LATERAL (
        SELECT
            conversation.id AS conversation_id, student.id AS student_id,
            student.mobile, owner.rank, coalesce(
                of_program.inbox_id, successor.inbox_id, number.user_id
            ) AS inbox_id
        FROM (
            SELECT *, min(rank) OVER () AS best FROM (
                SELECT id, 1 AS rank, NULL::timestamptz AS left_at FROM roster_student
                WHERE mobile = text.student_phone AND mobile <> ''
                UNION ALL
                SELECT
                    student_id, CASE WHEN left_at > text.at THEN 0 ELSE 2 END, left_at
                FROM roster_formerphone
                WHERE phone = text.student_phone AND left_at > text.at - %(former)s
            ) AS ever
        ) AS owner
        JOIN roster_student AS student ON student.id = owner.id
        LEFT JOIN inboxes_successor AS of_program
          ON of_program.departure_id = departure.id AND of_program.program <> ''
         AND of_program.program = student.program
         AND of_program.replaced_by_id IS NULL
        LEFT JOIN conversations_conversation AS conversation
          ON conversation.student_id = student.id AND conversation.staff_id = coalesce(
                of_program.inbox_id, successor.inbox_id, number.user_id
             )
        LEFT JOIN roster_caseloadentry AS entry
          ON entry.student_id = student.id AND entry.staff_id = coalesce(
                of_program.inbox_id, successor.inbox_id, number.user_id
             )
        WHERE owner.rank = owner.best
        ORDER BY
            CASE owner.rank WHEN 0 THEN owner.left_at END,
            CASE owner.rank WHEN 2 THEN owner.left_at END DESC,
            conversation.last_activity_at DESC NULLS LAST, entry.id IS NULL,
            student.last_name, student.first_name, student.id
        LIMIT 1
    ) AS known ON true
    LEFT JOIN roster_phonetrouble AS phone ON phone.phone = text.student_phone
"""


@dataclass(frozen=True)
class ReplyOwner:
    """Where a text belongs; ``is_in_trouble``: texts to
    its phone have failed before.
    """

    number_id: int
    inbox_id: int
    is_in_trouble: bool
    conversation_id: int | None
    student_id: int | None
    mobile: str  # the student's now
    is_from_former_phone: bool
    departure_id: int | None  # because of which it is with who follows


def owners_of(
    systems: Sequence[str],
    students: Sequence[str],
    times: Sequence[datetime],
) -> dict[int, ReplyOwner]:
    """By place in the sequences: to and from which phone, and when written. Those to
    numbers that are not ours have none.
    """
    wanted: dict[str, Any] = {
        "systems": list(systems),
        "students": list(students),
        "times": list(times),
    }
    law: dict[str, Any] = {
        "held": sorted(HELD_STATES),
        "former": FORMER_PHONE_COUNTS,
        "at_carrier": sorted(WITH_THE_CARRIER),
    }
    with connection.cursor() as cursor:
        cursor.execute(FIND_OWNERS, wanted | law)
        found = {place - 1: ReplyOwner(*known) for place, *known in cursor.fetchall()}
    return dict(sorted(found.items()))
