"""Phone numbers: read as people type them, kept as E.164,
written back as people write them.
"""

import re
from typing import NoReturn

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from quadline.sms.area_codes import is_foreign, state_of, zones_of

_E164_NANP = re.compile(r"\+1([0-9]{3})([0-9]{3})([0-9]{4})")
# Area code and exchange both start at 2; N11 is a service code (911) and X9X area codes
# are kept for the day ten digits run out (North American Numbering Plan, nanpa.com).
_NANP_SHAPE = re.compile(r"(?![2-9]11|[2-9]9)[2-9][0-9]{2}(?![2-9]11)[2-9][0-9]{6}")
_EXTENSION = re.compile(
    r"(?:;?ext(?:ension|n)?\.?|x|#)[\s.:=]*\d{1,6}\s*$", re.IGNORECASE
)
_PREMIUM = "900"
_MAX_ZONES = 4
_MAX_SHOWN = 40


class PhoneError(ValueError):
    """A number that cannot be texted; `str(error)` tells a
    staff member why, in plain words.
    """


def normalise(raw: str, region: str = "US") -> str:
    """Turn a number as typed into E.164, for example "(734)
    555-0177" into "+17345550177".

    `region` is the country of numbers written without one. Fictional (555-01xx) and
    carrier test numbers (+1 500 555 xxxx) pass. Raises `PhoneError` for anything else
    than a complete number of the United States, its territories, or Canada.
    """
    typed = " ".join(raw.split())
    _refuse_wrong_writing(typed)
    try:
        number = phonenumbers.parse(typed, region)
    except NumberParseException as error:
        _refuse_unparsed(typed, error)
    if number.country_code != 1:
        raise _foreign(typed)
    _refuse_wrong_length(typed, phonenumbers.is_possible_number_with_reason(number))
    national = str(number.national_number)
    _refuse_untextable(typed, national)
    return f"+1{national}"


def written(e164: str) -> str:
    """Write a number as people do: "(734) 555-0177", or in
    international form outside +1.

    What is no E.164 number (a short code, a sender's name) comes back unchanged.
    """
    if match := _E164_NANP.fullmatch(e164):
        area, exchange, line = match.groups()
        return f"({area}) {exchange}-{line}"
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def masked(e164: str) -> str:
    """Name a number without giving it away: "mobile ending 0177"."""
    return f"mobile ending {digits_for_search(e164)[-4:]}"


def spoken(e164: str) -> str:
    """Space the digits so that a voice reads them one by
    one, with a pause between groups.
    """
    match = _E164_NANP.fullmatch(e164)
    groups = match.groups() if match else (digits_for_search(e164),)
    spaced = [" ".join(digits) for digits in groups]
    return ", ".join(spaced)


def digits_for_search(e164: str) -> str:
    """Return the ASCII digits only, country code first.

    Digits typed with or without the leading 1, or only the last four, are a part of it.
    """
    return "".join(str(int(char)) for char in e164 if char.isdecimal())


def area_code(e164: str) -> str:
    """Return the three-digit area code of a +1 number, or "" for any other."""
    match = _E164_NANP.fullmatch(e164)
    if match is None:
        return ""
    return match.group(1)


def time_zones(e164: str) -> tuple[str, ...]:
    """Return every IANA zone in which the number's area code lies, at most four.

    Empty when unknown or when the candidates are too many to mean anything. People keep
    their number when they move: this says where a number is from, not where its owner
    is.
    """
    zones = zones_of(area_code(e164))
    return zones if len(zones) <= _MAX_ZONES else ()


def state(e164: str) -> str:
    """Return the state the number is from ("FL"), where that state has
    texting hours of its own; else "".
    """
    return state_of(area_code(e164))


def _refuse_wrong_writing(typed: str) -> None:
    if not typed:
        raise PhoneError("Enter a phone number.")
    if _EXTENSION.search(typed):
        raise PhoneError(
            f"{_shown(typed)} has an extension. Write the number without it."
        )
    if any(char.isalpha() for char in typed):
        raise PhoneError(
            f"{_shown(typed)} has letters in it. Write the number in digits."
        )


def _refuse_unparsed(typed: str, error: NumberParseException) -> NoReturn:
    kind = error.error_type
    if kind == NumberParseException.TOO_LONG:
        _refuse_wrong_length(typed, ValidationResult.TOO_LONG)
    if kind == NumberParseException.INVALID_COUNTRY_CODE:
        raise _foreign(typed) from error
    if any(char.isdecimal() for char in typed):
        _refuse_wrong_length(typed, ValidationResult.TOO_SHORT)
    raise PhoneError(f"{_shown(typed)} is not a phone number.") from error


def _refuse_wrong_length(typed: str, result: int) -> None:
    if result == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        raise PhoneError(
            f"{_shown(typed)} has no area code. A phone number has 10 digits."
        )
    if result == ValidationResult.TOO_LONG:
        raise PhoneError(
            f"{_shown(typed)} is too long. Write one number, with 10 digits."
        )
    if result != ValidationResult.IS_POSSIBLE:
        raise PhoneError(f"{_shown(typed)} is too short. A phone number has 10 digits.")


def _refuse_untextable(typed: str, national: str) -> None:
    if not _NANP_SHAPE.fullmatch(national):
        raise PhoneError(
            f"{_shown(typed)} is not a valid number."
            " Check the area code and the digits."
        )
    if is_foreign(national[:3]):
        raise _foreign(typed)
    if national[:3] == _PREMIUM:
        raise PhoneError(
            f"{_shown(typed)} is a premium-rate number, which cannot be texted."
        )


def _foreign(typed: str) -> PhoneError:
    return PhoneError(
        f"{_shown(typed)}: Quadline texts numbers in the United States and Canada."
    )


def _shown(typed: str) -> str:
    """As a message begins; it may be anything that somebody pasted."""
    if len(typed) <= _MAX_SHOWN:
        return typed
    return f"{typed[:_MAX_SHOWN]}…"
