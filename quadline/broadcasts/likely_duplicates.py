"""One person who is on the roster twice gets one message: who of a broadcast shares a
phone or an address, and a name.
"""

from collections import Counter
from collections.abc import Iterable

from quadline.broadcasts.facts import Person
from quadline.broadcasts.rules import PlannedOutcome
from quadline.roster.likely_duplicates import PersonFacts
from quadline.roster.models import StudentQuerySet


class LikelyDuplicates:
    """Remembers who has been reached, of those who share where a message goes."""

    def __init__(self, students: StudentQuerySet) -> None:
        """Looks once at all who are chosen: only what two
        of them share is remembered.
        """
        places = list(students.values_list("mobile", "email"))
        self._shared = {
            PlannedOutcome.TEXT: _more_than_once(mobile for mobile, _ in places),
            PlannedOutcome.EMAIL: _more_than_once(email for _, email in places),
        }
        self._reached: dict[tuple[PlannedOutcome, str], list[PersonFacts]] = {}

    def has_one(
        self,
        person: Person,
        outcome: PlannedOutcome,
    ) -> bool:
        """Whether somebody like this person has been reached there before them."""
        where = person.mobile if outcome is PlannedOutcome.TEXT else person.email
        if where not in self._shared.get(outcome, ()):
            return False
        someone = _someone(person)
        before = self._reached.setdefault((outcome, where), [])
        is_twin = any(
            someone.is_likely_duplicate_of(other) or someone.has_the_id_of(other)
            for other in before
        )
        if not is_twin:
            before.append(someone)
        return is_twin


def _more_than_once(places: Iterable[str]) -> set[str]:
    """Counted here: grouped by the database, a planner whose statistics are old
    compares each student with each.
    """
    counted = Counter(place for place in places if place)
    return {place for place, count in counted.items() if count > 1}


def _someone(person: Person) -> PersonFacts:
    return PersonFacts(
        person.pk,
        person.institutional_id,
        person.first_name,
        person.last_name,
        person.preferred_name,
        person.email,
        person.mobile,
    )
