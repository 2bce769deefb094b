"""What single decisions of the college may be: each kind of value with its check, whose
fault is a ValueError in words. No database here.
"""

import re
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

from quadline.college.sensitive import listed_kinds
from quadline.sms.phones import PhoneError, normalise

NOTICE_FIELDS = ("{sender}", "{college}")
HELP_FIELDS = ("{college}", "{phone}")
WRONG_NUMBER_FIELDS = ("{college}", "{ending}", "{how}")
MAX_EMAIL_WORDS = 2_000  # an email that the college writes itself
MAX_NOTICE = 320  # two segments, before the names are filled in
# longer, an email's sender would be cut in most mailboxes
MAX_NAME = 120
MAX_SHORT_NAME = 24
SLOWEST_RATE = (
    0.01  # segments a second; slower, one text would keep a number busy for days
)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(
            f"{name!r} is not a time zone. Use a name such as America/Detroit."
        )
    return name


def _phone(raw: str) -> str:
    try:
        return normalise(raw) if raw else ""
    except PhoneError as error:
        raise ValueError(str(error)) from error


def _line(words: str) -> str:
    """It stands in the header of emails, where a line break begins another."""
    if not words.strip().isprintable():
        raise ValueError("must be one line of plain words.")
    return words.strip()


def _name(words: str) -> str:
    name = _line(words)
    if not name:
        raise ValueError("cannot be empty: students read whom a text is from.")
    if len(name) > MAX_NAME:
        raise ValueError(f"is {len(name) - MAX_NAME} characters over {MAX_NAME}.")
    return name


def _short_name(words: str) -> str:
    name = _line(words)
    if len(name) > MAX_SHORT_NAME:
        over = len(name) - MAX_SHORT_NAME
        raise ValueError(f"is {over} characters over {MAX_SHORT_NAME}. Shorten it.")
    return name


def _notice(wording: str) -> str:
    """Students must read in it how to opt out (47 CFR 64.1200(a)(12)), and no field
    that nothing fills.
    """
    return _told(wording, NOTICE_FIELDS)


def _help(wording: str) -> str:
    """It must name the sender and say how to stop (CTIA Messaging Principles, 2023)."""
    if wording.strip() and "{college}" not in wording:
        raise ValueError("does not name the college. Write {college} where it stands.")
    return _told(wording, HELP_FIELDS) if wording.strip() else ""


def _wrong_number(wording: str) -> str:
    """A student must read in it what to do."""
    if "{how}" not in wording:
        raise ValueError("does not say what to do. Write {how} where it stands.")
    left = _unfilled(wording, WRONG_NUMBER_FIELDS)
    if left:
        fields = ", ".join(WRONG_NUMBER_FIELDS)
        raise ValueError(f"has {left}, which nothing fills in. Use {fields}.")
    if len(wording) > MAX_EMAIL_WORDS:
        over = len(wording) - MAX_EMAIL_WORDS
        raise ValueError(f"is {over} characters over {MAX_EMAIL_WORDS}. Shorten it.")
    return wording


def _unfilled(wording: str, fields: tuple[str, ...]) -> str:
    """What looks like a field and is none of these."""
    plain = wording
    for field in fields:
        plain = plain.replace(field, "")
    left = re.search(r"[{\[][^}\]]*[}\]]?|[}\]]", plain)
    return left.group() if left else ""


def _told(
    wording: str,
    fields: tuple[str, ...],
) -> str:
    left = _unfilled(wording, fields)
    if left:
        raise ValueError(
            f"has {left}, which nothing fills in. Use {' and '.join(fields)}."
        )
    if not re.search(r"\bSTOP\b", wording):
        raise ValueError("does not say how to opt out. Write: Reply STOP to opt out.")
    if len(wording) > MAX_NOTICE:
        raise ValueError(
            f"is {len(wording) - MAX_NOTICE} characters over {MAX_NOTICE}. Shorten it."
        )
    return wording


def _area_codes(written: str) -> str:
    codes = re.findall(r"\d+", written)
    if wrong := [code for code in codes if code[0] in "01"]:
        raise ValueError(f"has {wrong[0]}, which is no area code. Write 734,313.")
    return written


def _rate(rate: float) -> float:
    if 0 < rate < SLOWEST_RATE:
        raise ValueError(f"is slower than {SLOWEST_RATE}. Use more, or 0 for no limit.")
    return rate


PhoneSetting = Annotated[str, AfterValidator(_phone)]
CollegeName = Annotated[str, AfterValidator(_name)]
ShortName = Annotated[str, AfterValidator(_short_name)]
WrongNumberWords = Annotated[str, AfterValidator(_wrong_number)]
Notice = Annotated[str, AfterValidator(_notice)]
HelpAnswer = Annotated[str, AfterValidator(_help)]
Zone = Annotated[str, AfterValidator(_zone)]
AreaCodes = Annotated[str, AfterValidator(_area_codes)]
Rate = Annotated[float, AfterValidator(_rate)]
SensitiveKinds = Annotated[str, AfterValidator(listed_kinds)]
