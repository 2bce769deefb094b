"""What was handed over by a departure: the record, and what a return goes by."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from quadline.conversations.models import Conversation, Message
from quadline.inboxes.models import Departure, Inbox
from quadline.roster.models import Student


class HandedStudent(models.Model):
    """A student of the leaver's caseload, and the inbox that follows."""

    departure = models.ForeignKey(
        Departure, on_delete=models.PROTECT, related_name="handed_students"
    )
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    relation = models.CharField(max_length=80, blank=True)  # to the leaver
    # The departure by which the leaver had them; None: they were the leaver's own.
    came_by = models.ForeignKey(
        Departure, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["departure", "student"], name="student_handed_once"
            )
        ]


class HandedConversation(models.Model):
    """A conversation of the leaver's that went along.

    ``joined``: the one that the successor had with the same student already, which got
    its messages; the conversation itself stays behind, empty.
    """

    departure = models.ForeignKey(
        Departure, on_delete=models.PROTECT, related_name="handed_conversations"
    )
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="+"
    )
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    joined = models.ForeignKey(
        Conversation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Of those that joined: what goes back when the leaver returns.
    message_ids = ArrayField(models.UUIDField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["departure", "conversation"], name="conversation_handed_once"
            )
        ]


class HandedText(models.Model):
    """A text that waited when its author left, and what became of it."""

    class Outcome(models.TextChoices):
        HANDED_OVER = "handed_over"  # it leaves from the successor's number
        CANCELLED = "cancelled"  # as planned
        NOT_THEIRS = "not_theirs"  # cancelled: its student is nobody's who follows
        STOPPED = "stopped"  # cancelled with its broadcast

    departure = models.ForeignKey(
        Departure, on_delete=models.PROTECT, related_name="handed_texts"
    )
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    inbox = models.ForeignKey(
        Inbox, null=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["departure", "message"], name="text_handed_once"
            )
        ]
