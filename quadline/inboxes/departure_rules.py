"""The law on leaving: who follows whom, from which day, and what stands in the way of a
plan. No database here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

# Of everybody whose program has no successor of its own.
EVERYBODY_ELSE = ""
# What the answer of a resting number may name, in braces.
ANSWER_FIELDS = ("leaver", "successor", "reach", "day", "college")
LONGEST_REST_DAYS = 730
FURTHEST_AHEAD_DAYS = 730  # a date beyond it is most likely mistyped


class DepartureState(StrEnum):
    PLANNED = "planned"  # its day has not come, or something stands in its way
    IN_EFFECT = "in_effect"  # carried out: others follow
    OVER = "over"  # back from leave, or the number has been released
    CANCELLED = "cancelled"  # taken back before its day


class WaitingTexts(StrEnum):
    HAND_OVER = "hand_over"  # they leave from the successor's number
    CANCEL = "cancel"


OPEN_STATES = frozenset({DepartureState.PLANNED, DepartureState.IN_EFFECT})


@dataclass(frozen=True)
class Share:
    """The students of one program, or everybody else, and the inbox that follows."""

    program: str
    inbox_id: int


@dataclass(frozen=True)
class Absence:
    """Somebody is away from one day until another. A personal inbox has the id of its
    staff user, so ``inbox_id`` is both.

    ``ends``: the first day back; None for good.
    """

    inbox_id: int
    starts: date
    ends: date | None
    shares: tuple[Share, ...] = ()

    def overlaps(self, other: "Absence") -> bool:
        begins_before = other.ends is None or self.starts < other.ends
        ends_after = self.ends is None or other.starts < self.ends
        return begins_before and ends_after

    def covers(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True)
class SuccessorFacts:
    """An inbox that is to follow, as far as the law asks."""

    inbox_id: int
    name: str
    takes_texts: bool  # somebody with an open account writes in it


@dataclass(frozen=True)
class PlanFacts:
    """A plan, and what is known of it on the day it is made.

    ``others``: the absences that are planned or in effect, without this one.
    """

    absence: Absence
    staff_name: str
    today: date
    rest_days: int
    successors: Mapping[int, SuccessorFacts]
    others: Sequence[Absence] = ()
    is_open: bool = True  # the account of the one who leaves
    is_last_administrator: bool = False


def successor_for(program: str, shares: Iterable[Share]) -> int | None:
    """The inbox that follows for students of a program; None when nobody does."""
    by_program = {share.program: share.inbox_id for share in shares}
    return by_program.get(program, by_program.get(EVERYBODY_ELSE))


def faults_of_plan(facts: PlanFacts) -> dict[str, str]:
    """What stands in the way, in words, by field of the form; empty for a good plan."""
    found = {
        "staff": _about_leaver(facts),
        "leaves_on": _about_first_day(facts),
        "returns_on": _about_return(facts),
        "rest_days": _about_rest(facts),
        "successor": _about_successors(facts),
    }
    return {field: words for field, words in found.items() if words}


def circle_of(absence: Absence, others: Sequence[Absence]) -> list[int]:
    """The inboxes through which a plan leads back to the one who leaves, while all of
    them are away; empty when it does not.
    """
    # Who is back before the other leaves can follow without a circle.
    away = {other.inbox_id: other for other in others if other.overlaps(absence)}
    # Each step is a way on from the last of a path; a path never visits one twice, so
    # chains of any length end.
    paths = [[share.inbox_id] for share in absence.shares]
    seen: set[int] = set()
    while paths:
        path = paths.pop()
        last = path[-1]
        if last == absence.inbox_id:
            return path
        if last in seen or last not in away:
            continue
        seen.add(last)
        paths += [[*path, share.inbox_id] for share in away[last].shares]
    return []


def _about_leaver(facts: PlanFacts) -> str:
    if not facts.is_open and facts.absence.ends is not None:
        return (
            f"{facts.staff_name}’s account is deactivated. Reactivate it to plan a"
            " leave, or let them leave for good."
        )
    if facts.is_last_administrator:
        return (
            f"{facts.staff_name} is the only administrator who can sign in. Make"
            " somebody else an administrator first."
        )
    return ""


def _about_first_day(facts: PlanFacts) -> str:
    ahead = (facts.absence.starts - facts.today).days
    if ahead < 0:
        return "This day is past. Choose today or a later day."
    if ahead > FURTHEST_AHEAD_DAYS:
        return "This day is more than two years ahead. Check the year."
    return ""


def _about_return(facts: PlanFacts) -> str:
    ends = facts.absence.ends
    if ends is None:
        return ""
    if ends <= facts.absence.starts:
        return "The day of return must be after the first day away."
    if (ends - facts.absence.starts).days > FURTHEST_AHEAD_DAYS:
        return "This leave is longer than two years. Check the year."
    return ""


def _about_rest(facts: PlanFacts) -> str:
    if facts.absence.ends is None and not 1 <= facts.rest_days <= LONGEST_REST_DAYS:
        return f"Enter a number of days from 1 to {LONGEST_REST_DAYS}."
    return ""


def _about_successors(facts: PlanFacts) -> str:
    shares = facts.absence.shares
    if successor_for(EVERYBODY_ELSE, shares) is None:
        return "Choose who follows."
    if any(share.inbox_id == facts.absence.inbox_id for share in shares):
        return f"{facts.staff_name} can’t follow themselves. Choose somebody else."
    for share in shares:
        if words := _about_one(share.inbox_id, facts):
            return words
    if circle := circle_of(facts.absence, facts.others):
        return (
            f"{facts.successors[circle[0]].name} is away at the same time, and"
            f" {facts.staff_name} follows there. Choose somebody who stays."
        )
    return ""


def _about_one(inbox_id: int, facts: PlanFacts) -> str:
    known = facts.successors.get(inbox_id)
    if known is None:
        return "Choose somebody from the list."
    if not known.takes_texts:
        return (
            f"{known.name} can’t follow: the account is deactivated or can’t text."
            " Choose somebody else."
        )
    is_gone = [
        other
        for other in facts.others
        if other.inbox_id == inbox_id and other.covers(facts.absence.starts)
    ]
    if is_gone:
        return f"{known.name} is away on that day. Choose somebody else."
    return ""
