"""What fills the merge fields of a text or an email, and what is said when nothing can."""

from collections.abc import Callable, Mapping
from typing import Protocol

from django.conf import settings

from quadline.accounts.models import User
from quadline.numbers.models import SystemNumber
from quadline.sms.merge_fields import MergeError, fields_in, fill, key_of

# Name and meaning, as the menus of the composers list them.
FIELDS: list[tuple[str, str]] = [
    ("Student Name", "preferred first name"),
    ("Student Full Name", "first and last name"),
    ("Your Name", "your name"),
    ("Your Title", "your title"),
    ("System Number", "your texting number"),
    ("Office Phone Number", "your office line"),
    ("College", "the college’s name"),
]
# Other ways to write them: the guide's sample says [Insert Your System Number Here].
SAME_AS = {"Your System Number": "System Number", "Office Phone": "Office Phone Number"}
CANONICAL = {key_of(name): SAME_AS.get(name, name) for name in [*(name for name, _ in FIELDS), *SAME_AS]}

WHY_EMPTY = {  # why, and the way out
    "Your Title": ("There is no title on your profile.", "Ask your administrator to add it"),
    "System Number": ("Your texting number is not active yet.", "Wait until it is"),
    "Office Phone Number": ("There is no office phone on your profile.", "Add it"),
}


class Named(Protocol):
    """A student, or as much of one as words need."""

    @property
    def first(self) -> str: ...
    @property
    def display_name(self) -> str: ...


# All that differs from student to student.
OF_STUDENT: dict[str, Callable[[Named], str]] = {
    "Student Name": lambda student: student.first,
    "Student Full Name": lambda student: student.display_name,
}


def values_for(staff: User, student: Named, *, number: SystemNumber | None) -> dict[str, str]:
    """What each field becomes in words from this staff user to this student; "" where there is nothing to put in."""
    return values_of_sender(staff, number=number) | values_of_student(student)


def values_of_student(student: Named) -> dict[str, str]:
    return {name: value_of(student) for name, value_of in OF_STUDENT.items()}


def values_of_sender(staff: User, *, number: SystemNumber | None) -> dict[str, str]:
    """The values that are the same for every student."""
    values = {
        "Your Name": staff.name,
        "Your Title": staff.title,
        "System Number": number.written if number else "",
        "Office Phone Number": staff.office_phone_written,
        "College": settings.ENV.college_name,
    }
    return values | {other: values[name] for other, name in SAME_AS.items()}


def filled(template_text: str, values: Mapping[str, str]) -> str:
    """The words as this student gets them. Raises MergeError for a field that is unknown or empty."""
    return fill(template_text, values)


def filled_where_possible(template_text: str, values: Mapping[str, str]) -> str:
    """The same where one goes on writing: a field that nothing fills stays as it is written."""
    try:
        return fill(template_text, values)
    except MergeError as error:
        return fill(template_text, {**values, **{name: f"[{name}]" for name in (*error.unknown, *error.empty)}})


def unknown_fields(*texts: str) -> tuple[str, ...]:
    """What stands in brackets like a field and is none."""
    return tuple(dict.fromkeys(name for text in texts for name in fields_in(text) if key_of(name) not in CANONICAL))


def canonical(name: str) -> str:
    """The name of a field as the menus list it, however it was written; "" for what is none."""
    return CANONICAL.get(key_of(name), "")


def refusal(error: MergeError) -> str:
    """Why words with these fields were not sent, and what to do about it."""
    wrongs = [_about_empty(name) for name in error.empty]
    if error.unknown:
        wrongs.insert(0, about_unknown(error.unknown))
    return f"{' '.join(wrongs)} Nothing was sent."


def about_unknown(names: tuple[str, ...]) -> str:
    shown = " and ".join(f"[{name}]" for name in names)
    listed = ", ".join(f"[{name}]" for name, _ in FIELDS)
    is_none = "is not a merge field" if len(names) == 1 else "are not merge fields"
    return f"{shown} {is_none}. Write the words themselves, or use one of these: {listed}."


def _about_empty(name: str) -> str:
    why, way_out = WHY_EMPTY.get(canonical(name), ("There is nothing to put in it for this student.", "Write it by hand"))
    return f"{why} {way_out}, or take [{name}] out."
