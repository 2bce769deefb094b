"""allauth's SAML provider, with our one connection and our own reading of answers."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from quadline.accounts.models import User
from quadline.accounts.single_sign_on.faults import AnswerFault, Fault
from quadline.accounts.single_sign_on.models import SignInConnection
from quadline.accounts.single_sign_on.rules import CampusIdentity
from quadline.accounts.single_sign_on.saml import ask_url


class CampusSaml(SAMLProvider):  # type: ignore[misc]  # allauth is untyped
    connection: SignInConnection

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kept: Any,
    ) -> HttpResponse:
        url, request_id = ask_url(self.connection)
        self.stash_redirect_state(
            request, process, next_url, data, state_id=request_id, **kept
        )
        return HttpResponseRedirect(url)


def saml_provider(connection: SignInConnection, request: HttpRequest) -> CampusSaml:
    # allauth asks for one; what we know of the provider is in the connection.
    app = SocialApp(
        provider=CampusSaml.id,
        provider_id=connection.provider_id,
        name="Campus account",
        client_id="campus",
    )
    provider = CampusSaml(request, app=app)
    provider.connection = connection
    return provider


def login_of(
    request: HttpRequest,
    connection: SignInConnection,
    kept: dict[str, Any],
) -> SocialLogin:
    """A verified answer that this browser asked for, once. Raises AnswerFault."""
    provider = saml_provider(connection, request)
    try:
        state = provider.unstash_redirect_state(request, kept["request_id"])
    except (PermissionDenied, ImmediateHttpResponse) as error:
        raise AnswerFault(Fault.NOT_WAITED_FOR, "nobody asked for it") from error
    identity = CampusIdentity(**kept["identity"])
    account = SocialAccount(provider=connection.provider_id, uid=identity.subject)
    login = SocialLogin(user=User(), account=account, provider=provider)
    login.state = state
    login.identity = identity
    return login
