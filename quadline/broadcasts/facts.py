"""What the law on texting says of many students at once: the very function
the sender asks, over the same facts.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.consent import questions
from quadline.consent.rules import QuietHours, RecipientFacts, Verdict, may_text
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.permission.recipients import places_of
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student, StudentQuerySet
from quadline.roster.naming import display_name_of, first_of
from quadline.roster.trouble import all_bad_phones

AREA = slice(5)  # of a phone: +1734


class Reached(Protocol):
    """A student, or as much of one as the law asks about."""

    @property
    def pk(self) -> int: ...
    @property
    def mobile(self) -> str: ...
    @property
    def landline(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


# Students with one zone on record and one area code are in the same places, as far as
# anyone knows.
TimePlace = tuple[str, str]
ReachedPerson = TypeVar("ReachedPerson", bound=Reached)


class Person(NamedTuple):
    """A student as a broadcast knows them: a model of each would take ten
    times as long, for tens of thousands.
    """

    pk: int
    institutional_id: str
    preferred_name: str
    first_name: str
    last_name: str
    email: str
    mobile: str
    landline: str
    time_zone: str
    status: str

    @property
    def first(self) -> str:
        return first_of(self)

    @property
    def display_name(self) -> str:
        return display_name_of(self)


def people_in(students: StudentQuerySet) -> Iterator[Person]:
    """In the order of their ids."""
    rows = students.order_by("pk").values_list(*Person._fields)
    return map(Person._make, rows)


def verdicts_for(
    people: Iterable[ReachedPerson],
    *,
    author: User,
    number: SystemNumber | None,
    now: datetime,
) -> Iterator[tuple[ReachedPerson, Verdict]]:
    """A verdict on a text of this author to each student, as if
    each text existed. Nothing is saved.

    Nearly all students are alike to the law: it is asked once for those who are.
    """
    system_phone = number.phone if number else ""
    # Three short sets, asked for before the first student passes: no list of phones in
    # a statement, and no query while a COPY is open (writing.copy_recipients).
    out = opt_out_scope.phones_out_in_scope(system_phone)
    asked = questions.phones_asked_of(system_phone)
    bad = all_bad_phones()
    quiet_hours = QuietHours.parse(college_settings().quiet_hours)
    made: dict[tuple[object, ...], Verdict] = {}
    for person in people:
        mobile = person.mobile
        told = mobile in out, mobile in bad, mobile in asked
        alike = (told, person.time_zone, mobile[AREA], not person.landline)
        verdict = made.get(alike)
        if verdict is None:
            made[alike] = verdict = may_text(
                _facts(person, told), now=now, quiet_hours=quiet_hours
            )
        yield person, verdict


def places_at(person: Reached) -> tuple[str, ...]:
    student = Student(time_zone=person.time_zone, mobile=person.mobile)
    return places_of(student)


def _facts(person: Reached, told: tuple[bool, bool, bool]) -> RecipientFacts:
    opted_out, bad_number, is_asked = told
    return RecipientFacts(
        mobile=person.mobile,
        landline=person.landline,
        opted_out=opted_out,
        bad_number=bad_number,
        may_have_asked_to_stop=is_asked,
        time_zones=places_at(person),
    )
