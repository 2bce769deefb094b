"""Which setting of the college is asked for in which section of Manage › Settings, and
how. No request here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django.http import QueryDict

from quadline.college.deciding import as_written
from quadline.college.sign_in_rules import ROLES
from quadline.consent.state_hours import EVERY_DAY, TextingHours
from quadline.sms import phones

# Zones of the United States and Canada come first; the rest follow by name.
NEAR_ZONES = (
    "America/New_York",
    "America/Detroit",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "America/Toronto",
    "America/Vancouver",
)
LONGEST_FIELD = 4_000  # characters of one field that are looked at


@dataclass(frozen=True)
class SettingField:
    """How one setting is asked for. ``kind`` names its partial template."""

    name: str
    label: str
    help: str = ""
    # text, words, number, zone, scope, hours, states, kinds, phone, roles, by_role, day
    kind: str = "text"
    unit: str = ""


@dataclass(frozen=True)
class Section:
    slug: str
    title: str
    fields: tuple[SettingField, ...]


COLLEGE_SECTION = Section(
    "college",
    "College",
    (
        SettingField("college_name", "Name", "In texts, emails and on every page."),
        SettingField(
            "college_short_name",
            "Short name",
            "Where the name is too long, such as on phones. Empty: the name.",
        ),
        SettingField(
            "college_time_zone",
            "Time zone",
            "The campus clock. Times on the pages and in emails are shown by it.",
            kind="zone",
        ),
        SettingField(
            "college_phone",
            "Main line",
            "Callers of a System number reach it when the staff user has no office"
            " line. Numbers are looked for near it.",
            kind="phone",
        ),
        SettingField(
            "college_area_codes",
            "Area codes for new numbers",
            "First choice first, separated by commas: 734,313.",
        ),
        SettingField(
            "college_region",
            "State or province",
            "Two capitals: MI. New numbers come from there when no area code has one.",
        ),
    ),
)
TEXTING_SECTION = Section(
    "texting",
    "Texting",
    (
        SettingField(
            "opt_out_notice",
            "Opt-out notice",
            "Ends the first text a student gets from a number. {sender} and {college}"
            " are filled in. It must say STOP.",
            kind="words",
        ),
        SettingField(
            "help_answer",
            "Answer to HELP",
            "The carrier sends it, so paste it there, too. {college} and {phone}, the"
            " main line, are filled in. Empty: your carrier's words are not compared.",
            kind="words",
        ),
        SettingField(
            "quiet_hours",
            "Quiet hours",
            "On the student's clock. Both empty: none.",
            kind="hours",
        ),
        SettingField(
            "quiet_hours_states",
            "States with their own hours",
            "For a student who may be there, the stricter hours count.",
            kind="states",
        ),
        SettingField(
            "opt_out_scope",
            "What a STOP reaches",
            kind="scope",
        ),
    ),
)
EMAIL_SECTION = Section(
    "email",
    "Email",
    (
        SettingField(
            "failsafe_hours",
            "A text that could leave and hasn't goes as an email after",
            "Texts that wait already keep their deadline.",
            kind="number",
            unit="hours",
        ),
        SettingField(
            "failsafe_number_hours",
            "A text that waits for its number goes as an email after",
            kind="number",
            unit="hours",
        ),
        SettingField(
            "failsafe_setup_minutes",
            "A fault in your account with the carrier is waited for",
            kind="number",
            unit="minutes",
        ),
        SettingField(
            "failsafe_hold_seconds",
            "After a failed text, the email waits for late news",
            "The text may have arrived after all.",
            kind="number",
            unit="seconds",
        ),
        SettingField(
            "email_give_up_hours",
            "While the mail server is down, an email is tried for",
            "Then its author is told.",
            kind="number",
            unit="hours",
        ),
        SettingField(
            "phone_update_url",
            "Where students correct their phone number",
            "Linked in the email that replaces a text. Empty: they are asked to answer,"
            " or to tell the registrar.",
        ),
    ),
)
LIMITS_SECTION = Section(
    "limits",
    "Limits and cost",
    (
        SettingField(
            "texts_per_second",
            "Speed of one number",
            "1 is what US local numbers are allowed. 0: no limit.",
            kind="number",
            unit="segments a second",
        ),
        SettingField(
            "texts_per_day",
            "All numbers together",
            "T-Mobile's cap for your brand; its day begins at midnight in Los Angeles."
            " 0: no limit.",
            kind="number",
            unit="segments a day",
        ),
        SettingField(
            "cents_per_segment",
            "Cost",
            "The network's fee included. Shown as an estimate before a broadcast.",
            kind="number",
            unit="cents a segment",
        ),
        SettingField(
            "roster_loss_percent",
            "A roster that loses more waits for a person",
            "Of students, phones, names or caseload rows.",
            kind="number",
            unit="percent",
        ),
        SettingField(
            "registration_probe_to",
            "Phone for registration checks",
            "A mobile of the college's own. It is texted when no news comes of whether"
            " a new number is registered.",
            kind="phone",
        ),
    ),
)
SENSITIVE_SECTION = Section(
    "sensitive",
    "Sensitive information",
    (
        SettingField(
            "sensitive_kinds",
            "What stops a message",
            "One kind a line: a name, a colon, and SSN, CARD or a shape. In a shape 9"
            " stands for any digit and A for any letter: Student ID: A99999999. Empty:"
            " nothing.",
            kind="kinds",
        ),
    ),
)
SIGN_IN_SECTION = Section(
    "sign-in",
    "Signing in",
    (
        SettingField(
            "second_factor_roles",
            "Who needs a second factor",
            "Everybody may have one. Who needs one and has none sets it up at their"
            " next page, before anything else.",
            kind="roles",
        ),
        SettingField(
            "second_factor_from",
            "From which day on",
            "Empty: at once. Until then My profile, Security says so.",
            kind="day",
        ),
        SettingField(
            "confirm_again_minutes",
            "Confirm again after",
            "Before an export, a key, a role or a setting.",
            kind="number",
            unit="minutes",
        ),
        SettingField(
            "session_idle_minutes",
            "Signed out without use after",
            "5 minutes to two weeks.",
            kind="by_role",
            unit="minutes",
        ),
        SettingField(
            "session_hours",
            "Signed out in any case after",
            "At most 720 hours, which is 30 days.",
            kind="by_role",
            unit="hours",
        ),
    ),
)
RETENTION_SECTION = Section(
    "retention",
    "Retention",
    (
        SettingField(
            "carrier_events_days",
            "The carrier's raw callbacks",
            "Kept as proof. What they meant stays with each message.",
            kind="number",
            unit="days",
        ),
        SettingField(
            "email_sources_days",
            "Unmatched email as it came",
            "Its sender, subject and words stay. A reply from a student is kept.",
            kind="number",
            unit="days",
        ),
    ),
)
SECTIONS = {
    section.slug: section
    for section in (
        COLLEGE_SECTION,
        TEXTING_SECTION,
        EMAIL_SECTION,
        LIMITS_SECTION,
        SENSITIVE_SECTION,
        SIGN_IN_SECTION,
        RETENTION_SECTION,
    )
}


def shown(name: str, value: Any) -> str:
    """A value as its field shows it."""
    if name in ("college_phone", "registration_probe_to"):
        return phones.written(value)
    if name == "sensitive_kinds":
        return "\n".join(value.split("; ")) if value else ""
    return as_written(value)


def typed(field: SettingField, form: QueryDict) -> str:
    """What a form holds for a field, as the setting is written."""
    read = READ.get(field.kind, _as_it_is)
    return read(field.name, form)[:LONGEST_FIELD]


def _as_it_is(name: str, form: QueryDict) -> str:
    return one_line_ends(form.get(name, "")).strip()


def one_line_ends(words: str) -> str:
    """A form ends lines with two signs, whatever its page had."""
    return words.replace("\r\n", "\n")


def _hours(name: str, form: QueryDict) -> str:
    start, end = form.get(f"{name}_from", ""), form.get(f"{name}_to", "")
    return f"{start[:5]}-{end[:5]}" if start or end else ""


# No box at all is a choice, too: no state's own hours count.
def _states(name: str, form: QueryDict) -> str:
    return (
        ",".join(state for state in form.getlist(name) if state in EVERY_DAY) or "none"
    )


def _roles(name: str, form: QueryDict) -> str:
    return ",".join(role for role in ROLES if role in form.getlist(name)) or "none"


def _by_role(name: str, form: QueryDict) -> str:
    typed_of = {role: form.get(f"{name}_{role}", "").strip() for role in ROLES}
    return ",".join(f"{role}:{written}" for role, written in typed_of.items())


READ: Mapping[str, Callable[[str, QueryDict], str]] = {
    "hours": _hours,
    "states": _states,
    "roles": _roles,
    "by_role": _by_role,
}


def roles_of(written: str) -> list[tuple[str, str, str | None]]:
    """Each role, in words, and what is written of it: "" nothing, None not named."""
    parts = dict(part.strip().partition(":")[::2] for part in written.split(","))
    return [(role, f"{role.title()}s", parts.get(role)) for role in ROLES]


def zones() -> list[str]:
    others = sorted(name for name in available_timezones() if "/" in name)
    return [*NEAR_ZONES, *(name for name in others if name not in NEAR_ZONES)]


def states() -> list[tuple[str, str]]:
    """Those with hours of their own, each with what they are on weekdays."""
    return [(state, _in_words(hours)) for state, hours in sorted(EVERY_DAY.items())]


def _in_words(hours: TextingHours) -> str:
    return f"{hours.opens:%-I %p} to {hours.closes:%-I %p}"
