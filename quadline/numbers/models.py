"""A system number and the history of its states."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from quadline.accounts.models import User
from quadline.inboxes.models import Inbox, inbox_of, seen_inboxes
from quadline.numbers.comparison import TroubleKind
from quadline.numbers.rules import (
    ENDED_STATES,
    LIVE_STATES,
    NumberStanding,
    NumberState,
    NumberStep,
    is_late,
    number_standing,
    steps_shown,
)
from quadline.sms import phones

WARM_POOL = "the warm pool"
IS_OVER = Q(state__in=sorted(ENDED_STATES))
STATE_CHOICES = [(state.value, state.value.title()) for state in NumberState]


class SystemNumberQuerySet(models.QuerySet["SystemNumber"]):
    def live(self) -> "SystemNumberQuerySet":
        return self.filter(state__in=LIVE_STATES)

    def of(self, user: User) -> "SystemNumber | None":
        """The number of a staff user's own inbox: see ``of_inbox``."""
        inbox = inbox_of(user)
        number = self.of_inbox(inbox.pk)
        if number:
            number.inbox = inbox  # not looked up again
        return number

    def of_inbox(self, inbox_id: int) -> "SystemNumber | None":
        """The one number of an inbox, at whatever step, or
        None before the first text.
        """
        return self.live().filter(inbox=inbox_id).first()

    def spare(self) -> "SystemNumberQuerySet":
        """Those of the warm pool, at whatever step."""
        return self.live().filter(inbox=None)

    def of_every_phone(self) -> "SystemNumberQuerySet":
        """Of the rows of one phone number the newest: it may have had other inboxes."""
        newer = SystemNumber.objects.filter(phone=OuterRef("phone"))
        newer = newer.filter(pk__gt=OuterRef("pk"), inbox__isnull=False)
        return self.exclude(phone="").filter(~Exists(newer))

    def visible_to(self, user: User) -> "SystemNumberQuerySet":
        """Those of the inboxes this person may read."""
        return self.filter(seen_inboxes(user), inbox__isnull=False)


class SystemNumber(models.Model):
    # None: a spare one of the warm pool. The column keeps its name for one release: a
    # process of the release before writes it.
    inbox = models.ForeignKey(
        Inbox,
        null=True,
        on_delete=models.PROTECT,
        related_name="system_numbers",
        db_column="user_id",
    )
    state = models.CharField(
        max_length=20,
        choices=STATE_CHOICES,
        default=NumberState.REQUESTED,
    )
    # E.164; chosen when ordering, ours from registering on
    phone = models.CharField(max_length=16, blank=True)
    # Our own tag on what we buy: a purchase whose answer was lost is found by it and
    # adopted.
    reference = models.UUIDField(default=uuid.uuid4, unique=True)
    carrier_number_id = models.CharField(max_length=64, blank=True)
    # why it failed or waits, in words for staff
    reason = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField()
    ordering_at = models.DateTimeField(null=True)
    registering_at = models.DateTimeField(null=True)
    # in the Messaging Service, which started its registration
    attached_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(null=True)
    administrator_told_at = models.DateTimeField(null=True)
    # when the next text may leave without exceeding the number's rate
    free_at = models.DateTimeField(null=True)
    # Held by the worker that talks to the carrier for this row; a dead worker's hold
    # runs out.
    held_until = models.DateTimeField(null=True)

    objects = SystemNumberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["inbox"],
                condition=Q(state__in=sorted(LIVE_STATES)),
                name="one_live_number_per_user",
            ),
            models.UniqueConstraint(
                fields=["phone"],
                condition=~Q(phone="") & ~IS_OVER,
                name="one_user_per_number",
            ),
            models.UniqueConstraint(
                fields=["carrier_number_id"],
                condition=~Q(carrier_number_id="") & ~IS_OVER,
                name="one_row_per_purchase",
            ),
        ]
        indexes = [
            # all inboxes that ever had it: reply_owners.py
            models.Index(fields=["phone"], name="number_phone"),
        ]

    def __str__(self) -> str:
        return self.written or f"number {self.pk}, {self.state}"

    @property
    def written(self) -> str:
        """The number as people write it, once students can be texted from it."""
        return phones.written(self.phone) if self.phone and self.active_at else ""

    @property
    def whose(self) -> str:
        """The inbox it belongs to, as the screens say it; the warm pool for a spare."""
        return self.inbox.shown_name if self.inbox else WARM_POOL

    @property
    def its_inbox(self) -> Inbox:
        """For numbers that were looked up by their inboxes: a spare one is not among
        them.
        """
        assert self.inbox is not None, "a spare number has no inbox"
        return self.inbox

    @property
    def steps(self) -> list[NumberStep]:
        reached = {
            NumberState.REQUESTED: self.requested_at,
            NumberState.ORDERING: self.ordering_at,
            NumberState.REGISTERING: self.registering_at,
            NumberState.ACTIVE: self.active_at,
        }
        return steps_shown(NumberState(self.state), reached)

    def standing(self, now: datetime) -> NumberStanding:
        return number_standing(
            self.requested_at,
            NumberState(self.state),
            self.reason,
            now=now,
        )

    def is_late(self, now: datetime) -> bool:
        return is_late(self.requested_at, NumberState(self.state), now=now)


class NumberEvent(models.Model):
    """Every change of state of a number: what, when, why, by whom."""

    number = models.ForeignKey(
        SystemNumber, on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField()
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    cause = models.CharField(max_length=300)
    actor = models.ForeignKey(
        User,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        ordering = ["at", "pk"]


class Probe(models.Model):
    """A text of our own to a phone of the college, to learn whether a
    number is registered when no news came.
    """

    number = models.ForeignKey(
        SystemNumber, on_delete=models.CASCADE, related_name="probes"
    )
    started_at = models.DateTimeField()
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "delivery_probe"  # where it was first


class NumberTrouble(models.Model):
    """Something that an administrator should look at: found by a comparison with the
    carrier (comparison.py) or by counting what is left (stock.py).
    """

    kind = models.CharField(
        max_length=20, choices=[(kind.value, kind.value) for kind in TroubleKind]
    )
    # None: of a number we do not know, or of none
    number = models.ForeignKey(
        SystemNumber,
        null=True,
        on_delete=models.CASCADE,
        related_name="troubles",
    )
    phone = models.CharField(max_length=16, blank=True)
    carrier_number_id = models.CharField(max_length=64, blank=True)
    since = models.DateTimeField()
    # an administrator has asked to have it repaired
    repair_asked_at = models.DateTimeField(null=True)
    repair_problem = models.CharField(max_length=300, blank=True)
    told_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    over_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "carrier_number_id"],
                condition=Q(over_at=None),
                name="one_open_trouble",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.phone}".strip()


class CarrierComparison(models.Model):
    """When the carrier's list of numbers was last compared with ours: one row."""

    asked_at = models.DateTimeField(null=True)  # an administrator wants it done now
    done_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)  # why it could not be done
    rented = models.PositiveIntegerField(default=0)  # as the carrier has it
    # numbers of the account that Quadline has nothing to do with
    foreign = models.PositiveIntegerField(default=0)
