"""Whom somebody may write to now, and the words for why not."""

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.roster.models import Student, StudentQuerySet

LEFT = "The student has left the caseload."
SWITCHED_OFF = "The account it was written from is switched off."
NO_WRITER = "The role it was written in does not send texts any more."
NOT_SENT = "It was not sent."
CLOSED = "out of reach"  # cause of an event


def in_reach(author: User) -> StudentQuerySet:
    return Student.objects.visible_to(author) if author.may[May.TEXT] else Student.objects.none()


def why_not(author: User) -> str:
    """Why a student is out of this author's reach."""
    if not author.is_active:
        return SWITCHED_OFF
    return LEFT if author.may[May.TEXT] else NO_WRITER
