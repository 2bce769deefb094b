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
from quadline.delivery.permission.recipients import EVIDENCE_REQUIRED, places_of
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student, StudentQuerySet
from quadline.roster.naming import display_name_of, first_of
from quadline.roster.phones.evidence import (
    students_of_consent,
    students_with_phones,
    students_with_wrong_numbers,
)
from quadline.roster.phones.rules import EvidenceStatus, lacks_consent
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


class ToldOfOne(NamedTuple):
    """What is known of one student beside their place: all that the law asks."""

    opted_out: bool
    bad_number: bool
    is_asked: bool
    wrong_number: bool
    lacks_consent: bool


class ToldOfMany:
    """The same of whoever is asked about, from a few sets that are read once: no list
    of phones in a statement, and no query while a COPY is open
    (writing.copy_recipients).
    """

    def __init__(self, system_phone: str) -> None:
        self.out = opt_out_scope.phones_out_in_scope(system_phone)
        self.out_elsewhere = _out_elsewhere(self.out, system_phone)
        self.asked = questions.phones_asked_of(system_phone)
        self.bad = all_bad_phones()
        self.wrong = students_with_wrong_numbers()
        self.refused = students_of_consent(EvidenceStatus.REFUSED)
        is_demanded = college_settings().consent_evidence == EVIDENCE_REQUIRED
        self.is_demanded = is_demanded
        # The one long set, of ids alone, and only where it decides.
        self.given = students_of_consent(EvidenceStatus.GIVEN) if is_demanded else set()

    def of(self, person: Reached) -> ToldOfOne:
        mobile = person.mobile
        return ToldOfOne(
            opted_out=mobile in self.out or person.pk in self.out_elsewhere,
            bad_number=mobile in self.bad,
            is_asked=mobile in self.asked,
            wrong_number=person.pk in self.wrong,
            lacks_consent=lacks_consent(
                self._consent_of(person.pk), is_demanded=self.is_demanded
            ),
        )

    def _consent_of(self, student_id: int) -> EvidenceStatus | None:
        if student_id in self.refused:
            return EvidenceStatus.REFUSED
        return EvidenceStatus.GIVEN if student_id in self.given else None


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
    known = ToldOfMany(system_phone)
    quiet_hours = QuietHours.parse(college_settings().quiet_hours)
    made: dict[tuple[object, ...], Verdict] = {}
    for person in people:
        mobile = person.mobile
        told = known.of(person)
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


def _out_elsewhere(out: set[str], system_phone: str) -> set[int]:
    """Students who said STOP from another phone of theirs."""
    found = students_with_phones(out)
    asked = {((mobile, system_phone), other) for _, mobile, other in found}
    shut = opt_out_scope.out_by_other_phones(asked)
    return {pk for pk, mobile, _ in found if (mobile, system_phone) in shut}


def _facts(person: Reached, told: ToldOfOne) -> RecipientFacts:
    return RecipientFacts(
        mobile=person.mobile,
        landline=person.landline,
        opted_out=told.opted_out,
        bad_number=told.bad_number,
        wrong_number=told.wrong_number,
        lacks_consent=told.lacks_consent,
        may_have_asked_to_stop=told.is_asked,
        time_zones=places_at(person),
    )
