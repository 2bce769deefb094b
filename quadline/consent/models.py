"""The consent ledger (append-only) and where each pair of phones stands by it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from quadline.consent.rules import Change, Source
from quadline.consent.stop_start_rules import Word, WordSource


class ConsentEntry(models.Model):
    """One opt-out or opt-in of one student phone from one
    system number, with its proof.
    """

    student_phone = models.CharField(max_length=16)  # E.164
    system_phone = models.CharField(max_length=16)  # E.164
    change = models.CharField(
        max_length=10, choices=[(c.value, c.value) for c in Change]
    )
    source = models.CharField(
        max_length=20, choices=[(s.value, s.value) for s in Source]
    )
    keyword = models.CharField(max_length=20, blank=True)
    wording = models.TextField(blank=True)  # the reply as it was written
    carrier_reference = models.CharField(max_length=64, blank=True)
    # The student's text that says so, if one does: its date can be asked for.
    carrier_message_id = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
    )
    # as well as we know: when it came, or what the log says
    occurred_at = models.DateTimeField()
    # by the carrier's own clock, once it is known
    carrier_at = models.DateTimeField(null=True)
    # one clock for all our processes
    recorded_at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        indexes = [
            models.Index(fields=["student_phone", "system_phone", "occurred_at"]),
            # What happened lately, whoever it was (health/opt_outs.py).
            models.Index(fields=["occurred_at"], name="consent_entry_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["carrier_reference", "change"],
                condition=~models.Q(carrier_reference=""),
                name="consent_entry_once",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            # The one thing that may be learned later, once.
            pgtrigger.ReadOnly(name="never_changed", exclude=["carrier_at"]),
            pgtrigger.Protect(
                name="dated_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__carrier_at__isnull=False)
                | pgtrigger.Q(new__carrier_at__isnull=True),
            ),
        ]

    @property
    def kind(self) -> WordSource:
        if self.carrier_message_id:
            return WordSource.TEXT
        if self.source == Source.CARRIER:
            return WordSource.REFUSAL
        return WordSource.TOLD

    @property
    def was_texted_elsewhere(self) -> bool:
        """To a colleague's number, and counts here too. The
        carrier acted on it only there.
        """
        return (
            bool(self.carrier_message_id)
            and self.carrier_reference != self.carrier_message_id
        )

    @property
    def word(self) -> Word:
        return Word(
            id=self.pk,
            change=Change(self.change),
            kind=self.kind,
            occurred_at=self.occurred_at,
            heard_at=self.recorded_at,
            carrier_at=self.carrier_at,
        )


class ConsentState(models.Model):
    """Where a pair stands: the entry of the ledger that counts, kept beside
    it so that a send can ask in one look.

    In doubt it is an opt-out, until the carrier has said in which order the student's
    words came.
    """

    student_phone = models.CharField(max_length=16)
    system_phone = models.CharField(max_length=16)
    opted_out = models.BooleanField()
    since = models.DateTimeField()
    entry = models.ForeignKey(ConsentEntry, on_delete=models.PROTECT, related_name="+")
    # while in doubt: when the carrier is asked next
    look_up_at = models.DateTimeField(null=True)
    # that brought no answer
    looks = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["student_phone", "system_phone"], name="consent_state_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["look_up_at"],
                condition=models.Q(look_up_at__isnull=False),
                name="consent_state_in_doubt",
            )
        ]

    @property
    def is_in_doubt(self) -> bool:
        """The carrier is to be asked in which order the words were said."""
        return self.look_up_at is not None

    @property
    def is_surely_out(self) -> bool:
        """Whatever the carrier may say of the order of the words."""
        return self.opted_out and not self.is_in_doubt


class StopQuestion(models.Model):
    """A reply that may mean stop without saying a keyword. Nothing is texted to the
    pair until a person has answered.

    Any reasonable means of revoking counts, not only keywords (47 CFR 64.1200(a)(10)).
    """

    class Answer(models.TextChoices):
        STOP = "stop"
        GO_ON = "go_on"

    student_phone = models.CharField(max_length=16)  # E.164
    system_phone = models.CharField(max_length=16)  # E.164
    wording = models.TextField()  # the reply as it was written
    phrase = models.CharField(max_length=80)  # what in it was taken for a stop
    carrier_reference = models.CharField(max_length=64)
    asked_at = models.DateTimeField()  # when the reply came, as well as we know
    carrier_at = models.DateTimeField(null=True)  # the same by the carrier's own clock
    # the carrier can date it
    is_text = models.BooleanField(default=False, db_default=False)
    recorded_at = models.DateTimeField(db_default=Now())
    # Whether texts wait for the answer: not for words that may be somebody else's.
    holds_texts = models.BooleanField(db_default=True)
    answer = models.CharField(
        max_length=10,
        choices=Answer.choices,
        blank=True,
    )
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["student_phone", "system_phone"],
                condition=models.Q(answer=""),
                name="one_open_stop_question",
            ),
            models.UniqueConstraint(
                fields=["carrier_reference"], name="stop_question_once"
            ),
        ]

    @property
    def word(self) -> Word:
        """As a STOP, were it meant as one."""
        return Word(
            id=0,
            change=Change.OPT_OUT,
            kind=WordSource.TEXT if self.is_text else WordSource.TOLD,
            occurred_at=self.asked_at,
            heard_at=self.recorded_at,
            carrier_at=self.carrier_at,
        )


class CarrierCheck(models.Model):
    """What the nightly look at the carrier said of a pair: whether its
    record of the opt-out agrees with ours.
    """

    state = models.OneToOneField(
        ConsentState, on_delete=models.CASCADE, related_name="carrier_check"
    )
    agrees = models.BooleanField()
    detail = models.CharField(max_length=200, blank=True)
    checked_at = models.DateTimeField()
