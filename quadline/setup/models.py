"""What the first run leaves: its link, what live checks found, and the sample data."""

from typing import Any

from django.db import models

from quadline.accounts.models import User
from quadline.roster.models import RosterRun
from quadline.setup.rules import LineState, LinkFacts, SetupLine


class SetupLink(models.Model):
    """A way to the first account. The newest counts; the one that was used is kept."""

    digest = models.CharField(max_length=64, unique=True)  # of the key, SHA-256 in hex
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)  # its key was exchanged for a session
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    def __str__(self) -> str:
        # Never the digest: it is what a guess is compared with.
        return f"setup link of {self.made_at:%Y-%m-%d %H:%M}"

    @property
    def facts(self) -> LinkFacts:
        return LinkFacts(self.expires_at, self.opened_at, self.used_at)


class LiveCheck(models.Model):
    """The last time something of the deployment was tried, and what came of it."""

    class About(models.TextChoices):
        CARRIER = "carrier"
        EMAIL = "email"

    about = models.CharField(max_length=20, choices=About, unique=True)
    # The account or mail server it is of: of another one it says nothing.
    place = models.CharField(max_length=300)
    place_since = models.DateTimeField()  # when this place was first asked about
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
    )
    done_at = models.DateTimeField(null=True)
    found = models.JSONField(default=list)  # SetupLines, as dicts

    def __str__(self) -> str:
        # The place holds no secret: deployment.py leaves them out.
        return f"{self.about}, {self.place}"

    @property
    def lines(self) -> list[SetupLine]:
        return [_line(each) for each in self.found]


class InboundCode(models.Model):
    """Six digits that an administrator texts to a number of ours: when they come in as
    a webhook, replies do.
    """

    code = models.CharField(max_length=6)
    place = models.CharField(max_length=300)  # the account
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
    )
    expires_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)  # by a webhook
    found_in_log_at = models.DateTimeField(null=True)  # the webhook never came

    def __str__(self) -> str:
        # Not its digits, which would be in every list of a shell.
        return f"code of {self.made_at:%Y-%m-%d %H:%M}"


class SampleData(models.Model):
    """A roster of made-up students, which is taken out again."""

    run = models.OneToOneField(
        RosterRun,
        on_delete=models.CASCADE,
        related_name="+",
    )

    def __str__(self) -> str:
        # By number: the run is not looked up for a name.
        return f"sample data, roster {self.run_id}"


def _line(kept: dict[str, Any]) -> SetupLine:
    return SetupLine(**{**kept, "state": LineState(kept["state"])})
