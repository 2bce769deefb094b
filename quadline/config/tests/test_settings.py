"""Django's settings: safe on the open network, and derived from the environment."""

from typing import get_args

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils.module_loading import import_string

from quadline.config import settings as module
from quadline.config.environment import MailService


@pytest.mark.parametrize(
    ("url", "facts"),
    [
        (
            "postgresql://q:p%40ss@db.alder.example:6543/texts",
            ("q", "p@ss", "db.alder.example", "6543", "texts"),
        ),
        ("postgresql://q@/texts?host=/run/pg", ("q", "", "/run/pg", "", "texts")),
    ],
)
def test_the_database_is_named_by_one_address(url: str, facts: tuple[str, ...]) -> None:
    read = module._database(url)

    assert (
        tuple(read[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME"))
        == facts
    )


def test_options_of_the_address_reach_the_database() -> None:
    options = module._database("postgresql://q@h/texts?sslmode=require")["OPTIONS"]

    assert options == {"sslmode": "require", "application_name": "quadline"}


def test_emails_go_nowhere_until_a_mail_server_is_named() -> None:
    assert module._email("")["EMAIL_BACKEND"] == "quadline.emails.unsent.EmailBackend"
    read = module._email("smtp://me%40alder:se%2Fcret@mail.alder.example:587?tls=true")

    assert (read["EMAIL_HOST"], read["EMAIL_PORT"], read["EMAIL_USE_TLS"]) == (
        "mail.alder.example",
        587,
        True,
    )
    assert (read["EMAIL_HOST_USER"], read["EMAIL_HOST_PASSWORD"]) == (
        "me@alder",
        "se/cret",
    )


@pytest.mark.parametrize(
    ("url", "port", "starts_tls", "is_tls"),
    [
        ("smtp://mail.alder.example", 25, False, False),
        ("smtp://mail.alder.example:587?tls=true", 587, True, False),
        ("smtps://mail.alder.example", 465, False, True),
        ("smtps://mail.alder.example:4650?tls=true", 4650, False, True),
    ],
)
def test_mail_is_encrypted_as_the_address_says(
    url: str, port: int, starts_tls: bool, is_tls: bool
) -> None:
    read = module._email(url)

    assert (read["EMAIL_PORT"], read["EMAIL_USE_TLS"], read["EMAIL_USE_SSL"]) == (
        port,
        starts_tls,
        is_tls,
    )


def test_a_mail_service_is_named_with_what_it_asks_for() -> None:
    read = module._email_service(
        "mailgun",
        "secret",
        "SENDER_DOMAIN=mg.alder.example, API_URL=https://api.eu.mailgun.net/v3",
    )

    assert read["EMAIL_BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    named = {
        "MAILGUN_API_KEY": "secret",
        "MAILGUN_SENDER_DOMAIN": "mg.alder.example",
        "MAILGUN_API_URL": "https://api.eu.mailgun.net/v3",
    }
    assert named.items() <= read["ANYMAIL"].items()


@pytest.mark.parametrize("name", module.SERVICE_KEYS)
def test_every_mail_service_can_be_set_up(name: str) -> None:
    options = {"mailjet": "SECRET_KEY=s", "scaleway": "PROJECT_ID=p"}
    read = module._email_service(
        name, "key", options.get(name, "API_URL=https://mail.alder.example/")
    )

    with override_settings(**read):
        assert import_string(read["EMAIL_BACKEND"])().esp_name


def test_every_mail_service_that_can_be_chosen_is_known() -> None:
    assert {"", *module.SERVICE_KEYS} == set(get_args(MailService))


def test_over_https_cookies_are_secure_and_pages_stay_on_https() -> None:
    assert module.IS_HTTPS
    assert settings.SESSION_COOKIE_SECURE
    assert settings.CSRF_COOKIE_SECURE
    assert settings.SESSION_COOKIE_NAME.startswith("__Host-")
    assert settings.SECURE_HSTS_SECONDS >= 31_536_000
    assert settings.DEBUG is False
