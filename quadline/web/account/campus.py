"""Signing in with the campus account: to the identity provider, and back from it.

What it needs is imported when somebody comes: most processes never meet a provider.
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from quadline.accounts.single_sign_on.coming_in import CAMPUS_SESSION
from quadline.accounts.single_sign_on.faults import AnswerFault, Fault
from quadline.accounts.single_sign_on.models import (
    SignInConnection,
    draft_connection,
    live_connection,
)

SIGN_OUT_URL = "campus_signed_out"
# A fault goes to the next step in the address, so that a stranger leaves no row.
FAULT_SALT, FAULT_SECONDS = "quadline.web.account.campus", 60
LOGIN = "login"  # allauth's word for what an answer is for
ACS_ATTRIBUTE, ACS_COOKIE = "saml_acs_session", "saml-acs-session"


@require_safe
def leave_for_provider(request: HttpRequest) -> HttpResponseBase:
    """Off to the identity provider; a GET, because the policy of our pages keeps forms
    from leaving for another place.
    """
    connection = live_connection()
    if connection is None:
        return redirect("account_login")
    return send_to(connection, request, next_url=_safe_next(request))


def send_to(
    connection: SignInConnection,
    request: HttpRequest,
    *,
    next_url: str | None = None,
    test_by: int | None = None,
) -> HttpResponseBase:
    """A redirect to the provider. ``test_by``: whose test it is; else they sign in."""
    from quadline.accounts.single_sign_on.adapter import refused

    kept: dict[str, Any] = {"connection": connection.pk}
    if test_by is not None:
        kept["test_by"] = test_by
    try:
        provider = _provider(connection, request)
        answer: HttpResponseBase = provider.redirect(request, LOGIN, next_url, **kept)
    except AnswerFault as fault:
        return _page(refused(request, fault))
    return answer


@require_safe
def returned(request: HttpRequest) -> HttpResponseBase:
    """Back from OpenID Connect, with a code."""
    from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView

    from quadline.accounts.single_sign_on.adapter import refused
    from quadline.accounts.single_sign_on.openid import CampusOpenIDAdapter

    connection = _named_connection(request.GET.get("state", ""))
    try:
        if connection is None and request.GET.get("error") == "access_denied":
            # Some providers forget the state when somebody cancels (RFC 6749, 4.1.2.1).
            raise AnswerFault(Fault.CANCELLED)
        if connection is None or connection.is_saml:
            raise AnswerFault(Fault.NOT_WAITED_FOR, "no such connection")
        _require_issuer(request, connection)
        view = OAuth2CallbackView.adapter_view(CampusOpenIDAdapter(request, connection))
        answer: HttpResponseBase = view(request)
    except AnswerFault as fault:
        return _page(refused(request, fault))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        unreadable = AnswerFault(Fault.UNREADABLE, type(error).__name__)
        return _page(refused(request, unreadable))
    return answer


@csrf_exempt
@require_POST
def acs(request: HttpRequest) -> HttpResponseBase:
    """Back from SAML: a form from another site, so the session's cookie is not here.

    What is kept for the next step has been verified: a stranger leaves nothing behind.
    """
    from allauth.socialaccount.sessions import LoginSession

    try:
        kept = _verified(request.POST.get("SAMLResponse", ""))
    except AnswerFault as fault:
        # The page for it needs the session, too: it may be an administrator's test.
        said = signing.dumps([fault.fault.value, fault.detail[:300]], salt=FAULT_SALT)
        finish_url = reverse("account_campus_finish")
        return HttpResponseRedirect(f"{finish_url}?{urlencode({'fault': said})}")
    answer = redirect("account_campus_finish")
    session = LoginSession(request, ACS_ATTRIBUTE, ACS_COOKIE)
    session.store.update({"answer": kept})
    session.save(answer)
    return answer


@require_safe
def finish(request: HttpRequest) -> HttpResponseBase:
    """With the session: did this browser ask for that answer?"""
    from allauth.socialaccount.helpers import complete_social_login
    from allauth.socialaccount.sessions import LoginSession

    from quadline.accounts.single_sign_on.adapter import refused
    from quadline.accounts.single_sign_on.campus_saml import login_of

    session = LoginSession(request, ACS_ATTRIBUTE, ACS_COOKIE)
    # Gone before it is looked at: whatever comes of it, it opens nothing again.
    kept = session.store.get("answer")
    session.delete()
    try:
        _raise_fault(request.GET.get("fault", ""))
        if not kept:
            raise AnswerFault(Fault.NOT_WAITED_FOR, "nothing was kept")
        connection = SignInConnection.objects.filter(pk=kept["connection"]).first()
        if connection is None:
            raise AnswerFault(Fault.NOT_WAITED_FOR, "the connection was replaced")
        login = login_of(request, connection, kept)
    except AnswerFault as fault:
        return _page(refused(request, fault))
    answer: HttpResponseBase = complete_social_login(request, login)
    return answer


@require_safe
def metadata_file(request: HttpRequest) -> HttpResponse:
    """For the identity provider: who we are. Nothing in it is secret."""
    from quadline.accounts.single_sign_on import saml

    connection = draft_connection() or live_connection()
    try:
        ours = saml.our_metadata(
            connection if connection and connection.is_saml else None
        )
    except AnswerFault as fault:
        raise Http404 from fault
    answer = HttpResponse(ours, content_type="application/samlmetadata+xml")
    answer["Content-Disposition"] = 'attachment; filename="quadline-metadata.xml"'
    return answer


def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Out of Quadline; and, for a campus account, to a page that says what is still
    open.
    """
    from allauth.account import views

    campus = request.session.get(CAMPUS_SESSION)
    answer: HttpResponseBase = views.logout(request)
    if request.method != "POST" or campus is None:
        return answer
    # The session of before is gone with everything in it; this is a new one.
    request.session[SIGN_OUT_URL] = _end_url(campus)
    return redirect("account_campus_signed_out")


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    end_url = request.session.get(SIGN_OUT_URL, "")
    return render(request, "account/campus_signed_out.html", {"end_url": end_url})


