"""What administrators look after: who has a second factor, and whoever lost theirs."""

from collections import defaultdict
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.messages import error, info, success
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from quadline.accounts.factors import ResetRefused, reset_factors, state_in
from quadline.accounts.models import User
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest


@require_safe
def factors_page(request: StaffRequest) -> HttpResponse:
    """Everybody who signs in: what they have, and what their role requires."""
    require_manager(request)
    rows_of: dict[int, list[Authenticator]] = defaultdict(list)
    for row in Authenticator.objects.all():
        rows_of[row.user_id].append(row)
    staff = User.objects.filter(is_active=True).select_related("office")
    rows = [_row(user, rows_of[user.pk]) for user in staff.order_by("name")]
    # Who must and has none comes first. The sort is stable.
    rows.sort(key=lambda row: not row["is_missing"])
    missing = sum(row["is_missing"] for row in rows)
    return render(request, "manage/factors.html", {"rows": rows, "missing": missing})


@require_http_methods(["GET", "HEAD", "POST"])
def reset_page(
    request: StaffRequest,
    user_id: int,
) -> HttpResponseBase:
    """What it means, and then the act."""
    require_manager(request)
    user = get_object_or_404(User, pk=user_id)
    if request.method != "POST":
        return render(request, "manage/factors_reset.html", {"person": user})
    try:
        count = reset_factors(user, actor=request.user)
    except ResetRefused as refused:
        error(request, str(refused))
        return redirect("manage_factors")
    if count:
        success(request, f"{user.name} signs in with the password alone now.")
    else:
        info(request, f"{user.name} had no second factors. Nothing was changed.")
    return redirect("manage_factors")


def _row(user: User, rows: list[Authenticator]) -> dict[str, Any]:
    factors = state_in(user, rows)
    return {
        "person": user,
        "factors": factors,
        "is_missing": factors.is_required and not factors.has_factor,
    }
