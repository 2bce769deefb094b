"""What leaves the house: attempts to hand a text over, and emails on their way.

Each is committed before anybody outside is called, so that a crash leaves a trace.
"""

from django.db import models
from django.db.models import Q

from quadline.conversations.models import Conversation, Message
from quadline.inboxes.models import Departure


class Attempt(models.Model):
    class Outcome(models.TextChoices):
        UNDER_WAY = "under_way"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        UNSENT = "unsent"  # provably not at the carrier
        UNKNOWN = "unknown"  # being looked up
        NOTHING_FOUND = "nothing_found"  # looked up; the carrier does not have it

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="attempts"
    )
    started_at = models.DateTimeField()
    outcome = models.CharField(
        max_length=20,
        choices=Outcome.choices,
        default=Outcome.UNDER_WAY,
    )
    why = models.CharField(max_length=200, blank=True)
    # at the carrier's log, for an unknown outcome
    looks = models.PositiveSmallIntegerField(default=0)
    next_look_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message"],
                condition=models.Q(outcome="under_way"),
                name="one_attempt_under_way",
            )
        ]
        indexes = [
            models.Index(
                fields=["started_at"],
                condition=models.Q(outcome="under_way"),
                name="attempt_under_way",
            ),
            models.Index(
                fields=["next_look_at"],
                condition=models.Q(outcome="unknown"),
                name="attempt_to_look_up",
            ),
        ]


class NewsLook(models.Model):
    """Texts that were sent up to then have been looked up at the
    carrier, this long after they were sent.
    """

    after = models.DurationField(unique=True)
    sent_until = models.DateTimeField()


class DayCount(models.Model):
    """How many segments were handed over on a day, as the networks count it;
    kept while the college has a daily cap.
    """

    day = models.DateField(unique=True)
    segments = models.PositiveIntegerField(default=0)


class ConfirmationCheck(models.Model):
    """Whether the carrier answers STOP and HELP, as its log of the last day showed. One
    row each (consent/confirmations.py).
    """

    asked = models.CharField(max_length=10, unique=True)
    times = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()  # within five minutes
    wording = models.TextField(blank=True)  # of the newest answer
    # when a student last texted it, by the carrier's clock
    last_at = models.DateTimeField()
    checked_at = models.DateTimeField()


class OutgoingEmail(models.Model):
    """One that a staff user wrote, or the email fail-safe of a text.
    One per message, whatever happens.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"  # the mail server has it
        BOUNCED = "bounced"
        FAILED = "failed"
        DROPPED = "dropped"  # the text arrived after all, before this left

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="email"
    )
    is_failsafe = models.BooleanField()
    to = models.EmailField()
    with_contact_card = models.BooleanField(default=False)
    # RFC 5322 Message-ID, ours: a mail server that is given the same one twice can
    # tell.
    header_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(
        max_length=10,
        choices=State.choices,
        default=State.QUEUED,
    )
    # when it may leave; empty while a worker has it or it is over
    due_at = models.DateTimeField(null=True)
    # by a worker; a dead worker's is taken up again
    taken_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # why it bounced, failed or waits, in plain words
    detail = models.CharField(max_length=300, blank=True)
    # the mail service's own id, for its news
    provider_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="email_due",
            ),
            models.Index(
                fields=["taken_at"],
                condition=models.Q(state="sending"),
                name="email_under_way",
            ),
            models.Index(
                fields=["provider_id"],
                condition=~models.Q(provider_id=""),
                name="email_provider_id",
            ),
        ]


class IncomingEmailQuerySet(models.QuerySet["IncomingEmail"]):
    def needing_a_look(self) -> "IncomingEmailQuerySet":
        """What reached no conversation, and what could not
        be read: for administrators.
        """
        stray = Q(kind__in=("stray", "unreadable"))
        homeless = Q(kind="automatic", conversation=None)
        return self.filter(stray | homeless | Q(kind="bounce", about_ours=False))

    def automatic_in(self, conversation: Conversation) -> "IncomingEmailQuerySet":
        return self.filter(kind="automatic", conversation=conversation)


class IncomingEmail(models.Model):
    """A student's email as it came, once however often it is brought; the message it
    became, if it became one."""

    # Its Message-ID, or a digest of it where it has none.
    header_id = models.CharField(max_length=400, unique=True)
    message = models.OneToOneField(
        Message,
        null=True,
        on_delete=models.SET_NULL,
        related_name="incoming_email",
    )
    # Whose it is when it became no message: an automatic reply.
    conversation = models.ForeignKey(
        Conversation,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    kind = models.CharField(max_length=20)  # inbound_email.EmailKind
    sender = models.EmailField(blank=True)
    subject = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
    )
    # All of its text, history and signature too. A message shows what is new in it;
    # what follows that begins at this character, or at 0 when the new words are within.
    words = models.TextField(blank=True, db_default="")
    rest_from = models.PositiveIntegerField(db_default=0)
    # As the college's own mail server found: it may not be from who it says.
    failed_dmarc = models.BooleanField(db_default=False)
    about_ours = models.BooleanField(db_default=True)  # a bounce's: of an email of ours
    # As it came, in part where it is long: of what is nowhere else to be read.
    source = models.BinaryField(null=True)
    size = models.PositiveIntegerField(db_default=0)  # bytes of all of it
    references = models.TextField(blank=True)
    detail = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()

    objects = IncomingEmailQuerySet.as_manager()

    @property
    def rest(self) -> str:
        """What its message does not show: what follows, or all of the text."""
        return self.words[self.rest_from :].strip("\n")

    class Meta:
        indexes = [
            models.Index(
                fields=["conversation", "received_at"],
                condition=Q(kind="automatic"),
                name="email_automatic",
            ),
            models.Index(
                fields=["-received_at", "-id"],
                condition=~Q(kind="reply"),
                name="email_not_a_reply",
            ),
        ]


class SuccessorAnswer(models.Model):
    """A student who texted a resting number was told who follows: once in a departure.

    Its message is the one kind that leaves from a number that rests.
    """

    departure = models.ForeignKey(
        Departure, on_delete=models.PROTECT, related_name="answers"
    )
    student_phone = models.CharField(max_length=16)  # E.164
    message = models.OneToOneField(
        Message, on_delete=models.PROTECT, related_name="successor_answer"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["departure", "student_phone"], name="answered_once"
            )
        ]

    def __str__(self) -> str:
        return f"answer {self.message_id}"
