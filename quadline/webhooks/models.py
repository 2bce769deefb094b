"""What the carrier told us, raw and once, before anybody interprets it."""

from django.db import models
from django.db.models import Q


class CarrierEvent(models.Model):
    class Kind(models.TextChoices):
        INBOUND = "inbound"
        STATUS = "status"
        REGISTRATION = "registration"

    carrier = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # the carrier's own name for the news: the same twice is one row
    key = models.CharField(max_length=160)
    content = models.JSONField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["carrier", "kind", "key"], name="carrier_event_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(applied_at=None),
                name="carrier_event_to_apply",
            )
        ]


class LogReading(models.Model):
    """Up to when the carrier's own log of replies has been read."""

    carrier = models.CharField(max_length=20, unique=True)
    read_until = models.DateTimeField()
    # By our clock: when that was last done; when it last failed, and why.
    read_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True, db_default="")
