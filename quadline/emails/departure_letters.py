"""Letters to staff about somebody who leaves, goes on leave or is back."""

from collections.abc import Iterable

from django.conf import settings

from quadline.emails.letters import send_to_staff


def not_handed_over(
    *,
    to: Iterable[str],
    staff_name: str,
    why: str,
    departure_id: int,
) -> None:
    """Its day has come, and something stands in its way."""
    lines = [
        f"The departure of {staff_name} is due and was not carried out: {why}",
        (
            "Nothing was changed. Students, conversations and texts are where they"
            " were, and the account is open. Quadline tries again every minute."
        ),
        f"Change the plan: {_see(departure_id)}",
    ]
    send_to_staff(f"{staff_name}’s departure was not carried out", lines, to)


def plan_needs_a_change(
    *,
    to: Iterable[str],
    staff_name: str,
    day: str,
    why: str,
    departure_id: int,
) -> None:
    """Something stands in the way of a plan whose day is still to come."""
    lines = [
        f"{staff_name} is to leave on {day}. As it stands, that can’t be carried out:"
        f" {why}",
        f"There is time to change the plan: {_see(departure_id)}",
    ]
    send_to_staff(f"The plan for {staff_name}’s departure needs a change", lines, to)


def students_are_yours(
    *,
    to: Iterable[str],
    staff_name: str,
    students: int,
    until: str,
) -> None:
    """To those who follow. ``until``: the day of return, or "" for good."""
    them = f"{students} student{'' if students == 1 else 's'}"
    lines = [
        (
            f"{staff_name} is on leave until {until}. {them} are on your caseload until"
            " then."
            if until
            else f"{staff_name} has left. {them} are on your caseload now."
        ),
        (
            "What is new for you, with an email to introduce yourself:"
            f" {settings.PUBLIC_URL}/first-day/"
        ),
    ]
    send_to_staff(f"You follow {staff_name}", lines, to)


def leave_is_over(*, to: Iterable[str], staff_name: str, students: int) -> None:
    them = f"{students} student{'' if students == 1 else 's'}"
    lines = [
        f"{staff_name} is back from leave.",
        f"{them} are on {staff_name}’s caseload again, with their conversations.",
    ]
    send_to_staff(f"{staff_name} is back", lines, to)


def _see(departure_id: int) -> str:
    return f"{settings.PUBLIC_URL}/manage/departures/{departure_id}/"
