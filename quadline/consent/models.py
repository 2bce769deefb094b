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
