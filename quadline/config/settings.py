"""Django's settings, all derived
from the environment (environment.py names every variable).
"""

import re
from collections.abc import MutableMapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import structlog

from quadline.config import environment, log_privacy

ENV = environment.read_environment()
KEYS = re.compile(r"/password/reset/key/\S+")

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = ENV.secret_key
DEBUG = False
PUBLIC_URL = ENV.public_url
_public = urlsplit(ENV.public_url)
ALLOWED_HOSTS = [_public.hostname or "localhost", "localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [ENV.public_url]
IS_HTTPS = _public.scheme == "https"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "quadline.audit",
    "quadline.college",
    "quadline.accounts",
    "quadline.inboxes",
    "quadline.roster",
    "quadline.numbers",
    "quadline.consent",
    "quadline.conversations",
    "quadline.delivery",
    "quadline.broadcasts",
    "quadline.handovers",
    "quadline.setup",
    "quadline.webhooks",
    "quadline.health",
    "quadline.api",
    "quadline.web",
    "quadline.config",  # last: it registers the jobs of all the others
]
# a tool of developers: two migrations side by side become a merge conflict
if find_spec("django_linear_migrations"):
    INSTALLED_APPS.append("django_linear_migrations")
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "quadline.web.headers.security_headers",
    "quadline.web.campus_clock.CampusClock",
    "quadline.api.problems.speak_in_problems",
    "quadline.webhooks.size_limits.limit_sizes",
    "quadline.web.whole_forms.whole_forms_only",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "quadline.web.setup.gate.FirstRunGate",
    "quadline.web.account.session_end.end_sessions",
    "quadline.web.account.session_end.SignInRequired",
    "quadline.web.security.gate.SecurityGate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "quadline.accounts.sessions.note_sessions",
    "django_htmx.middleware.HtmxMiddleware",
    "quadline.web.request_log.RequestLog",
]
ROOT_URLCONF = "quadline.config.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database(
    url: str,
) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query | {"application_name": "quadline"},
    }


DATABASES = {"default": _database(ENV.database_url)}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "quadline.web.shell.shell",
            ]
        },
    }
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [("portraits", BASE_DIR / "demo" / "college" / "portraits")]
STATIC_ROOT = ENV.data_dir.resolve() / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "quadline.web.static_files.Storage"},
}
MEDIA_ROOT = ENV.data_dir.resolve() / "media"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "quadline.accounts.hashing.BoundedArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "quadline.accounts.strength.NotEasyToGuess"},
    {"NAME": "quadline.accounts.strength.NotBreached"},
]
LOGIN_REDIRECT_URL = "inbox"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "quadline.accounts.sign_in.StaffOnlyAdapter"
ACCOUNT_FORMS = {
    "reset_password_from_key": "quadline.web.account.sign_in.NewPasswordForm",
    "reauthenticate": "quadline.web.security.forms.ConfirmPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# accounts are made by the college, which vouches for the address
ACCOUNT_EMAIL_VERIFICATION = "none"
# a stranger's address gets no mail because somebody typed it here
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = False  # ours are in accounts/rules.py
SOCIALACCOUNT_ADAPTER = "quadline.accounts.single_sign_on.adapter.CampusAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
# The college's provider vouches for the address, or nobody gets in.
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False

MFA_ADAPTER = "quadline.accounts.factor_adapter.StaffFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey stands for a password and a factor: the device asks for finger, face or PIN.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
# accounts are made by the college, which vouches for the address
MFA_ALLOW_UNVERIFIED_EMAIL = True
# web/security/step_up.py asks, before these pages and others
MFA_REAUTHENTICATION_REQUIRED = False
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "quadline.web.security.forms.CodeForm",
    "reauthenticate": "quadline.web.security.forms.ConfirmCodeForm",
    "activate_totp": "quadline.web.security.forms.AppForm",
    "add_webauthn": "quadline.web.security.forms.PasskeyForm",
    "edit_webauthn": "quadline.web.security.forms.PasskeyNameForm",
    "login_webauthn": "quadline.web.security.forms.PasskeySignInForm",
    "authenticate_webauthn": "quadline.web.security.forms.PasskeyStepForm",
    "reauthenticate_webauthn": "quadline.web.security.forms.ConfirmPasskeyForm",
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_ENGINE = "quadline.accounts.session_store"
# As long as any session may last; when one ends is in its row:
# accounts/session_store.py.
SESSION_COOKIE_AGE = 30 * 24 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 63_072_000 if IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
# what a mail service may bring; webhooks/size_limits.py holds all else to less
DATA_UPLOAD_MAX_MEMORY_SIZE = 26_866_666

LANGUAGE_CODE = "en-us"
# of commands; pages, the API and emails go by the college's as it is at that moment
TIME_ZONE = ENV.college_time_zone
USE_TZ = True


# What Anymail calls the key of each mail service.
SERVICE_KEYS = {
    "brevo": "API_KEY",
    "mailersend": "API_TOKEN",
    "mailgun": "API_KEY",
    "mailjet": "API_KEY",
    "mailtrap": "API_TOKEN",
    "mandrill": "API_KEY",
    "postal": "API_KEY",
    "postmark": "SERVER_TOKEN",
    "resend": "API_KEY",
    "scaleway": "SECRET_KEY",
    "sparkpost": "API_KEY",
    "unisender_go": "API_KEY",
}
EMAIL_TIMEOUT = 10  # seconds, for each step of a conversation with a mail server


def _email(url: str) -> dict[str, Any]:
    if not url:
        return {"EMAIL_BACKEND": "quadline.emails.unsent.EmailBackend"}
    parts = urlsplit(url)
    is_smtps = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if is_smtps else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": "tls=true" in parts.query and not is_smtps,
        "EMAIL_USE_SSL": is_smtps,
    }


def _email_service(
    name: str,
    key: str,
    options: str,
) -> dict[str, Any]:
    """A mail service by its name, as Anymail knows it:
    POSTMARK_SERVER_TOKEN and so on.
    """
    given = {SERVICE_KEYS[name]: key} | {
        option.strip(): value.strip()
        for option, _, value in (each.partition("=") for each in options.split(","))
        if value
    }
    named = {f"{name.upper()}_{option}": value for option, value in given.items()}
    return {
        "EMAIL_BACKEND": f"anymail.backends.{name}.EmailBackend",
        "ANYMAIL": (
            named
            | {
                "IGNORE_UNSUPPORTED_FEATURES": True,
                "REQUESTS_TIMEOUT": EMAIL_TIMEOUT,
                "WEBHOOK_SECRET": ENV.email_webhook_secret,
            }
        ),
    }


if ENV.email_service:
    globals().update(
        _email_service(
            ENV.email_service, ENV.email_service_key, ENV.email_service_options
        )
    )
else:
    globals().update(_email(ENV.email_url))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.email_from


def _without_query(
    logger: Any,
    method: str,
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """What was searched for, and the key of a password link, stay out of the log."""
    for key in ("request", "referer"):
        address = event.get(key)
        if isinstance(address, str):
            without_query = address.partition("?")[0]
            event[key] = KEYS.sub("/password/reset/key/…", without_query)
    return event


FAULTS = structlog.processors.ExceptionRenderer(
    log_privacy.fault_words  # type: ignore[arg-type]  # never an ExcInfo of Nones
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
                log_privacy.without_people,
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.stdlib.add_log_level,
                FAULTS,
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": ENV.log_level},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "twilio": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        _without_query,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_log_level,
        FAULTS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
