"""Conversations, their messages, and the events of each message."""

from django.db import models
from django.db.models import Func, Q, Value

from quadline.accounts.models import Office, User
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    WITH_THE_CARRIER,
    Channel,
    Direction,
    Status,
    words_of_status,
)
from quadline.inboxes.models import Inbox, inbox_of, seen_inboxes, written_inboxes
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.sms import phones


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> "ConversationQuerySet":
        """Those of the inboxes this person may read."""
        return self.filter(seen_inboxes(user))

    def writable_by(self, user: User) -> "ConversationQuerySet":
        """Those of the inboxes this person may write in."""
        return self.filter(written_inboxes(user))

    def own(self, user: User) -> "ConversationQuerySet":
        """Those of this person's personal inbox."""
        return self.filter(inbox=inbox_of(user))

    def newest_first(self) -> "ConversationQuerySet":
        return self.filter(last_message__isnull=False).order_by(
            "-last_activity_at", "-pk"
        )

    def students(self) -> dict[int, int | None]:
        """Whose they are, by their ids. Asked for alone, for a join with messages
        depends on statistics (docs/adr/0020).
        """
        return dict(self.values_list("pk", "student"))

    def unread(self) -> "ConversationQuerySet":
        return self.filter(unread_count__gt=0)

    def needing_reply(self) -> "ConversationQuerySet":
        # never both; said so that one index gives the newest first
        return self.filter(needs_reply=True, is_done=False)

    def matching(self, query: str) -> "ConversationQuerySet":
        """By the student's names, id or phone; a conversation with
        an unknown phone by its digits.
        """
        digits = "".join(character for character in query if character.isdigit())
        found = Q(student__in=Student.objects.matching(query).values("pk"))
        return (
            self.filter(found | Q(phone__endswith=digits, student=None))
            if len(digits) >= 4
            else self.filter(found)
        )


