"""What a student is called. Some have one name only."""

from typing import Protocol


class NamedPerson(Protocol):
    @property
    def preferred_name(self) -> str: ...
    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...


def first_of(student: NamedPerson) -> str:
    """What one calls them: the preferred name, else the first, else the only one."""
    return student.preferred_name or student.first_name or student.last_name


def display_name_of(student: NamedPerson) -> str:
    """What one calls them, with the family name."""
    # a person may have one name only
    given = student.preferred_name or student.first_name
    return f"{given} {student.last_name}".strip()