def _end_url(campus: dict[str, str]) -> str:
    """OpenID Connect RP-Initiated Logout 1.0; "" when the provider has none."""
    if not campus["end"]:
        return ""
    asked = {
        "id_token_hint": campus["token"],
        "client_id": campus["client_id"],
        "post_logout_redirect_uri": f"{settings.PUBLIC_URL}{reverse('account_login')}",
    }
    joint = "&" if "?" in campus["end"] else "?"
    return f"{campus['end']}{joint}{urlencode(asked)}"


def _provider(connection: SignInConnection, request: HttpRequest) -> Any:
    if connection.is_saml:
        from quadline.accounts.single_sign_on import campus_saml

        return campus_saml.saml_provider(connection, request)
    from quadline.accounts.single_sign_on import openid

    return openid.openid_provider(connection, request)


def _verified(posted: str) -> dict[str, Any]:
    """What a valid answer says. Raises AnswerFault.

    A new key is tried out beside the old one of the same provider: the one that signed
    it counts, and the session says later which of them was asked.
    """
    from dataclasses import asdict

    from quadline.accounts.single_sign_on import saml

    issuer = saml.issuer_of(posted)
    connections = SignInConnection.objects.filter(protocol="saml", issuer=issuer)
    fault = AnswerFault(Fault.OTHER_ISSUER, f"from {issuer[:100]!r}")
    for connection in connections.order_by("-is_live"):
        try:
            request_id, identity = saml.verify(connection, posted)
        except AnswerFault as error:
            fault = error
            continue
        return {
            "connection": connection.pk,
            "request_id": request_id,
            "identity": asdict(identity),
        }
    raise fault


def _raise_fault(said: str) -> None:
    """What the step before found wrong. Raises AnswerFault."""
    if not said:
        return
    try:
        fault, detail = signing.loads(said, salt=FAULT_SALT, max_age=FAULT_SECONDS)
    except signing.BadSignature as error:
        raise AnswerFault(Fault.NOT_WAITED_FOR, "no such fault") from error
    raise AnswerFault(Fault(fault), detail)


def _named_connection(state: str) -> SignInConnection | None:
    named, _, _ = state.partition(".")
    if not (named.isascii() and named.isdigit()) or len(named) > 17:
        return None
    return SignInConnection.objects.filter(pk=int(named)).first()


def _require_issuer(
    request: HttpRequest,
    connection: SignInConnection,
) -> None:
    """RFC 9207: an answer that says who it is from must say the right one."""
    said = request.GET.get("iss")
    if said is not None and said != connection.issuer:
        raise AnswerFault(Fault.OTHER_ISSUER, "iss")


def _safe_next(request: HttpRequest) -> str | None:
    # It comes back after the provider, when nobody remembers who wrote it.
    asked = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if asked.startswith("/") and is_ours else None


def _page(answer: Any) -> HttpResponseBase:
    page: HttpResponseBase = answer
    return page
