"""The audit trail: rows are written once and never changed; a
trigger in the database sees to it.
"""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One act: by whom (nobody: the system or a student), on what, with what detail."""

    at = models.DateTimeField(auto_now_add=True)
    # Protected: anyone who has acted stays on record; accounts are switched off, not
    # deleted.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    action = models.CharField(max_length=60)
    # By type and id, not by a foreign key: the entry outlives what it is about.
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at"]),
            models.Index(fields=["actor", "at"]),
        ]
        triggers = [
            pgtrigger.Protect(
                name="append_only", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        subject = f"{self.subject_type} {self.subject_id}"
        return f"{self.action} {subject}"


def record_audit(
    action: str, *, subject: models.Model, actor: Any | None, **detail: Any
) -> AuditEntry:
    """Write one entry in the caller's transaction. No phone numbers
    and no message bodies in the detail.
    """
    return AuditEntry.objects.create(
        action=action,
        actor=actor,
        subject_type=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        detail=detail,
    )
