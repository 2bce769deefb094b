"""Every setting of the environment, its type, its default and one line of meaning.

All faults are reported at once and in words. A secret may come from a file: FOO_FILE
names a file that holds FOO.
"""

import os
import re
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from quadline.client_address import Network, networks_of
from quadline.consent.state_hours import BY_DEFAULT
from quadline.sms.phones import PhoneError, normalise


class EnvironmentFault(SystemExit):
    """The environment cannot be used; the message lists every fault."""


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


def _base_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url.rstrip("/")


def _address(address: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", parseaddr(address)[1]):
        raise ValueError("must be an email address, such as texting@example.edu.")
    return address


def _reply_address(address: str) -> str:
    """What comes after a + is ours: nothing else may stand there, and 64 characters
    must hold both.
    """
    if address and not re.fullmatch(r"[^@\s<>+\"]{1,24}@[^@\s<>]+", address):
        raise ValueError(
            "must be a plain address without a +, such as replies@texting.example.edu."
        )
    return address.lower()


def _networks(written: str) -> str:
    networks_of(written)
    return written


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
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Zone = Annotated[str, AfterValidator(_zone)]
EmailAddress = Annotated[str, AfterValidator(_address)]
MailService = Literal[
    "",
    "brevo",
    "mailersend",
    "mailgun",
    "mailjet",
    "mailtrap",
    "mandrill",
    "postal",
    "postmark",
    "resend",
    "scaleway",
    "sparkpost",
    "unisender_go",
]
ReplyAddress = Annotated[str, AfterValidator(_reply_address)]
Networks = Annotated[str, AfterValidator(_networks)]


ENV_FILE = "QUADLINE_ENV_FILE"  # names another file than .env; empty: none is read
EMPTY_IS_A_CHOICE = frozenset({"quiet_hours"})
# never repeated when they are wrong
SECRETS = frozenset({"metrics_token", "email_webhook_secret", "mail_intake_url"})


class Environment(BaseSettings):
    """The names are the environment's, in capitals."""

    model_config = SettingsConfigDict(extra="ignore")

    secret_key: str = Field(
        min_length=32,
        description="Signs sessions and links. Keep it secret; 32 characters or more.",
    )
    public_url: BaseUrl = Field(
        description="The address people and the carrier reach Quadline at."
    )
    database_url: str = Field(
        description="postgresql://user:password@host/database, PostgreSQL 15 or later."
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="Where pictures and, when it is ours, the database lie.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged."
    )

    trusted_proxies: Networks = Field(
        default="",
        description=(
            "Addresses or networks of your own proxies, separated by commas:"
            " 127.0.0.1,10.0.0.0/8. Only they may say, in X-Forwarded-For, who is"
            " calling."
        ),
    )
    breached_passwords_url: str = Field(
        default="",
        pattern=r"^(https?://\S+/)?$",
        description=(
            "Asked whether a new password is in a known breach:"
            " https://api.pwnedpasswords.com/range/. Only five characters of its digest"
            " are sent. Empty: nobody is asked."
        ),
    )
    metrics_token: str = Field(
        default="",
        pattern=r"^(\S{16,})?$",
        description=(
            "Lets a monitor read /metrics as a bearer token; 16 characters or more."
            " Empty: nobody can."
        ),
    )

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
        default=",".join(BY_DEFAULT),
        pattern=r"^ *(none|[A-Z]{2}( *, *[A-Z]{2})*) *$",
        description=(
            "States whose stricter texting hours are heeded too: FL,OK,TX; or none."
        ),
    )
    email_url: str = Field(
        default="",
        description="smtp://user:password@host:587?tls=true. Empty: no email is sent.",
    )
    email_service: MailService = Field(
        default="",
        description=(
            "A mail service instead of a mail server: postmark, mailgun, … Empty:"
            " EMAIL_URL counts."
        ),
    )
    email_service_key: str = Field(
        default="", description="The API key or token of the mail service."
    )
    email_service_options: str = Field(
        default="",
        pattern=r"^ *([A-Z0-9_]+=[^,]*(, *[A-Z0-9_]+=[^,]*)*)?$",
        description=(
            "What else the mail service asks for:"
            " SENDER_DOMAIN=mg.example.edu,API_URL=https://api.eu.mailgun.net/v3."
        ),
    )
    email_from: EmailAddress = Field(
        default="quadline@localhost", description="Sender of every email."
    )
    email_reply_to: ReplyAddress = Field(
        default="",
        description=(
            "Where answers come back to Quadline: replies@texting.example.edu. Empty:"
            " to the staff user's own address."
        ),
    )
    email_connections: int = Field(
        default=4,
        ge=1,
        le=50,
        description="How many connections to the mail server at once.",
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
    email_authserv_id: str = Field(
        default="",
        description=(
            "The name your mail server gives itself in Authentication-Results (RFC"
            " 8601). Empty: nothing is marked."
        ),
    )
    email_webhook_secret: str = Field(
        default="",
        pattern=r"^([^:\s]+:[^:\s]{16,})?$",
        description=(
            "user:password, the password of 16 characters or more, that the mail"
            " service gives when it calls. Empty: its calls are refused."
        ),
    )
    mail_intake_url: str = Field(
        default="",
        pattern=r"^((lmtp|smtp)://[^/@\s]+:\d+|imaps?://[^/@\s]+@\S+)?$",
        description=(
            "How mail_intake gets students' emails: lmtp://127.0.0.1:8024,"
            " smtp://0.0.0.0:25 or imaps://user:password@host/INBOX."
        ),
    )

    carrier: Literal["twilio"] = Field(
        default="twilio", description="Who carries the texts."
    )
    twilio_account_sid: str = Field(
        default="", description="AC…, from the Twilio console."
    )
    twilio_auth_token: str = Field(
        default="",
        description="The account's primary auth token; it also signs webhooks.",
    )
    twilio_auth_token_next: str = Field(
        default="",
        description="During a rotation: the other token, also accepted on webhooks.",
    )
    twilio_messaging_service_sid: str = Field(
        default="", description="MG…, the service that holds your A2P campaign."
    )
    twilio_api_url: BaseUrl = Field(
        default="https://api.twilio.com", description="Texts and numbers."
    )
    twilio_messaging_url: BaseUrl = Field(
        default="https://messaging.twilio.com", description="Messaging Services."
    )
    twilio_events_url: BaseUrl = Field(
        default="https://events.twilio.com", description="Event Streams."
    )
    twilio_accounts_url: BaseUrl = Field(
        default="https://accounts.twilio.com", description="Opt-outs that we tell of."
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

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, given: dict[str, Any]) -> dict[str, Any]:
        """FOO= is the same as no FOO,
        except for the settings in which "empty" is itself a choice.
        """
        return {
            name: value
            for name, value in given.items()
            if value != "" or name in EMPTY_IS_A_CHOICE
        }

    @property
    def states_with_own_hours(self) -> frozenset[str]:
        return _codes(self.quiet_hours_states)

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        return networks_of(self.trusted_proxies)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.college_time_zone)


