"""One person who is on the roster twice gets one message: who of a broadcast shares a phone or an address, and a name."""

from django.db.models import Count

from quadline.broadcasts.facts import Person
from quadline.broadcasts.rules import Outcome
from quadline.roster.models import Student, StudentQuerySet
from quadline.roster.twins import Someone


class Twins:
    """Remembers who has been reached, of those who share where a message goes."""

    def __init__(self, students: StudentQuerySet) -> None:
        """Looks once at all who are chosen: only what two of them share is remembered."""
        self._shared = {Outcome.TEXT: _shared(students, "mobile"), Outcome.EMAIL: _shared(students, "email")}
        self._reached: dict[tuple[Outcome, str], list[Someone]] = {}

    def has_one(self, person: Person, outcome: Outcome) -> bool:
        """Whether somebody like this person has been reached there before them."""
        where = person.mobile if outcome is Outcome.TEXT else person.email
        if where not in self._shared.get(outcome, ()):
            return False
        someone = _someone(person)
        before = self._reached.setdefault((outcome, where), [])
        is_twin = any(someone.is_twin_of(other) or someone.has_the_id_of(other) for other in before)
        if not is_twin:
            before.append(someone)
        return is_twin


def _shared(students: StudentQuerySet, column: str) -> set[str]:
    chosen = Student.objects.filter(pk__in=students.values("pk")).exclude(**{column: ""})
    counted = chosen.order_by().values(column).annotate(count=Count("pk"))
    return set(counted.filter(count__gt=1).values_list(column, flat=True))


def _someone(person: Person) -> Someone:
    names = person.first_name, person.last_name, person.preferred_name
    return Someone(person.pk, person.institutional_id, *names, person.email, person.mobile)
