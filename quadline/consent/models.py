"""The consent ledger (append-only) and where each pair of phones stands by it."""

import pgtrigger
from django.conf import settings
from django.db import models

from quadline.consent.rules import Change, Source


class ConsentEntry(models.Model):
    """One opt-out or opt-in of one student phone from one system number, with its proof."""

    student_phone = models.CharField(max_length=16)  # E.164
    system_phone = models.CharField(max_length=16)  # E.164
    change = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Change])
    source = models.CharField(max_length=20, choices=[(s.value, s.value) for s in Source])
    keyword = models.CharField(max_length=20, blank=True)
    wording = models.TextField(blank=True)  # the reply as it was written
    carrier_reference = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["student_phone", "system_phone", "occurred_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["carrier_reference", "change"], condition=~models.Q(carrier_reference=""), name="consent_entry_once"
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class ConsentState(models.Model):
    """Where a pair stands: the newest entry of the ledger, kept beside it so that a send can ask in one look."""

    student_phone = models.CharField(max_length=16)
    system_phone = models.CharField(max_length=16)
    opted_out = models.BooleanField()
    since = models.DateTimeField()
    entry = models.ForeignKey(ConsentEntry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student_phone", "system_phone"], name="consent_state_once")]


class StopQuestion(models.Model):
    """A reply that may mean stop without saying a keyword. Nothing is texted to the pair until a person has answered.

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
    asked_at = models.DateTimeField()
    # Whether texts wait for the answer: not for words that may be somebody else's.
    holds_texts = models.BooleanField(db_default=True)
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["student_phone", "system_phone"], condition=models.Q(answer=""), name="one_open_stop_question"
            ),
            models.UniqueConstraint(fields=["carrier_reference"], name="stop_question_once"),
        ]


class CarrierCheck(models.Model):
    """What the nightly look at the carrier said of a pair: whether its record of the opt-out agrees with ours."""

    state = models.OneToOneField(ConsentState, on_delete=models.CASCADE, related_name="carrier_check")
    agrees = models.BooleanField()
    detail = models.CharField(max_length=200, blank=True)
    checked_at = models.DateTimeField()
