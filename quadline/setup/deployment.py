"""What the operator deployed, as far as the screens may show it: never a secret."""

from urllib.parse import urlsplit

from django.conf import settings

from quadline.setup.rules import TRAINING_ACCOUNT

CARRIER_SETTINGS = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_MESSAGING_SERVICE_SID",
)


def is_training() -> bool:
    """Whether the carrier is the simulated one, outside the demo."""
    return bool(settings.ENV.twilio_account_sid == TRAINING_ACCOUNT)


def carrier_place() -> str:
    """The account that texts go through; "" for none."""
    return str(settings.ENV.twilio_account_sid)


def missing_carrier_settings() -> list[str]:
    values = settings.ENV.model_dump()
    return [name for name in CARRIER_SETTINGS if not values[name.lower()]]


def mail_place() -> str:
    """The mail server or service, without user and password; "" for none."""
    if settings.ENV.email_service:
        return f"the mail service {settings.ENV.email_service}"
    if not settings.ENV.email_url:
        return ""
    # User and password stand between the scheme and the host.
    parts = urlsplit(settings.ENV.email_url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 25}"
