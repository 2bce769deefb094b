"""A broadcast, its recipients, and audiences kept for the next one."""

import uuid

from django.db import models

from quadline.accounts.models import User
from quadline.broadcasts.rules import BroadcastState, PlannedOutcome
from quadline.conversations.models import Message
from quadline.conversations.rules import Channel
from quadline.inboxes.models import seen_inboxes
from quadline.roster.models import Student


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def visible_to(self, user: User) -> "BroadcastQuerySet":
        """Those whose author's inbox this person may read: it is
        where its texts are written.
        """
        return self.filter(seen_inboxes(user, field="author"))

    def shown_to(self, user: User) -> "BroadcastQuerySet":
        """As ``visible_to``, but a draft is its author's
        alone: its words are not sent yet.
        """
        return self.visible_to(user).exclude(
            ~models.Q(author=user), state=BroadcastState.DRAFT
        )


class Broadcast(models.Model):
    """One text or email to many. Its id is made by the client, so
    a double click is one broadcast.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="broadcasts"
    )
    channel = models.CharField(
        max_length=10,
        choices=[(c.value, c.value) for c in Channel],
        default=Channel.TEXT,
    )
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()  # with its merge fields
    with_contact_card = models.BooleanField(default=False)
    is_announcement = models.BooleanField(default=False)  # Tell your students
    # {"to": [...], "except": [...]}: "caseload", "student:12", "tag:STEM",
    # "course:BIO-101", "audience:3".
    audience = models.JSONField(default=dict)
    # as it was chosen: All Students on My Caseload
    audience_words = models.CharField(max_length=300)
    state = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in BroadcastState],
        default=BroadcastState.DRAFT,
    )
    # what the review showed: counts, checks, segments, finish time
    review = models.JSONField(default=dict)
    # of every recipient's outcome, as reviewed
    fingerprint = models.CharField(max_length=64, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    launched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # The screens are told of a broadcast that runs at most once a second, by whichever
    # worker is first.
    told_at = models.DateTimeField(null=True)
    told = models.CharField(max_length=200, blank=True)  # where it stood then

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["author", "-created_at"]),
            models.Index(
                fields=["state"],
                condition=models.Q(state__in=["running", "paused"]),
                name="broadcast_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audience_words}: {self.body[:60]}"


class Recipient(models.Model):
    """One student in a broadcast: what the review said they get
    and why, and the message it became.
    """

    # An index of the first begins each one below; of the second none is needed: nobody
    # looks for a student's broadcasts.
    broadcast = models.ForeignKey(
        Broadcast,
        on_delete=models.CASCADE,
        related_name="recipients",
        db_index=False,
    )
    student = models.ForeignKey(
        Student,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    outcome = models.CharField(
        max_length=10, choices=[(o.value, o.value) for o in PlannedOutcome]
    )
    reason = models.CharField(max_length=40, blank=True)  # why not a text
    phone = models.CharField(max_length=16, blank=True)  # E.164
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)  # as this student gets it
    notice = models.TextField(blank=True)
    segments = models.PositiveSmallIntegerField(default=0)
    # Written by the launch, for anyone who gets something; empty before, and for the
    # others.
    message = models.OneToOneField(
        Message,
        null=True,
        on_delete=models.SET_NULL,
        related_name="recipient",
    )
    # The text that failed, once it was sent again: ``message`` is then the second one.
    first_message = models.ForeignKey(
        Message,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast", "student"], name="recipient_once"
            ),
            models.UniqueConstraint(
                fields=["first_message"],
                condition=models.Q(first_message__isnull=False),
                name="recipient_retried_once",
            ),
        ]


class Audience(models.Model):
    """Recipients kept under a name, to choose again."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="audiences")
    name = models.CharField(max_length=120)
    audience = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="audience_name_once")
        ]
