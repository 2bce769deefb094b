"""What is remembered of each check, so that nobody is told of one thing twice."""

from django.db import models

from quadline.health.rules import HealthCheck, HealthLevel


class CheckWatch(models.Model):
    """One check between two looks: rules.Watch, in a row of its own."""

    check_name = models.CharField(
        max_length=20, unique=True, choices=[(c.value, c.value) for c in HealthCheck]
    )
    level = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in HealthLevel]
    )
    what = models.TextField(blank=True)  # as the last look said it
    since = models.DateTimeField()
    looked_at = models.DateTimeField()
    red_since = models.DateTimeField(null=True)
    calm_since = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.check_name}: {self.level}"
