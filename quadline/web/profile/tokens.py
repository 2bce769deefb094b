"""My API tokens: make one, see it once, name it, and take it back."""

from typing import Any

from django.contrib.messages import success
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from quadline import clock
from quadline.accounts.models import ApiToken
from quadline.accounts.tokens import (
    MAX_TOKEN_NAME,
    TokenRefused,
    make_token,
    revoke_token,
)
from quadline.web.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: StaffRequest) -> HttpResponse:
    """A new token is in the answer to the form that asked for it, and nowhere else."""
    if request.method != "POST":
        return _shown(request)
    name = request.POST.get("name", "")
    try:
        made, words = make_token(
            user=request.user,
            name=name,
            actor=request.user,
            now=clock.now(),
        )
    except TokenRefused as refused:
        return _shown(request, name=name, problem=str(refused), status=422)
    # No redirect: of a token only a digest is kept, so this is the one time to show it.
    return _shown(request, made=made, words=words)


@require_POST
def revoke(request: StaffRequest, token_id: int) -> HttpResponseBase:
    # Only one's own: an administrator's way is to deactivate the account.
    token = get_object_or_404(ApiToken, pk=token_id, user=request.user)
    is_revoked = revoke_token(token, actor=request.user, now=clock.now())
    if is_revoked:
        success(request, f"“{token.name}” opens nothing any more.")
    return redirect("profile-tokens")


def _shown(request: StaffRequest, *, status: int = 200, **said: Any) -> HttpResponse:
    mine = ApiToken.objects.filter(user=request.user, revoked_at=None)
    context = {"tokens": mine, "longest": MAX_TOKEN_NAME, **said}
    return render(
        request,
        "profile/tokens.html",
        context,
        status=status,
    )
