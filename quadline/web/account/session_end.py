"""A session whose time is over is none: whoever asks is sent to sign in, and comes back
from there.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import resolve_url

from quadline.accounts.models import User
from quadline.accounts.session_store import keep_alive


def end_sessions(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        # Machines that ask without one cost no look at the database.
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        user = request.user if has_cookie else None
        if isinstance(user, User) and not keep_alive(request, user):
            logout(request)
        return get_response(request)

    return answer


class SignInRequired(LoginRequiredMiddleware):
    """Django's. Whoever sent a form comes back to its page: at the form's own address
    there may be nothing to open.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        page = page_of_form(request)
        if request.method != "POST" or not page:
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(page, resolve_url(self.get_login_url(view_func)))


def page_of_form(request: HttpRequest) -> str:
    """The page that a form was on, as the browser says; "" for another site's."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    # Another site's page is no place to come back to.
    if came_from.netloc != request.get_host():
        return ""
    query = f"?{came_from.query}" if came_from.query else ""
    return f"{came_from.path}{query}"
