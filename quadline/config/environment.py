"""Every setting of the environment, its type, its default and one line of meaning.

All faults are reported at once and in words. A secret may come from a file: FOO_FILE
names a file that holds FOO.
"""

import os
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from quadline.client_address import Network, networks_of
from quadline.college.rules import CollegeSettings


class EnvironmentFault(SystemExit):
    """The environment cannot be used; the message lists every fault."""


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


BaseUrl = Annotated[str, AfterValidator(_base_url)]
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


class Environment(BaseSettings, CollegeSettings):
    """The names are the environment's, in capitals.

    Of what the college decides, it has the first value.
    """

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
    roster_dir: str = Field(
        default="",
        description=(
            "Where student systems put their files, a folder for each source; also the"
            " SFTP directory. Empty: roster in DATA_DIR."
        ),
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
    def roster_folder(self) -> Path:
        return Path(self.roster_dir or self.data_dir / "roster")

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        return networks_of(self.trusted_proxies)


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
