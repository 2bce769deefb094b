"""What an administrator has decided; what nobody has decided has no row."""

from django.db import models


class CollegeDecision(models.Model):
    """One setting of the college by its name in ``rules.CollegeSettings``; of the logo,
    the digest.

    Who changed it, and from what, is in the audit trail.
    """

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.value!r}"


class CollegeLogo(models.Model):
    """The picture that is shown, as ``logo.py`` has drawn it."""

    digest = models.CharField(max_length=32, primary_key=True)
    content = models.BinaryField()  # PNG

    def __str__(self) -> str:
        return self.digest
