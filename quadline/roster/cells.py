"""What one cell must hold: text in, the value that is kept out, or
what is wrong with it. No database here.
"""

import re
from datetime import date
from zoneinfo import available_timezones

from quadline.roster.identity import (
    REPLACEMENT_CHARACTER,
    SCIENTIFIC,
    ZEROS_FORMULA,
    visible_text,
)
from quadline.roster.phones.rules import OtherPhone, PhoneKind
from quadline.sms.phones import PhoneError, normalise

MAX_VALUE, MAX_VALUES = 60, 50  # of a cell with several
MAX_PHONES = 8  # of one student, beside the mobile
MAX_EMAIL, MAX_LOCAL_PART = 254, 64  # RFC 5321, section 4.5.3.1
# once: it reads hundreds of files
ZONES = {zone.casefold(): zone for zone in available_timezones()}
ERRORS = re.compile(
    r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|#+)", re.IGNORECASE
)
# typed where there is no second name
NO_NAME = frozenset({".", "-", "--", "_", "*", "?", "n/a", "(none)"})
NO_PHONE = re.compile(
    r"[\W_]*(n/?a|no(ne)?|nil|null|unknown|not? \w+|tbd|landline|x+)?[\W_]*",
    re.IGNORECASE,
)
CALLED = re.compile(
    r"(?:tel|cell|mobile|phone|[cm])\s*:\s*|\s*\(?\b(?:cell|mobile|[cm])\)?$",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"\s*(?:[/;,&|\n]|\bor\b|\band\b)\s*", re.IGNORECASE)
DIGITS = re.compile(r"\d")
FEWEST_DIGITS = 7  # of a phone number: it may be without its area code
LARGEST_EXPONENT = 12  # no number of ours is that long
# RFC 5322 dot-atom, and a domain of two labels or more.
ADDRESS_FORM = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})"
)
WITH_NAME = re.compile(r"[^<>]*<([^<>]+)>")


class CellFault(ValueError):
    """Nothing can be read from the cell; the message says why and what to do."""


def text_cell(cell: str, longest: int) -> str:
    """Words in single spaces. Raises CellFault."""
    value = visible_text(cell)
    if value[:1] == "=" and (found := ZEROS_FORMULA.fullmatch(value)):
        value = visible_text(found[1])
    if ERRORS.fullmatch(value):
        raise CellFault("is a spreadsheet's error. Correct it, or leave it empty.")
    if REPLACEMENT_CHARACTER in value:
        raise CellFault(
            "has a character that cannot be read. Save the file as “CSV UTF-8”."
        )
    if len(value) > longest:
        raise CellFault(f"is longer than {longest} characters. Shorten it.")
    return value


def name(cell: str, longest: int) -> str:
    """The same; a sign in place of a second name is none."""
    value = text_cell(cell, longest)
    if value.casefold() in NO_NAME:
        return ""
    return value


def phone_cell(cell: str) -> str:
    """A number in E.164. Raises CellFault."""
    words = text_cell(cell, 200)
    value = words.strip("'\"’`“” ")
    if not value:
        return ""
    if NO_PHONE.fullmatch(value):
        raise CellFault("is no phone number. Leave the cell empty where there is none.")
    parts = BETWEEN.split(value)
    numbers = [part for part in parts if len(DIGITS.findall(part)) >= FEWEST_DIGITS]
    if len(numbers) > 1:
        return _the_only(numbers)
    return _number(value)


def email(cell: str) -> str:
    """One address, in lower case. Raises CellFault."""
    value = text_cell(cell, 1000).lower()
    parts = re.split(r"[;,\s]+(?=[^\s@]*@)", _without_name(value))
    addresses = {_address(part) for part in parts if part.strip()}
    if len(addresses) > 1:
        raise CellFault("has more than one address. Keep the institutional one.")
    address = addresses.pop() if addresses else ""
    if address and not _is_address(address):
        raise CellFault("is not an email address. Correct it, or leave it empty.")
    return address


def several(cell: str) -> list[str]:
    """The values of a cell, each once, in order. Raises CellFault."""
    words = text_cell(cell, 10_000)
    parts = [part.strip() for part in words.split(";")]
    values = list(dict.fromkeys(filter(None, parts)))
    too_long = [value for value in values if len(value) > MAX_VALUE]
    if too_long:
        beginning = too_long[0][:MAX_VALUE]
        raise CellFault(
            f"“{beginning}…” is longer than {MAX_VALUE} characters."
            " Is a semicolon missing?"
        )
    if len(values) > MAX_VALUES:
        raise CellFault(
            f"has more than {MAX_VALUES} values."
            " Keep those that people choose students by."
        )
    return values