class Conversation(models.Model):
    """Between one inbox and one student, or a phone nobody on the roster has."""

    # The column keeps its name for one release: a process of the release before writes
    # it.
    inbox = models.ForeignKey(
        Inbox,
        on_delete=models.PROTECT,
        related_name="conversations",
        db_index=False,
        db_column="staff_id",
    )
    student = models.ForeignKey(
        Student,
        null=True,
        on_delete=models.PROTECT,
        related_name="conversations",
        db_index=False,
    )
    # E.164, only while the student is unknown
    phone = models.CharField(max_length=16, blank=True)
    last_message = models.ForeignKey(
        "Message",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    last_activity_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField(null=True)
    unread_count = models.PositiveIntegerField(default=0)
    needs_reply = models.BooleanField(default=False)
    is_done = models.BooleanField(default=False)
    draft = models.TextField(blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["student", "inbox"], name="one_conversation_per_pair"
            ),
            models.UniqueConstraint(
                fields=["inbox", "phone"],
                condition=Q(student=None),
                name="one_conversation_per_phone",
            ),
            models.CheckConstraint(
                condition=Q(student__isnull=False) | ~Q(phone=""),
                name="conversation_with_someone",
            ),
        ]
        indexes = [
            models.Index(fields=["inbox", "-last_activity_at"]),
            models.Index(
                fields=["inbox", "-last_activity_at"],
                condition=Q(needs_reply=True),
                name="conversation_needs_reply",
            ),
            models.Index(
                fields=["inbox"],
                condition=Q(unread_count__gt=0),
                name="conversation_unread",
            ),
            # The inbox of the whole college, newest first.
            models.Index(
                fields=["is_done", "-last_activity_at", "-id"],
                name="conversation_newest",
            ),
            models.Index(
                fields=["-last_activity_at", "-id"],
                condition=Q(unread_count__gt=0),
                name="conversation_newest_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inbox} with {self.name}"

    @property
    def name(self) -> str:
        return self.student.display_name if self.student else phones.written(self.phone)

    @property
    def student_phone(self) -> str:
        return self.student.mobile if self.student else self.phone


class MessageQuerySet(models.QuerySet["Message"]):
    def in_order(self) -> "MessageQuerySet":
        return self.order_by("position")


class Message(models.Model):
    """One text or email. For an outbound one the id is made by the
    client, so a double click is one text.
    """

    id = models.UUIDField(primary_key=True)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="messages"
    )
    # The order in which messages were written, across clocks: filled by a sequence in
    # the database.
    position = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("conversations_message_position"), function="nextval"),
    )
    direction = models.CharField(
        max_length=10, choices=[(d.value, d.value) for d in Direction]
    )
    channel = models.CharField(
        max_length=10,
        choices=[(c.value, c.value) for c in Channel],
        default=Channel.TEXT,
    )
    author = models.ForeignKey(
        User,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    system_number = models.ForeignKey(
        SystemNumber,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # of a broadcast: single texts and replies overtake it
    is_bulk = models.BooleanField(default=False)
    subject = models.CharField(max_length=200, blank=True)  # of an email
    # E.164, as it was when this was written
    student_phone = models.CharField(max_length=16, blank=True)
    body = models.TextField()
    # the opt-out notice that ends the first text of a number to a student
    notice = models.TextField(blank=True)
    segments = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(
        max_length=20, choices=[(s.value, s.value) for s in Status]
    )
    # what it waits for, or why it was not delivered
    reason = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)  # the same in plain words
    carrier_code = models.CharField(max_length=10, blank=True)
    carrier_message_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    # when the sender may take it; empty while it has it or it is over
    due_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # a text that still waits then goes as an email
    deadline_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["carrier_message_id"],
                condition=~Q(carrier_message_id=""),
                name="one_row_per_carrier_message",
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "position"]),
            # The only index of what is due: beside one of the time alone, a planner
            # whose statistics are from before a broadcast reads all that is due for
            # each number.
            models.Index(
                fields=["system_number", "is_bulk", "due_at", "position"],
                condition=Q(due_at__isnull=False),
                name="message_turn",
            ),
            models.Index(
                fields=["deadline_at"],
                condition=Q(
                    deadline_at__isnull=False,
                    status__in=sorted(BEFORE_AN_ATTEMPT | WITH_THE_CARRIER),
                ),
                name="message_deadline",
            ),
            models.Index(
                fields=["system_number"],
                condition=Q(status__in=sorted(BEFORE_AN_ATTEMPT)),
                name="message_before_attempt",
            ),
            models.Index(
                fields=["conversation", "position"],
                condition=Q(status__in=sorted(BEFORE_AN_ATTEMPT | WITH_THE_CARRIER)),
                name="message_open",
            ),
            models.Index(
                fields=["status"],
                condition=Q(status__in=sorted(WITH_THE_CARRIER)),
                name="message_in_doubt",
            ),
            # Texts the carrier took and has said no more of: looked up in its log
            # (delivery/outcomes/missing_receipts.py).
            models.Index(
                fields=["sent_at"],
                condition=Q(status="sent", channel="text"),
                name="message_without_news",
            ),
            models.Index(fields=["student_phone", "-position"]),
            # reports, by period
            models.Index(fields=["created_at"], name="message_created"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.channel} {self.id}"

    @property
    def text(self) -> str:
        """What reaches the phone: the words as written and, on a
        first text, the opt-out notice.
        """
        return whole_text(self.body, self.notice)

    @property
    def is_outbound(self) -> bool:
        return self.direction == Direction.OUTBOUND

    @property
    def status_words(self) -> str:
        return words_of_status(Status(self.status), self.reason)[0]

    @property
    def status_icon(self) -> str:
        return words_of_status(Status(self.status), self.reason)[1]

    @property
    def tone(self) -> str:
        return words_of_status(Status(self.status), self.reason)[2]


def whole_text(body: str, notice: str) -> str:
    return f"{body}\n\n{notice}" if notice else body


class MessageEvent(models.Model):
    """Every change of a message: what, when, why, by whom. ``key``
    makes the same news twice one event.
    """

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField()
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    cause = models.CharField(max_length=40)
    carrier_code = models.CharField(max_length=10, blank=True)
    actor = models.ForeignKey(
        User,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    key = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "key"],
                condition=~Q(key=""),
                name="message_event_once",
            )
        ]


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def visible_to(self, user: User) -> "MessageTemplateQuerySet":
        """The college's, the own office's and the own."""
        everybodys, theirs = (
            Q(owner=None, office=None),
            Q(owner=None, office=user.office_id),
        )
        found = (
            Q(owner=user) | everybodys | theirs
            if user.office_id
            else Q(owner=user) | everybodys
        )
        return self.filter(found, archived_at=None)


class MessageTemplate(models.Model):
    """Words to begin from, with merge fields. Personal when it has an owner;
    else an office's, else the college's.
    """

    owner = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="message_templates",
    )
    office = models.ForeignKey(
        Office,
        null=True,
        on_delete=models.PROTECT,
        related_name="message_templates",
    )
    channel = models.CharField(
        max_length=10, choices=[(c.value, c.value) for c in Channel]
    )
    name = models.CharField(max_length=120)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    with_contact_card = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name
