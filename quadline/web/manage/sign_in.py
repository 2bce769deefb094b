"""Signing in: the college's identity provider, whom it lets in, and a test of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from quadline.accounts.models import User
from quadline.accounts.single_sign_on import configuring, testing
from quadline.accounts.single_sign_on.configuring import (
    ConfiguredMeanwhile,
    NotConfigured,
)
from quadline.accounts.single_sign_on.models import draft_connection
from quadline.web.account.campus import send_to
from quadline.web.manage import sign_in_shown
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest, whole_number

SAVED = "Saved. Test the sign-in next."
RULES_SAVED = "Rules saved. They count from the next sign-in."
MEANWHILE = (
    "Not saved: somebody else changed these rules meanwhile. Below is what they are"
    " now."
)


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    return _shown(request, result=testing.take_result(request))


@require_POST
@sensitive_post_parameters("secret")
def openid(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    written = request.POST
    given = configuring.OpenIDGiven(
        issuer=written.get("issuer", "").strip(),
        client_id=written.get("client_id", "").strip(),
        secret=written.get("secret", "").strip(),
        is_vouched_for="vouched" in written,
    )
    try:
        configuring.save_openid(given, actor=request.user)
    except NotConfigured as fault:
        return _shown(request, fault=fault, openid=written)
    messages.success(request, SAVED)
    return redirect("manage_sign_in")


@require_POST
def saml(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    written = request.POST
    given = configuring.SamlGiven(
        url=written.get("metadata_url", "").strip(),
        written=written.get("metadata", "").strip(),
        is_vouched_for="vouched" in written,
        signs_requests="signs_requests" in written,
    )
    try:
        configuring.save_saml(given, actor=request.user)
    except NotConfigured as fault:
        return _shown(request, fault=fault, saml=written)
    messages.success(request, SAVED)
    return redirect("manage_sign_in")


@require_POST
def rules(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    version = whole_number(request.POST.get("version"))
    given = policy_in(request.POST)
    try:
        configuring.save_policy(
            given, version=-1 if version is None else version, actor=request.user
        )
    except NotConfigured as fault:
        return _shown(request, fault=fault, policy=given)
    except ConfiguredMeanwhile:
        messages.error(request, MEANWHILE)
        return _shown(request, status=409)
    messages.success(request, RULES_SAVED)
    return redirect("manage_sign_in")


@require_safe
def test(request: StaffRequest) -> HttpResponseBase:
    """Off to the provider that is being tried; a GET, as for everybody."""
    require_manager(request)
    draft = draft_connection()
    if draft is None:
        messages.error(request, "There is no connection to test yet.")
        return redirect("manage_sign_in")
    # A refusal on the way back is then shown here, with its details.
    testing.begin_test(request)
    return send_to(draft, request, test_by=request.user.pk)


@require_POST
def switch(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    if "off" in request.POST:
        if configuring.switch_off(actor=request.user):
            messages.success(request, "Campus sign-in is off. Passwords open accounts.")
        return redirect("manage_sign_in")
    try:
        configuring.switch_on(actor=request.user)
    except NotConfigured as fault:
        return _shown(request, fault=fault)
    messages.success(request, "Campus sign-in is on.")
    return redirect("manage_sign_in")


@require_POST
def forget(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    email = request.POST.get("email", "")
    user = User.objects.with_address(email)
    if user is None:
        fault = NotConfigured("email", "Nobody here has this address.")
        return _shown(request, fault=fault, forgotten=email)
    if configuring.forget_link(user, actor=request.user):
        words = f"{user.name}’s next campus sign-in links the account again."
        messages.success(request, words)
    else:
        messages.info(request, f"{user.name} has no linked campus account.")
    return redirect("manage_sign_in")


def policy_in(written: MultiValueDict[str, str]) -> configuring.PolicyGiven:
    """The form as it is; rows that are empty count for nothing."""
    domains = (written.get("domains") or "").lower().replace(",", " ").split()
    role_rows = zip(
        *(written.getlist(name) for name in ("claim", "value", "role")), strict=False
    )
    office_rows = zip(
        *(written.getlist(name) for name in ("office_value", "office")), strict=False
    )
    named = (whole_number(each) for each in written.getlist("break_glass"))
    return configuring.PolicyGiven(
        domains=tuple(dict.fromkeys(domains)),
        role_rules=tuple(_full_rows(role_rows, filled=2)),
        office_claim=(written.get("office_claim") or "").strip()[:200],
        office_rules=tuple(_full_rows(office_rows, filled=1)),
        unmapped=written.get("unmapped") or "",
        links_accounts="links_accounts" in written,
        creates_accounts="creates_accounts" in written,
        follows_claims="follows_claims" in written,
        passwords_off="passwords_off" in written,
        trusts_second_factor="trusts_second_factor" in written,
        break_glass=frozenset(each for each in named if each is not None),
    )


def _full_rows(
    rows: Any,
    *,
    filled: int,
) -> list[Any]:
    """``filled``: a row in which none of so many first cells is filled in is empty."""
    kept = []
    for row in rows:
        # PostgreSQL keeps no NUL; what is cut could match no claim anyway.
        cells = tuple(cell.replace("\x00", "").strip()[:300] for cell in row)
        if any(cells[:filled]):
            kept.append(cells)
    return kept


def _shown(
    request: StaffRequest,
    *,
    status: int = 200,
    fault: NotConfigured | None = None,
    **written: Any,
) -> HttpResponse:
    context = sign_in_shown.context(fault=fault, **written)
    return render(
        request, "manage/sign_in.html", context, status=422 if fault else status
    )
