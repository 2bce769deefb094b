"""What the college decides, and what each of its decisions may be.

An administrator changes them on a screen; what is not decided there is what the
environment says. No database here.
"""

import re
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from quadline.college.sign_in_rules import SignInSettings
from quadline.sms.phones import PhoneError, normalise


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


NOTICE_FIELDS = ("{sender}", "{college}")
MAX_NOTICE = 320


def _notice(wording: str) -> str:
    """Students must read in it how to opt out (47 CFR 64.1200(a)(12)), and no field
    that nothing fills.
    """
    plain = wording
    for field in NOTICE_FIELDS:
        plain = plain.replace(field, "")
    if left := re.search(r"[{\[][^}\]]*[}\]]?|[}\]]", plain):
        raise ValueError(
            f"has {left.group()}, which nothing fills in. Use"
            f" {' and '.join(NOTICE_FIELDS)}."
        )
    if not re.search(r"\bSTOP\b", plain):
        raise ValueError("does not say how to opt out. Write: Reply STOP to opt out.")
    if len(wording) > MAX_NOTICE:
        raise ValueError(
            f"is {len(wording) - MAX_NOTICE} characters over {MAX_NOTICE}. Shorten it."
        )
    return wording


PhoneSetting = Annotated[str, AfterValidator(_phone)]
Notice = Annotated[str, AfterValidator(_notice)]
Zone = Annotated[str, AfterValidator(_zone)]
# Those whose law says more than a later morning: consent/state_hours.py.
STATES_BY_DEFAULT = "AL,CT,FL,LA,MA,MD,MS,NJ,OK,RI,TX,WA"


class CollegeSettings(SignInSettings):
    """One value for each decision; every fault of a value is a ValidationError."""

    college_name: str = Field(
        default="Your College", description="Named in texts, letters and on every page."
    )
    college_phone: PhoneSetting = Field(
        default="", description="The main campus line; numbers are looked for near it."
    )
    college_area_codes: str = Field(
        default="",
        pattern=r"^ *(\d{3}( *, *\d{3})*)? *$",
        description="Area codes to look for numbers in, first choice first: 734,313.",
    )
    college_region: str = Field(
        default="",
        pattern=r"^([A-Z]{2})?$",
        description="State or province, the last resort: MI.",
    )
    college_time_zone: Zone = Field(
        default="America/New_York", description="The campus clock."
    )
    opt_out_notice: Notice = Field(
        default="This is {sender} at {college}. Reply STOP to opt out, HELP for help.",
        description=(
            "Ends the first text of a number to a student. It must say STOP; {sender}"
            " and {college} are filled in."
        ),
    )
    opt_out_scope: Literal["number", "office", "college"] = Field(
        default="number",
        description=(
            "How far a STOP reaches, and START opens again: number, office or college."
        ),
    )
    quiet_hours: str = Field(
        default="21:00-08:00",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$",
        description=(
            "When a text waits for the morning, on the student's clock. Empty: never."
        ),
    )
    quiet_hours_states: str = Field(
        default=STATES_BY_DEFAULT,
        pattern=r"^ *(none|[A-Z]{2}( *, *[A-Z]{2})*) *$",
        description=(
            "States whose stricter texting hours are heeded too: FL,OK,TX; or none."
        ),
    )
    email_give_up_hours: float = Field(
        default=48,
        gt=0,
        description="How long an email is tried while the mail server is down.",
    )
    failsafe_hours: float = Field(
        default=4,
        gt=0,
        description=(
            "A text that has not left this long after it could have goes as an email."
        ),
    )
    failsafe_number_hours: float = Field(
        default=24,
        gt=0,
        description="The same for a text that waits for its number.",
    )
    failsafe_setup_minutes: float = Field(
        default=15,
        ge=0,
        description=(
            "How long a text waits for a fault in the college's account with the"
            " carrier to be fixed."
        ),
    )
    failsafe_hold_seconds: float = Field(
        default=60,
        ge=0,
        description=(
            "How long the email for a text that failed waits for news that the text"
            " arrived after all."
        ),
    )
    phone_update_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description=(
            "Where students correct their phone number; told in fail-safe emails."
        ),
    )
    texts_per_second: float = Field(
        default=1.0,
        ge=0,
        le=100,
        description=(
            "Segments a second that one number may send; US local numbers: 1. 0: no"
            " limit."
        ),
    )
    texts_per_day: int = Field(
        default=0,
        ge=0,
        description=(
            "Segments a day that all numbers together may send, as T-Mobile counts"
            " days. 0: no limit."
        ),
    )
    cents_per_segment: float = Field(
        default=1.2,
        ge=0,
        description=(
            "What one segment costs, network fee included; shown as an estimate before"
            " a broadcast."
        ),
    )
    registration_probe_to: PhoneSetting = Field(
        default="",
        description=(
            "A mobile of the college's own that is texted to learn whether a number is"
            " registered, when no news came."
        ),
    )

    @property
    def states_with_own_hours(self) -> frozenset[str]:
        return _codes(self.quiet_hours_states)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.college_time_zone)


@lru_cache
def _codes(written: str) -> frozenset[str]:
    codes = re.findall("[A-Z]{2}", written)
    return frozenset(codes)
