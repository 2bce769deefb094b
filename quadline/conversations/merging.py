"""What fills the merge fields of a text or an email, and
what is said when nothing can.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol

from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.numbers.models import SystemNumber
from quadline.sms.lookalikes import comes_near, lookalikes, plain_words
from quadline.sms.merge_fields import FieldTemplate, MergeError, field_key, fill

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
NAMES = [name for name, _ in FIELDS]
FIELD_LIST = ", ".join(f"[{name}]" for name in NAMES)
# Other ways to write them: the guide's sample says [Insert Your System Number Here].
SAME_AS = {"Your System Number": "System Number", "Office Phone": "Office Phone Number"}
CANONICAL = {field_key(name): SAME_AS.get(name, name) for name in [*NAMES, *SAME_AS]}

# What people and other systems call the same: {first_name} or [Advisor] means one of
# ours.
OTHER_NAMES: dict[str, str] = {
    "Student Name": (
        "name, first name, firstname, fname, preferred name, preferred first name,"
        " given name, student, student first name, students name, user first name,"
        " contact first name, recipient name, recipient first name, nickname, nombre"
    ),
    "Student Full Name": (
        "full name, fullname, last name, lastname, lname, surname, student last name,"
        " student full, student display name, first and last name,"
        " contact name, student name full"
    ),
    "Your Name": (
        "advisor, adviser, advisor name, my name, sender, sender name, staff, staff"
        " name, signature, your full name, coach, counselor, counselor name,"
        " instructor, instructor name, user, user name, owner name, from name"
    ),
    "Your Title": (
        "title, my title, your job title, my job title, job title, position,"
        " advisor title, role"
    ),
    "System Number": (
        "number, system, my number, your number, text number, texting number, my"
        " texting number, your texting number, sms number, system phone, system phone"
        " number, your system phone number"
    ),
    "Office Phone Number": (
        "phone, phone number, my phone, your phone, your phone number, office, office"
        " number, office line, advisor phone, advisor phone number,"
        " your office phone, telephone"
    ),
    "College": (
        "college name, school, school name, university, university name,"
        " institution, campus, account name"
    ),
}
MEANT = {plain_words(name): ours for name, ours in CANONICAL.items()} | {
    name: ours for ours, names in OTHER_NAMES.items() for name in names.split(", ")
}

WHY_EMPTY = {  # why, and the way out
    "Your Title": (
        "There is no title on your profile.",
        "Add it",
    ),
    "System Number": ("Your texting number is not active yet.", "Wait until it is"),
    "Office Phone Number": ("There is no office phone on your profile.", "Add it"),
}


class NamedStudent(Protocol):
    """A student, or as much of one as words need."""

    @property
    def first(self) -> str: ...
    @property
    def display_name(self) -> str: ...


def _first_name(student: NamedStudent) -> str:
    return student.first


def _full_name(student: NamedStudent) -> str:
    return student.display_name


# All that differs from student to student.
OF_STUDENT: dict[str, Callable[[NamedStudent], str]] = {
    "Student Name": _first_name,
    "Student Full Name": _full_name,
}


def values_for(
    staff: User,
    student: NamedStudent,
    *,
    number: SystemNumber | None,
) -> dict[str, str]:
    """What each field becomes in words from this staff user to this student;
    "" where there is nothing to put in.
    """
    return values_of_sender(staff, number=number) | values_of_student(student)


def values_of_student(student: NamedStudent) -> dict[str, str]:
    return {name: value_of(student) for name, value_of in OF_STUDENT.items()}


def values_of_sender(staff: User, *, number: SystemNumber | None) -> dict[str, str]:
    """The values that are the same for every student."""
    values = {
        "Your Name": staff.name,
        "Your Title": staff.title,
        "System Number": number.written if number else "",
        "Office Phone Number": staff.office_phone_written,
        "College": college_settings().college_name,
    }
    return values | {other: values[name] for other, name in SAME_AS.items()}


def filled(
    template_text: str,
    values: Mapping[str, str],
    *,
    as_written: bool = False,
) -> str:
    """The words as this student gets them. Raises MergeError for a field
    that nothing fills, or that is none.

    ``as_written``: a person has said that what looks like a field is meant as it
    stands.
    """
    unknown = () if as_written else unknown_fields(template_text)
    try:
        words = fill(template_text, values)
    except MergeError as error:
        raise MergeError(unknown, error.empty) from None
    if unknown:
        raise MergeError(unknown, ())
    return words


def filled_where_possible(template_text: str, values: Mapping[str, str]) -> str:
    """The same where one goes on writing: a field that nothing
    fills stays as it is written.
    """
    try:
        return fill(template_text, values)
    except MergeError as error:
        as_written = {name: f"[{name}]" for name in error.empty}
        return fill(template_text, {**values, **as_written})


def unknown_fields(*texts: str) -> tuple[str, ...]:
    """What looks like a field and is none, as written, each once."""
    found: list[str] = []
    for text in texts:
        around_fields = FieldTemplate(text).around(CANONICAL)
        found += lookalikes(around_fields, meant)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=256)
def meant(words: str) -> str:
    """The field that some words may mean, whatever is around them:
    {first_name} means Student Name; "" for none.
    """
    return comes_near(words, MEANT)


def canonical(name: str) -> str:
    """The name of a field as the menus list it, however it was
    written; "" for what is none.
    """
    return CANONICAL.get(field_key(name), "")


def refusal(error: MergeError) -> str:
    """Why words with these fields were not sent, and what to do about it."""
    wrongs = [_about_empty(name) for name in error.empty]
    if error.unknown:
        wrongs.insert(0, about_unknown(error.unknown))
    return f"{' '.join(wrongs)} Nothing was sent."


def about_unknown(written: tuple[str, ...]) -> str:
    """What is no field, and the field each may have meant."""
    sentences = [about_one_unknown(each) for each in written if meant(each)]
    others = [each for each in written if not meant(each)]
    if others:
        are_none = (
            "is not a merge field" if len(others) == 1 else "are not merge fields"
        )
        sentences.append(
            f"{' and '.join(others)} {are_none}."
            f" Write the words themselves, or use one of these: {FIELD_LIST}."
        )
    return " ".join(sentences)


def about_one_unknown(written: str) -> str:
    ours = meant(written)
    question = f" Did you mean [{ours}]?" if ours else ""
    return f"{written} is not a merge field.{question}"


def _about_empty(name: str) -> str:
    why, way_out = WHY_EMPTY.get(
        canonical(name),
        ("There is nothing to put in it for this student.", "Write it yourself"),
    )
    return f"{why} {way_out}, or take [{name}] out."
