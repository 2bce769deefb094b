"""An email that answers somebody who has left, or is on leave, is for who follows: it
names their conversation, and that may be empty or nobody's by now.
"""

from quadline import clock
from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation
from quadline.inboxes.departure_rules import successor_for
from quadline.inboxes.models import Departure, Inbox


def with_successor(conversation: Conversation) -> Conversation:
    """Of somebody who has left, or is on leave: the student's conversation with who
    follows, where it is read.
    """
    departure = Departure.objects.in_effect().filter(staff=conversation.inbox_id)
    found = departure.first()
    student = conversation.student
    if found is None or student is None:
        return conversation
    inbox_id = successor_for(student.program, found.shares)
    if inbox_id is None:
        return conversation
    inbox = Inbox.objects.get(pk=inbox_id)
    opened = open_conversation(inbox=inbox, student=student, now=clock.now())
    related = Conversation.objects.select_related("student", "inbox__owner")
    return related.get(pk=opened.pk)
