"""Departures: a staff user leaves, or goes on leave, and others follow.

The plan, and who follows while it is in effect. What is done about it:
quadline/handovers.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from quadline.accounts.models import User
from quadline.inboxes.departure_rules import (
    OPEN_STATES,
    Absence,
    DepartureState,
    Share,
    WaitingTexts,
)


class DepartureQuerySet(models.QuerySet["Departure"]):
    def open(self) -> "DepartureQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def due(self, today: date) -> "DepartureQuerySet":
        """Those whose day has come and that are not carried out yet."""
        return self.filter(state=DepartureState.PLANNED, leaves_on__lte=today)

    def in_effect(self) -> "DepartureQuerySet":
        return self.filter(state=DepartureState.IN_EFFECT)


class Departure(models.Model):
    """Somebody leaves on a day, for good or until another. One open one for each."""

    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="departures")
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in DepartureState],
        default=DepartureState.PLANNED,
    )
    leaves_on = models.DateField()  # the first day away, on the campus clock
    returns_on = models.DateField(null=True)  # of a leave: the first day back
    # How long the number rests before it is released; a leave ends with its return.
    rest_days = models.PositiveSmallIntegerField()
    # What a student reads who texts the resting number, with its fields.
    answer = models.TextField()
    waiting_texts = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in WaitingTexts]
    )
    # Texts of which the other of the two was chosen, by their ids.
    excepted_texts = ArrayField(models.UUIDField(), default=list)
    # The email that the leaver's students get in the leaver's name on the day; "" for
    # none.
    email_subject = models.CharField(max_length=200, blank=True)
    email_body = models.TextField(blank=True)
    # What the college's rules said on the day: whether conversations went along, and
    # whether the one on leave may read.
    conversations_went_along = models.BooleanField(null=True)
    reads_while_away = models.BooleanField(null=True)

    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    # Rises with each change: of two administrators on one form, one was later.
    version = models.PositiveIntegerField(default=1)
    # Why it was not carried out when its day came, as administrators read it.
    problem = models.CharField(max_length=300, blank=True)
    carried_out_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = DepartureQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["staff"],
                condition=Q(state__in=sorted(OPEN_STATES)),
                name="one_open_departure",
            ),
            models.CheckConstraint(
                condition=Q(returns_on=None) | Q(returns_on__gt=F("leaves_on")),
                name="return_after_leaving",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff.name} on {self.leaves_on}"

    @property
    def is_leave(self) -> bool:
        return self.returns_on is not None

    @property
    def is_planned(self) -> bool:
        return self.state == DepartureState.PLANNED

    @property
    def is_in_effect(self) -> bool:
        return self.state == DepartureState.IN_EFFECT

    @property
    def shares(self) -> tuple[Share, ...]:
        """Who follows now. Chains are resolved: each of these takes texts, unless it
        was deactivated without a departure of its own.
        """
        rows = self.successors.filter(replaced_by=None)
        return tuple(Share(row.program, row.inbox_id) for row in rows.order_by("pk"))

    @property
    def absence(self) -> Absence:
        return Absence(self.staff_id, self.leaves_on, self.returns_on, self.shares)

    @property
    def rests_from(self) -> datetime | None:
        return self.carried_out_at

    def choice_for(self, message_id: object) -> WaitingTexts:
        """What becomes of one waiting text."""
        chosen = WaitingTexts(self.waiting_texts)
        if message_id not in self.excepted_texts:
            return chosen
        is_handed = chosen is WaitingTexts.HAND_OVER
        return WaitingTexts.CANCEL if is_handed else WaitingTexts.HAND_OVER


class Successor(models.Model):
    """The inbox that follows for students of one program, or for everybody else.

    A successor who leaves, too, is replaced by rows of those who follow them; when that
    was a leave, the row counts again afterwards.
    """

    departure = models.ForeignKey(
        Departure, on_delete=models.CASCADE, related_name="successors"
    )
    program = models.CharField(max_length=160, blank=True)
    inbox = models.ForeignKey(
        "inboxes.Inbox", on_delete=models.PROTECT, related_name="+"
    )
    replaced_by = models.ForeignKey(
        Departure, null=True, on_delete=models.PROTECT, related_name="replaces"
    )
    # The departure of the successor whom this one replaces.
    because_of = models.ForeignKey(
        Departure, null=True, on_delete=models.PROTECT, related_name="brought"
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["departure", "program"],
                condition=Q(replaced_by=None),
                name="one_successor_per_program",
            )
        ]

    def __str__(self) -> str:
        return f"{self.inbox} for {self.program or 'everybody else'}"
