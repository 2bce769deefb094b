"""Who is told by email that somebody leaves, that it could not be done, or that they
are back.
"""

from collections.abc import Iterable
from datetime import date

from quadline import clock
from quadline.accounts.models import User
from quadline.emails import departure_letters
from quadline.handovers.planning import today_on_campus
from quadline.inboxes.holding import holders_of
from quadline.inboxes.models import Departure, Inbox


def tell_of_problem(departure_id: int) -> None:
    """The administrators, with what to do."""
    departure = Departure.objects.select_related("staff").get(pk=departure_id)
    if not departure.problem or not departure.is_planned:
        return  # fixed meanwhile
    if departure.leaves_on > today_on_campus(clock.now()):
        departure_letters.plan_needs_a_change(
            to=_administrators(),
            staff_name=departure.staff.name,
            day=day_in_words(departure.leaves_on),
            why=departure.problem,
            departure_id=departure.pk,
        )
        return
    departure_letters.not_handed_over(
        to=_administrators(),
        staff_name=departure.staff.name,
        why=departure.problem,
        departure_id=departure.pk,
    )


def tell_successors(departure_id: int) -> None:
    """Each with how many students are new to them."""
    departure = Departure.objects.select_related("staff").get(pk=departure_id)
    until = departure.returns_on
    for inbox_id, students in students_by_inbox(departure).items():
        if addresses := _addresses(inbox_id):
            departure_letters.students_are_yours(
                to=addresses,
                staff_name=departure.staff.name,
                students=students,
                until=day_in_words(until) if until else "",
            )


def tell_of_return(departure_id: int) -> None:
    departure = Departure.objects.select_related("staff").get(pk=departure_id)
    told = {departure.staff.email}
    for inbox_id in students_by_inbox(departure):
        told.update(_addresses(inbox_id))
    departure_letters.leave_is_over(
        to=sorted(told),
        staff_name=departure.staff.name,
        students=departure.handed_students.count(),
    )


def students_by_inbox(departure: Departure) -> dict[int, int]:
    """How many students each inbox was handed, in the order in which it was chosen."""
    # One who got nobody is named, too: they were chosen.
    counts = {share.inbox_id: 0 for share in departure.shares}
    for inbox_id in departure.handed_students.values_list("inbox", flat=True):
        counts[inbox_id] = counts.get(inbox_id, 0) + 1
    return counts


def successor_names(departure: Departure) -> dict[int, str]:
    """As the screens say them, by inbox."""
    ids = {share.inbox_id for share in departure.shares}
    inboxes = Inbox.objects.filter(pk__in=ids).select_related("owner")
    return {inbox.pk: inbox.shown_name for inbox in inboxes}


def day_in_words(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _addresses(inbox_id: int) -> list[str]:
    ids = holders_of([inbox_id])[inbox_id]
    # A member who has left the college gets no more email.
    found = User.objects.filter(pk__in=ids, is_active=True).order_by("pk")
    return list(found.values_list("email", flat=True))


def _administrators() -> Iterable[str]:
    return [user.email for user in User.objects.who_manage()]