def read_environment() -> Environment:
    """The environment, checked.

    Raises EnvironmentFault that lists every fault in words.
    """
    faults = _read_secret_files()
    unread = {fault.partition(":")[0] for fault in faults}
    try:
        # the fields come from the environment
        environment = Environment(_env_file=_env_file())  # type: ignore[call-arg]
    except ValidationError as error:
        for fault in error.errors():
            name = _name(fault["loc"])
            # Of an unreadable file, the setting is not said to be missing as well.
            if f"{name}_FILE" not in unread:
                faults.append(f"{name}: {_words(fault)}")
    if faults:
        lines = ["Quadline cannot start. Fix these settings:", *faults]
        raise EnvironmentFault("\n  ".join(lines))
    return environment


def given(name: str) -> str:
    """One setting before all are checked: from the environment, a file that it names,
    or .env, as ``read_environment`` takes it.
    """
    path = os.environ.get(f"{name}_FILE", "")
    if path:
        _read_secret_files()
        return os.environ.get(name, path)
    if name in os.environ:
        return os.environ[name]
    file = _env_file()
    if file is None:
        return ""
    return dotenv_values(file).get(name) or ""


def _env_file() -> str | None:
    named = os.environ.get(ENV_FILE, ".env")
    return named or None


def _read_secret_files() -> list[str]:
    """Put what the named files hold into the environment.

    Returns what is wrong with those that cannot be read.
    """
    faults = []
    for name in (field.upper() for field in Environment.model_fields):
        path = os.environ.get(f"{name}_FILE")
        try:
            if path:
                os.environ[name] = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", "") or "it is not text"
            faults.append(f"{name}_FILE: {path} cannot be read: {reason}")
    return faults


@lru_cache
def _codes(written: str) -> frozenset[str]:
    codes = re.findall("[A-Z]{2}", written)
    return frozenset(codes)


def _name(location: tuple[Any, ...]) -> str:
    if not location:
        return "environment"
    return str(location[0]).upper()


def _words(fault: Any) -> str:
    if fault["type"] == "missing":
        return f"is not set. {_meaning(fault)}"
    if fault["type"] == "string_pattern_mismatch":
        if fault["loc"][0] in SECRETS:
            return f"cannot be what it is. {_meaning(fault)}"
        return f"cannot be {fault['input']!r}. {_meaning(fault)}"
    return str(fault["msg"]).removeprefix("Value error, ")


def _meaning(fault: Any) -> str:
    name = str(fault["loc"][0])
    return Environment.model_fields[name].description or ""
