"""What is known of a student's phone, entry by entry. Of the app ``roster``."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from quadline.roster.phones.rules import OF_NUMBER, EvidenceSource, EvidenceStatus


class PhoneEvidence(models.Model):
    """One thing that somebody said of one phone of one student, with its proof. Rows
    are added, never changed.
    """

    # Empty once an undone roster has taken its student out: the proof stays.
    student = models.ForeignKey(
        "roster.Student", null=True, on_delete=models.SET_NULL, related_name="evidence"
    )
    phone = models.CharField(max_length=16)  # E.164
    status = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in EvidenceStatus]
    )
    source = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in EvidenceSource]
    )
    said_at = models.DateTimeField()  # when the student said so, as far as known
    recorded_at = models.DateTimeField(db_default=Now())
    how = models.CharField(max_length=120, blank=True)  # enrollment form, by phone
    wording = models.TextField(blank=True)  # what the student agreed to, as they read
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        app_label = "roster"
        indexes = [
            models.Index(fields=["student", "phone", "id"], name="evidence_of_phone"),
            models.Index(
                fields=["phone", "id"],
                condition=Q(status__in=[each.value for each in OF_NUMBER]),
                name="evidence_of_number",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="never_changed", exclude=["student"]),
            # Its student may go and never become another.
            pgtrigger.Protect(
                name="never_moved",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__student__isnull=False),
            ),
        ]
