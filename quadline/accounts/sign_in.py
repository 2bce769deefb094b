"""How staff sign in: accounts are made by the college, never by a visitor."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from quadline.accounts import guessing
from quadline.emails import letters
from quadline.jobs import enqueue, job


class StaffOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            guessing.tell_of_guessing(email=credentials.get("email", ""), address=guessing.address_of(request))
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return guessing.key_of(credentials.get("email", ""))

    def get_user_display(self, user: Any) -> str:
        return str(user.name)

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """By a job: neither how long a mail server takes nor that it is away may tell a visitor who has an account."""
        words = {name: _of_ours(value) if name.endswith("_url") else value for name, value in context.items()}
        made = self.render_mail(template_prefix, email, words | {"email": email, "college": settings.ENV.college_name})
        enqueue(send_account_letter, to=email, subject=made.subject, body=made.body)


def _of_ours(link: str) -> str:
    """Never from the Host header, which a caller chooses."""
    return f"{settings.PUBLIC_URL}{urlsplit(link).path}"


@job(queue="letters")
def send_account_letter(to: str, subject: str, body: str) -> None:
    letters.about_an_account(to=to, subject=subject, body=body)
