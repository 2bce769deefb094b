"""Whether two rows, or two students, are likely one person. No database here."""

from typing import NamedTuple

from quadline.roster.identity import id_key
from quadline.roster.searching import folded_for_search


class PersonFacts(NamedTuple):
    """As much of a row, or of a student, as tells. None is not given."""

    place: int  # the row's number, or the student's primary key
    institutional_id: str
    first_name: str | None
    last_name: str | None
    preferred_name: str | None
    email: str | None
    mobile: str | None

    @property
    def name(self) -> str:
        parts = (self.first_name, self.last_name)
        return " ".join(filter(None, parts))

    @property
    def words(self) -> set[str]:
        """Of all their names, folded."""
        names = f"{self.name} {self.preferred_name or ''}"
        return set(folded_for_search(names).split())

    def shares_a_name_with(self, other: "PersonFacts") -> bool:
        return bool(self.words & other.words)

    def has_the_name_of(self, other: "PersonFacts") -> bool:
        """Rosa Calderón is Rosa Calderón-Ruiz."""
        mine = self.words
        theirs = other.words
        if not mine or not theirs:
            return False
        return mine <= theirs or theirs <= mine

    def has_the_email_of(self, other: "PersonFacts") -> bool:
        if not self.email:
            return False
        return self.email == other.email

    def has_the_mobile_of(self, other: "PersonFacts") -> bool:
        if not self.mobile:
            return False
        return self.mobile == other.mobile

    def has_the_id_of(self, other: "PersonFacts") -> bool:
        """But for zeros, capitals or spaces."""
        return id_key(self.institutional_id) == id_key(other.institutional_id)

    def agrees_with(self, other: "PersonFacts") -> bool:
        """Enough, beside such an id, to be one person."""
        return (
            self.has_the_email_of(other)
            or self.has_the_mobile_of(other)
            or self.has_the_name_of(other)
        )

    def is_likely_duplicate_of(self, other: "PersonFacts") -> bool:
        """The same email and a name, or the same mobile and
        the name, under another id.
        """
        # Two people who share a phone are two students: beside a mobile the whole name
        # must agree, beside an email one name is enough.
        by_email = self.has_the_email_of(other) and self.shares_a_name_with(other)
        by_mobile = self.has_the_mobile_of(other) and self.has_the_name_of(other)
        return by_email or by_mobile
