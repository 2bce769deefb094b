"""Departures of the sample college for the pictures: one planned, one carried out."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from quadline.accounts.models import User
from quadline.handovers.carrying_out import carry_out
from quadline.handovers.planning import (
    DepartureWish,
    plan_departure,
    today_on_campus,
)
from quadline.handovers.wording import LEAVE_ANSWER, LEFT_ANSWER
from quadline.inboxes.departure_rules import Share
from quadline.inboxes.models import Departure


@dataclass(frozen=True)
class Departures:
    planned: Departure
    done: Departure


def live() -> Departures:
    ruth, linh, jordan, priya = (
        User.objects.get(email=f"{name}@alder.example")
        for name in ("ruth.abernathy", "linh.pham", "jordan.callahan", "priya.raman")
    )
    now = timezone.now()
    today = today_on_campus(now)
    planned = plan_departure(
        staff=priya,
        wish=DepartureWish(
            leaves_on=today + timedelta(days=12),
            returns_on=today + timedelta(days=104),
            shares=(Share("", jordan.pk),),
            rest_days=90,
            answer=LEAVE_ANSWER,
        ),
        actor=ruth,
        now=now,
    )
    done = plan_departure(
        staff=jordan,
        wish=DepartureWish(
            leaves_on=today,
            returns_on=None,
            shares=(Share("", linh.pk),),
            rest_days=90,
            answer=LEFT_ANSWER,
        ),
        actor=ruth,
        now=now,
    )
    carry_out(done.pk, now=now)
    done.refresh_from_db()
    return Departures(planned, done)
