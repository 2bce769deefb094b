"""The key with which the college's directory keeps accounts: make one, see it once, and
take it back.
"""

from typing import Any

from django.conf import settings
from django.contrib.messages import success
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from quadline import clock
from quadline.accounts.directory_tokens import make_directory_token
from quadline.accounts.models import DirectoryEntry, DirectoryToken
from quadline.accounts.tokens import MAX_TOKEN_NAME, TokenRefused, revoke_token
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
def directory_page(request: StaffRequest) -> HttpResponse:
    """A new key is in the answer to the form that asked for it, and nowhere else."""
    require_manager(request)
    if request.method != "POST":
        return _shown(request)
    name = request.POST.get("name", "")
    try:
        made, words = make_directory_token(
            name=name, actor=request.user, now=clock.now()
        )
    except TokenRefused as refused:
        return _shown(request, name=name, problem=str(refused), status=422)
    # No redirect: only a digest is kept, so this is the one time to show it.
    return _shown(request, made=made, words=words)


@require_POST
def revoke_directory(request: StaffRequest, token_id: int) -> HttpResponseBase:
    require_manager(request)
    token = get_object_or_404(DirectoryToken, pk=token_id)
    if revoke_token(token, actor=request.user, now=clock.now()):
        success(request, f"“{token.name}” opens nothing any more.")
    return redirect("manage_directory")


def _shown(request: StaffRequest, *, status: int = 200, **said: Any) -> HttpResponse:
    live = DirectoryToken.objects.filter(revoked_at=None)
    context = {
        "tokens": live.select_related("made_by"),
        "longest": MAX_TOKEN_NAME,
        "scim_address": f"{settings.PUBLIC_URL}/scim/v2",
        "kept": DirectoryEntry.objects.filter(removed_at=None).count(),
        **said,
    }
    return render(request, "manage/directory.html", context, status=status)