def several_phones(cell: str) -> list[str]:
    """Numbers beside the mobile: “work: (734) 555-0141; parent: …”, each once, as
    OtherPhone.kept. Raises CellFault.
    """
    words = text_cell(cell, 2_000)
    parts = [part.strip() for part in words.split(";")]
    found: dict[str, OtherPhone] = {}
    for part in filter(None, parts):
        kind, colon, typed = part.partition(":")
        named = kind.strip().lower() if colon else PhoneKind.OTHER.value
        if named not in PhoneKind.__members__.values():
            listed = ", ".join(PhoneKind)
            raise CellFault(f"has a phone of no known kind. Use one of {listed}.")
        phone = phone_cell(typed if colon else part)
        if phone:
            found.setdefault(phone, OtherPhone(phone, PhoneKind(named)))
    if len(found) > MAX_PHONES:
        raise CellFault(f"has more than {MAX_PHONES} numbers. Keep those in use.")
    return [each.kept for each in found.values()]


def day(cell: str) -> str:
    """A day as 2026-08-24. Raises CellFault."""
    value = text_cell(cell, 60)
    if not value:
        return ""
    # With a time behind it, as databases export it; a day and a month that may be
    # taken for each other are not guessed.
    written = re.split(r"[T ]", value)[0]
    try:
        return date.fromisoformat(written).isoformat()
    except ValueError:
        raise CellFault("is not a day. Write it as 2026-08-24.") from None


def zone(cell: str) -> str:
    """A time zone by its full name. Raises CellFault."""
    value = text_cell(cell, 60)
    if not value:
        return ""
    key = value.replace(" ", "_").casefold()
    if key not in ZONES:
        raise CellFault("is not a time zone. Use a name such as America/Detroit.")
    return ZONES[key]


def choice(cell: str, values: tuple[str, ...]) -> str:
    """One of these words; "" where it is empty. Raises CellFault."""
    value = text_cell(cell, 200).lower()
    if value and value not in values:
        listed = ", ".join(values)
        raise CellFault(f"is not one of {listed}. Use one of these.")
    return value


def _the_only(numbers: list[str]) -> str:
    """A number that is there twice is one."""
    try:
        found = {_number(number) for number in numbers}
    except CellFault:
        found = set()
    if len(found) == 1:
        return found.pop()
    raise CellFault("has more than one number. Keep the one that texts go to.")


def _number(value: str) -> str:
    first, last = value[:1], value[-1:]
    is_called = first.isalpha() or last.isalpha() or last == ")"
    typed = CALLED.sub("", value) if is_called else value
    # a spreadsheet that took it for a quantity
    scientific = SCIENTIFIC.fullmatch(typed)
    if scientific:
        typed = _in_digits(*scientific.groups())
    typed = typed.removesuffix(".0")
    try:
        return normalise(typed)
    except PhoneError as error:
        # the cell itself is shown before the reason
        reason = str(error).removeprefix(typed[:40]).lstrip("…: ")
        if reason.startswith("Quadline"):
            reason = f"is a number of another country. {reason}"
        raise CellFault(reason) from error


def _in_digits(
    first: str,
    decimals: str | None,
    exponent: str,
) -> str:
    written = first + (decimals or "")
    digits = written.ljust(int(exponent) + 1, "0")
    # one may be a zero that the spreadsheet left out at the end
    missing = len(digits) - len(written)
    if missing > 1 or int(exponent) >= LARGEST_EXPONENT:
        raise CellFault("has lost digits in a spreadsheet. Format the column as text.")
    return digits


def _without_name(value: str) -> str:
    """ada@alder.example of "Ada Lund" <ada@alder.example>."""
    found = WITH_NAME.fullmatch(value)
    if found is None:
        return value
    return found[1]


def _address(part: str) -> str:
    bare = part.strip("<>()'\"’“”,;: ")
    return bare.removeprefix("mailto:").rstrip(".,;")


def _is_address(value: str) -> bool:
    local = value.partition("@")[0]
    if len(value) > MAX_EMAIL or len(local) > MAX_LOCAL_PART:
        return False
    return ADDRESS_FORM.fullmatch(value) is not None
