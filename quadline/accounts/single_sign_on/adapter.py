"""allauth's door for people who come from the identity provider."""

import secrets
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from quadline.accounts.single_sign_on import testing
from quadline.accounts.single_sign_on.faults import (
    ANSWER_FAULT_WORDS,
    REFUSAL_WORDS,
    AnswerFault,
    Fault,
)
from quadline.accounts.single_sign_on.models import (
    SignInConnection,
    current_policy,
    live_connection,
)

REFUSED_PAGE = "account/campus_refused.html"


class CampusAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Nobody signs up: accounts are made by ``admit_person`` or not at all."""

    def get_requests_session(self) -> Any:
        from quadline.accounts.single_sign_on.bounded_http import BoundedSession

        return BoundedSession()

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Any:
        """allauth asks for it after a step in between. Raises ValueError when campus
        sign-in was switched off or over meanwhile: they start again.
        """
        from quadline.accounts.single_sign_on import campus_saml, openid

        live = live_connection()
        if live and live.is_saml and provider == campus_saml.CampusSaml.id:
            return campus_saml.saml_provider(live, request)
        if live and not live.is_saml and provider == openid.CampusOpenID.id:
            return openid.openid_provider(live, request)
        raise ValueError("this provider is live no more")

    def is_open_for_signup(
        self,
        request: HttpRequest,
        sociallogin: Any,
    ) -> bool:
        return False

    def generate_state_param(self, state: dict[str, Any]) -> str:
        """It says which connection it belongs to, so that the answer is looked at with
        that one's keys; the session proves it.
        """
        return f"{state['connection']}.{secrets.token_urlsafe(24)}"

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """The answer is valid. Whose account it opens is for the college's rules."""
        from quadline.accounts.single_sign_on.admitting import (
            NotAdmitted,
            admit_person,
            tell_of_refusal,
        )

        try:
            connection = _asked_connection(sociallogin)
        except AnswerFault as fault:
            raise ImmediateHttpResponse(refused(request, fault)) from fault
        if sociallogin.state.get("test_by"):
            raise ImmediateHttpResponse(_tested(request, sociallogin, connection))
        try:
            user = admit_person(sociallogin.identity, connection)
        except NotAdmitted as refusal:
            tell_of_refusal(refusal, sociallogin.identity)
            words = REFUSAL_WORDS[refusal.refusal]
            response = render(request, REFUSED_PAGE, {"words": words}, status=403)
            raise ImmediateHttpResponse(response) from refusal
        sociallogin.user = user
        # It would wait in the session meanwhile, and nobody uses it.
        sociallogin.token = None
        # The state alone outlives a step in between, such as a second factor.
        sociallogin.state["campus"] = _session_of(sociallogin, connection)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        said = request.GET.get("error_description", "")
        fault = _fault_of(error, exception, extra_context or {}, said)
        raise ImmediateHttpResponse(refused(request, fault))


def refused(
    request: HttpRequest,
    fault: AnswerFault,
) -> Any:
    """The page for an answer that opens nothing; an administrator who tests reads more
    of it where they came from.
    """
    import structlog

    structlog.get_logger(__name__).warning(
        "campus sign-in failed", fault=fault.fault.value, detail=fault.detail[:300]
    )
    words = ANSWER_FAULT_WORDS[fault.fault]
    if testing.is_testing(request):
        testing.note_fault(request, words, fault.detail)
        return HttpResponseRedirect(reverse("manage_sign_in"))
    status = 503 if fault.fault == Fault.AWAY else 403
    return render(request, REFUSED_PAGE, {"words": words}, status=status)


def _asked_connection(sociallogin: Any) -> SignInConnection:
    """The one that this browser asked. Raises AnswerFault."""
    state = sociallogin.state
    connection: SignInConnection = sociallogin.provider.connection
    if state.get("connection") != connection.pk:
        raise AnswerFault(Fault.NOT_WAITED_FOR, "another connection")
    nonce = state.get("nonce")
    # In SAML the id of the request is what ties an answer to it.
    if not connection.is_saml and not (
        nonce and constant_time_compare(nonce, str(sociallogin.nonce))
    ):
        raise AnswerFault(Fault.NOT_WAITED_FOR, "another nonce")
    if not connection.is_live and not state.get("test_by"):
        raise AnswerFault(Fault.NOT_WAITED_FOR, "the connection was replaced")
    return connection


def _session_of(sociallogin: Any, connection: SignInConnection) -> dict[str, Any]:
    """Kept while they are signed in: the connection may be another one by the end."""
    return {
        "provider": connection.issuer,
        "end": connection.described.get("end_session_endpoint", ""),
        "client_id": connection.client_id,
        "token": getattr(sociallogin, "identity_token", ""),
        "is_trusted": current_policy().trusts_second_factor,
    }


def _tested(
    request: HttpRequest,
    sociallogin: Any,
    connection: SignInConnection,
) -> HttpResponseRedirect:
    if sociallogin.state["test_by"] == request.user.pk:
        testing.note_success(request, sociallogin.identity, connection)
    return HttpResponseRedirect(reverse("manage_sign_in"))


def _fault_of(
    error: Any,
    exception: Exception | None,
    context: dict[str, Any],
    said: str,
) -> AnswerFault:
    if isinstance(exception, AnswerFault):
        return exception
    if error == "cancelled":
        return AnswerFault(Fault.CANCELLED, said)
    if exception is not None:
        from quadline.accounts.single_sign_on.bounded_http import is_away

        detail = f"{type(exception).__name__}: {exception}"
        return AnswerFault(Fault.AWAY if is_away(exception) else Fault.REFUSED, detail)
    if context.get("state") is None:
        return AnswerFault(Fault.NOT_WAITED_FOR, "no such state")
    return AnswerFault(Fault.REFUSED, said or "an error without words")
