"""Who may read an inbox and who may write in it: its
conversations, its number. No database here.

The same law as a query over many inboxes is ``InboxQuerySet`` in models.py. Nothing
else decides it: tests/architecture/test_one_law.py.
"""

from dataclasses import dataclass
from enum import StrEnum

from quadline.accounts.rules import May, allows

# Shared inboxes are numbered from here on. Below it, an inbox has the id of its staff
# user.
SHARED_FROM = 1_000_000_000_000


class Sight(StrEnum):
    """How far somebody sees into inboxes. Each includes the ones before it."""

    NOTHING = "nothing"  # the account is deactivated
    OWN = "own"  # the personal inbox, and those one is a member of
    OFFICE = "office"  # those of one's office, and of its staff
    COLLEGE = "college"  # all


@dataclass(frozen=True)
class StaffFacts:
    """A staff user, as far as the law asks."""

    id: int
    role: str
    is_active: bool
    office_id: int | None
    is_away: bool = False  # on leave: they may read, and write nowhere


@dataclass(frozen=True)
class InboxFacts:
    """An inbox, as far as the law asks. ``office_id``: its office;
    of a personal one, its owner's.
    """

    id: int
    office_id: int | None
    members: frozenset[int] = frozenset()  # staff users' ids


def sight_of(person: StaffFacts) -> Sight:
    if not person.is_active:
        return Sight.NOTHING
    if allows(person.role, May.SEE_COLLEGE):
        return Sight.COLLEGE
    if allows(person.role, May.SEE_OFFICE) and person.office_id is not None:
        return Sight.OFFICE
    return Sight.OWN


def may_read(person: StaffFacts, inbox: InboxFacts) -> bool:
    match sight_of(person):
        case Sight.NOTHING:
            return False
        case Sight.COLLEGE:
            return True
        case Sight.OFFICE:
            return person.office_id == inbox.office_id or holds(person, inbox)
        case Sight.OWN:
            return holds(person, inbox)


def may_write(person: StaffFacts, inbox: InboxFacts) -> bool:
    """Answer, keep drafts, call done: the owner and the members, whatever others may
    read.

    Whether their role sends texts at all is another question (``May.TEXT``).
    """
    is_there = person.is_active and not person.is_away
    return is_there and holds(person, inbox)


def holds(person: StaffFacts, inbox: InboxFacts) -> bool:
    return person.id == inbox.id or person.id in inbox.members


def is_shared(inbox_id: int) -> bool:
    return inbox_id >= SHARED_FROM
