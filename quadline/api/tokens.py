"""Who calls: the owner of the token in the Authorization
header. Cookies count for nothing here.
"""

from django.http import HttpRequest
from ninja.security import HttpBearer

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.tokens import user_of


class Token(HttpBearer):
    """Made under My profile, or by ``quadline create_token``."""

    def authenticate(
        self,
        request: HttpRequest,
        token: str,
    ) -> User | None:
        words = token.strip()
        return user_of(words, now=clock.now())
