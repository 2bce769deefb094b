"""What the college decides, and what each of its decisions may be.

An administrator changes them on a screen; what is not decided there is what the
environment says. No database here.
"""

import re
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from quadline.college.email_rules import EmailSettings
from quadline.college.sensitive import SENSITIVE_BY_DEFAULT
from quadline.college.sign_in_rules import SignInSettings
from quadline.college.values import (
    AreaCodes,
    CollegeName,
    HelpAnswer,
    Notice,
    PhoneSetting,
    Rate,
    SensitiveKinds,
    ShortName,
    Zone,
)

# Those whose law says more than a later morning: consent/state_hours.py.
STATES_BY_DEFAULT = "AL,CT,FL,LA,MA,MD,MS,NJ,OK,RI,TX,WA"


class CollegeSettings(SignInSettings, EmailSettings):
    """One value for each decision; every fault of a value is a ValidationError."""

    college_name: CollegeName = Field(
        default="Your College", description="Named in texts, emails and on every page."
    )
    college_short_name: ShortName = Field(
        default="",
        description="Where the name is too long: beside the logo, and on phones.",
    )
    college_phone: PhoneSetting = Field(
        default="", description="The main campus line; numbers are looked for near it."
    )
    college_area_codes: AreaCodes = Field(
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
    help_answer: HelpAnswer = Field(
        default="",
        description=(
            "What the carrier is to answer to HELP; {college} and {phone} are filled"
            " in. Empty: only checked for the college's name and STOP."
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
    texts_per_second: Rate = Field(
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
        le=10_000_000,
        description=(
            "Segments a day that all numbers together may send, as T-Mobile counts"
            " days. 0: no limit."
        ),
    )
    cents_per_segment: float = Field(
        default=1.2,
        ge=0,
        le=100,
        description=(
            "What one segment costs, network fee included; shown as an estimate before"
            " a broadcast."
        ),
    )
    roster_loss_percent: int = Field(
        default=10, ge=0, le=100, description="More gone: a roster waits for a person."
    )
    registration_probe_to: PhoneSetting = Field(
        default="",
        description=(
            "A mobile of the college's own that is texted to learn whether a number is"
            " registered, when no news came."
        ),
    )

    # What a message must not carry unasked (FTC Act; PCI DSS 4.0, 4.2.2: card numbers
    # never by messaging that is not protected).
    sensitive_kinds: SensitiveKinds = Field(
        default=SENSITIVE_BY_DEFAULT,
        description=(
            "What stops a message before it is sent: kinds with a name and a shape,"
            " separated by semicolons."
        ),
    )
    # A receipt may come three days late (delivery/outcomes/missing_receipts.py).
    carrier_events_days: int = Field(
        default=90,
        ge=7,
        le=3650,
        description="How long the carrier's raw callbacks are kept, as proof.",
    )
    email_sources_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="How long students' emails are kept as they came.",
    )

    @property
    def short_name(self) -> str:
        return self.college_short_name or self.college_name

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
