"""How staff sign in: accounts are made by the college, never by a visitor."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from quadline.emails import letters
from quadline.jobs import enqueue, job


class StaffOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

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
