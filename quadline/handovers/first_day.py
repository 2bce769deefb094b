"""What is new for somebody who follows: whose students, conversations and texts came to
them.
"""

from dataclasses import dataclass

from quadline.accounts.models import User
from quadline.handovers.models import HandedConversation, HandedStudent, HandedText
from quadline.inboxes.models import Departure, Inbox
from quadline.roster.models import CaseloadEntry, Student, StudentQuerySet


@dataclass(frozen=True)
class Inheritance:
    """What came to one person by one departure."""

    departure: Departure
    students: int
    conversations: int
    texts: int

    @property
    def from_whom(self) -> str:
        return self.departure.staff.name


def arrivals_of(user: User) -> list[Inheritance]:
    """By the departures that are in effect, the newest first."""
    # The law of inboxes says which are theirs, an office's among them.
    inboxes = Inbox.objects.writable_by(user)
    handed = HandedStudent.objects.filter(inbox__in=inboxes)
    departures = Departure.objects.in_effect().filter(pk__in=handed.values("departure"))
    return [
        Inheritance(
            departure,
            handed.filter(departure=departure).count(),
            HandedConversation.objects.filter(
                departure=departure, inbox__in=inboxes
            ).count(),
            HandedText.objects.filter(departure=departure, inbox__in=inboxes).count(),
        )
        for departure in departures.select_related("staff").order_by("-pk")
    ]


def new_students_of(user: User) -> StudentQuerySet:
    """Those who came to them and are on their caseload still."""
    handed = HandedStudent.objects.filter(
        inbox__in=Inbox.objects.writable_by(user),
        departure__in=Departure.objects.in_effect(),
    )
    mine = CaseloadEntry.objects.filter(staff=user)
    return Student.objects.filter(pk__in=handed.values("student")).filter(
        pk__in=mine.values("student")
    )
