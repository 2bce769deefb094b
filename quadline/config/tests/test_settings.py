"""Django's settings: safe on the open network, and derived from the environment."""

import pytest
from django.conf import settings

from quadline.config import settings as module


@pytest.mark.parametrize(
    ("url", "facts"),
    [
        ("postgresql://q:p%40ss@db.alder.example:6543/texts", ("q", "p@ss", "db.alder.example", "6543", "texts")),
        ("postgresql://q@/texts?host=/run/pg", ("q", "", "/run/pg", "", "texts")),
    ],
)
def test_the_database_is_named_by_one_address(url: str, facts: tuple[str, ...]) -> None:
    read = module._database(url)

    assert tuple(read[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")) == facts


def test_options_of_the_address_reach_the_database() -> None:
    options = module._database("postgresql://q@h/texts?sslmode=require")["OPTIONS"]

    assert options == {"sslmode": "require", "application_name": "quadline"}


def test_letters_are_logged_until_a_mail_server_is_named() -> None:
    assert module._email("")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    read = module._email("smtp://me%40alder:se%2Fcret@mail.alder.example:587?tls=true")

    assert (read["EMAIL_HOST"], read["EMAIL_PORT"], read["EMAIL_USE_TLS"]) == ("mail.alder.example", 587, True)
    assert (read["EMAIL_HOST_USER"], read["EMAIL_HOST_PASSWORD"]) == ("me@alder", "se/cret")


def test_over_https_cookies_are_secure_and_pages_stay_on_https() -> None:
    assert module.IS_HTTPS
    assert settings.SESSION_COOKIE_SECURE
    assert settings.CSRF_COOKIE_SECURE
    assert settings.SESSION_COOKIE_NAME.startswith("__Host-")
    assert settings.SECURE_HSTS_SECONDS >= 31_536_000
    assert settings.DEBUG is False
