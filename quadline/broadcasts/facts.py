"""What the law on texting says of many students at once: the very function the sender asks, over the same facts."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from quadline.accounts.models import User
from quadline.consent.rules import Verdict
from quadline.conversations.models import Conversation, Message
from quadline.delivery.recipients import verdicts_on
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student

BATCH = 5_000  # students looked up in one statement


def verdicts_for(
    students: Sequence[Student], *, author: User, number: SystemNumber | None, now: datetime
) -> Iterator[tuple[Student, Verdict]]:
    """A verdict on a text of this author to each student, as if each text existed. Nothing is saved."""
    known = dict(Conversation.objects.filter(staff=author).values_list("student", "last_inbound_at"))
    for start in range(0, len(students), BATCH):
        texts = [_text(student, author, number, known.get(student.pk)) for student in students[start : start + BATCH]]
        verdicts = verdicts_on(texts, now=now)
        for text in texts:
            assert text.conversation.student is not None, "made for a student"
            yield text.conversation.student, verdicts[text]


def _text(student: Student, author: User, number: SystemNumber | None, wrote_at: datetime | None) -> Message:
    conversation = Conversation(staff=author, student=student, last_inbound_at=wrote_at)
    return Message(id=uuid.uuid4(), conversation=conversation, system_number=number, student_phone=student.mobile)
