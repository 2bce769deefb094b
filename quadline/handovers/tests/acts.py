"""What the tests of this room do again and again, in the words of the room."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from quadline.accounts.models import User
from quadline.handovers.carrying_out import carry_out_departures
from quadline.handovers.ending import end_departures
from quadline.handovers.planning import (
    DepartureWish,
    plan_departure,
    today_on_campus,
)
from quadline.handovers.wording import LEAVE_ANSWER, LEFT_ANSWER
from quadline.inboxes.departure_rules import Share
from quadline.inboxes.models import Departure, Inbox
from tests.cast import Cast


def wish(
    *follow: User | Inbox,
    programs: dict[str, User] | None = None,
    starts: int = 0,
    ends: int | None = None,
    **changed: Any,
) -> DepartureWish:
    """``follow``: for everybody else. Days are counted from today."""
    shares = [Share("", each.pk) for each in follow]
    shares += [Share(name, each.pk) for name, each in (programs or {}).items()]
    today = today_on_campus(timezone.now())
    values: dict[str, Any] = {
        "leaves_on": today + timedelta(days=starts),
        "returns_on": None if ends is None else today + timedelta(days=ends),
        "shares": tuple(shares),
        "rest_days": 90,
        "answer": LEFT_ANSWER if ends is None else LEAVE_ANSWER,
    }
    return DepartureWish(**{**values, **changed})


def plan(people: Cast, who: User, *follow: User | Inbox, **changed: Any) -> Departure:
    return plan_departure(
        staff=who,
        wish=wish(*follow, **changed),
        actor=people.ada,
        now=timezone.now(),
    )


def sweep() -> None:
    carry_out_departures(timestamp=0)
    end_departures(timestamp=0)


def leave(people: Cast, who: User, *follow: User | Inbox, **changed: Any) -> Departure:
    """Planned for today, and carried out."""
    departure = plan(people, who, *follow, **changed)
    sweep()
    departure.refresh_from_db()
    assert departure.is_in_effect, departure.problem
    return departure


def days_later(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)
