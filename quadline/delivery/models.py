"""One attempt to hand a text over: committed before the carrier is called, so that a crash leaves a trace."""

from django.db import models

from quadline.conversations.models import Message
from quadline.numbers.models import SystemNumber


class Attempt(models.Model):
    class Outcome(models.TextChoices):
        UNDER_WAY = "under_way"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        UNSENT = "unsent"  # provably not at the carrier
        UNKNOWN = "unknown"  # being looked up
        NOTHING_FOUND = "nothing_found"  # looked up; the carrier does not have it

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.UNDER_WAY)
    why = models.CharField(max_length=200, blank=True)
    looks = models.PositiveSmallIntegerField(default=0)  # at the carrier's log, for an unknown outcome
    next_look_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message"], condition=models.Q(outcome="under_way"), name="one_attempt_under_way")
        ]
        indexes = [models.Index(fields=["started_at"], condition=models.Q(outcome="under_way"), name="attempt_under_way")]


class Probe(models.Model):
    """A text of our own to a phone of the college, to learn whether a number is registered when no news came."""

    number = models.ForeignKey(SystemNumber, on_delete=models.CASCADE, related_name="probes")
    started_at = models.DateTimeField()
    outcome = models.CharField(max_length=200, blank=True)
