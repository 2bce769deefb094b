"""Every address of the house, as Django's URL configuration has it."""

import uuid
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, reverse

# Without sign-in: the way in, and what machines ask. Everything else is for staff.
PUBLIC = {
    "account_login",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "account_logout",  # of allauth: who is not signed in is sent to the first page
    "account_inactive",
    "account_campus",  # to the identity provider, and the four ways back
    "account_campus_return",
    "account_campus_acs",
    "account_campus_finish",
    "account_campus_signed_out",
    "account_campus_metadata",  # who we are; nothing in it is secret
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    # before there is an account: quadline/web/tests/test_first_run.py
    "setup",
    "setup_administrator",
    "alive",
    "ready",
    "metrics",
    "monitor",  # with the same token
    "college-logo",  # the page to sign in shows it
    "api-openapi",  # what the API is; it names nobody
    "api-docs",
    # a secret of its own; not there at all while no mail service is set up
    "mail_service",
    # opened by the directory's own key: quadline/api/tests/test_scim.py
    "scim-root",
    "scim",
}
SAMPLE = {
    "uuid": uuid.UUID(int=1),
    "uuidstr": uuid.UUID(int=1),
    "string": "maya@alder.example",
    "int": 1,
    "slug": "college",
    "path": "postmark/inbound/",
}


def patterns(under: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (under or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def is_of_the_api(name: str) -> bool:
    """Opened by a token and by nothing else: tests/architecture/test_api_access.py."""
    return name.startswith("api-") and name not in PUBLIC


def names() -> list[str]:
    return [pattern.name or "" for pattern in patterns()]


def address(pattern: URLPattern) -> str:
    """An address of this pattern, with objects that do not exist."""
    converters = pattern.pattern.converters
    if pattern.name == "account_reset_password_from_key":
        return reverse(pattern.name, kwargs={"uidb36": "1", "key": "set-password"})
    values = {
        name: SAMPLE[type(converter).__name__.removesuffix("Converter").lower()]
        for name, converter in converters.items()
    }
    return reverse(str(pattern.name), kwargs=values)
