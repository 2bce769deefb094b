"""What an administrator writes down of a staff user: made tidy, and every fault of it
in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from quadline.accounts.rules import Role
from quadline.sms.phones import PhoneError, normalise

MAX_EMAIL_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
LONGEST = {"name": 200, "title": 120, "office": 120}  # characters
ROLE_LIST = "advisor, lead, administrator or auditor"
FieldFaults = dict[str, str]  # what is wrong in words, by field


@dataclass(frozen=True)
class StaffDetails:
    """As written, or, once tidy, as it will be kept. ``office`` is a name."""

    name: str = ""
    email: str = ""
    role: str = ""
    office: str = ""
    title: str = ""
    office_phone: str = ""


DETAIL_FIELDS = tuple(StaffDetails.__dataclass_fields__)


def one_line_of(words: str) -> str:
    """Without what nobody sees, and with single spaces."""
    visible = "".join(char if char.isprintable() else " " for char in words)
    return " ".join(visible.split())


def tidy(details: StaffDetails) -> StaffDetails:
    """The same with each field as it is kept. What is faulty stays as written."""
    lines = {name: one_line_of(getattr(details, name)) for name in DETAIL_FIELDS}
    # Accounts are found by the address in lower case, however it is typed.
    lines["email"] = lines["email"].lower()
    lines["role"] = lines["role"].lower() or Role.ADVISOR.value
    return replace(details, **lines)


def faults_of(details: StaffDetails) -> FieldFaults:
    """What is wrong with tidy details, all of it at once."""
    found: FieldFaults = {}
    if not details.name:
        found["name"] = "Write the name."
    found |= faults_of_length(details, LONGEST)
    if words := _fault_of_email(details.email):
        found["email"] = words
    if details.role not in [role.value for role in Role]:
        found["role"] = f"“{details.role}” is not a role. Use {ROLE_LIST}."
    if words := fault_of_phone(details.office_phone):
        found["office_phone"] = words
    return found


def faults_of_length(written: object, longest: Mapping[str, int]) -> FieldFaults:
    """Of the fields that ``longest`` names, those with more characters than it says."""
    return {
        name: f"This has over {most} characters. Shorten it."
        for name, most in longest.items()
        if len(getattr(written, name)) > most
    }


def _fault_of_email(email: str) -> str:
    if not email:
        return "Write the email address."
    if len(email) > MAX_EMAIL_ADDRESS:
        return "This is too long for an email address."
    try:
        validate_email(email)
    except ValidationError:
        return f"“{email}” is not an email address."
    return ""


def fault_of_phone(phone: str) -> str:
    """Why a phone cannot be kept; "" when it can, or when there is none."""
    if not phone:
        return ""
    try:
        normalise(phone)
    except PhoneError as error:
        return str(error)
    return ""


def phone_of(details: StaffDetails) -> str:
    """Of faultless details, the office line in E.164, or ""."""
    return normalise(details.office_phone) if details.office_phone else ""
