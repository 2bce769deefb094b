"""allauth's OpenID Connect, held to the college's one provider: the identity token is
always there, signed, ours, in time and asked for just now.
"""

import secrets
from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.openid_connect.provider import (
    OpenIDConnectProvider,
)
from allauth.socialaccount.providers.openid_connect.views import (
    OpenIDConnectOAuth2Adapter,
)
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from quadline.accounts.single_sign_on.faults import AnswerFault, Fault
from quadline.accounts.single_sign_on.models import MAX_SUBJECT_ID, SignInConnection
from quadline.accounts.single_sign_on.rules import CampusIdentity
from quadline.accounts.single_sign_on.sealing import SealBroken, unseal

# Those of a key pair: with a shared secret, or none, anybody could sign.
ALGORITHMS = [
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
    "EdDSA",
]
# Servers without NTP drift by minutes; a token lives for five or more.
CLOCK_SKEW_SECONDS = 120
GOOGLE = "https://accounts.google.com"
TOKEN_FAULTS: tuple[tuple[type[Exception], Fault], ...] = (
    (jwt.ExpiredSignatureError, Fault.EXPIRED),
    (jwt.ImmatureSignatureError, Fault.NOT_YET_VALID),
    (jwt.InvalidAudienceError, Fault.OTHER_AUDIENCE),
    (jwt.InvalidIssuerError, Fault.OTHER_ISSUER),
    (jwt.InvalidSignatureError, Fault.OTHER_KEY),
    (jwt.InvalidAlgorithmError, Fault.OTHER_KEY),
    (jwt.InvalidKeyError, Fault.OTHER_KEY),
)


class CampusOpenIDAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is untyped
    def __init__(self, request: HttpRequest, connection: SignInConnection) -> None:
        super().__init__(request, connection.provider_id)
        self.connection = connection

    def get_provider(self) -> "CampusOpenID":
        return openid_provider(self.connection, self.request)

    @property
    def openid_config(self) -> dict[str, Any]:
        """As it was when an administrator saved it: nobody who starts a sign-in makes
        the server ask.
        """
        return dict(self.connection.described)

    def get_callback_url(
        self,
        request: HttpRequest,
        app: SocialApp,
    ) -> str:
        """Never from the Host header."""
        return f"{settings.PUBLIC_URL}{reverse('account_campus_return')}"

    def complete_login(
        self,
        request: HttpRequest,
        app: SocialApp,
        token: Any,
        **kwargs: Any,
    ) -> SocialLogin:
        answer = kwargs["response"]
        said = self._identity_token(answer.get("id_token"))
        claims = {**self._more_of(said, token.token), **said}
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.identity = identity_of(claims, self.connection)
        login.nonce = said.get("nonce")
        login.identity_token = answer["id_token"]
        return login

    def _identity_token(
        self,
        written: Any,
    ) -> dict[str, Any]:
        """allauth takes the token without its signature, as OpenID Connect Core
        3.1.3.7 allows where TLS proves who sent it. A proxy may end TLS; a signature
        costs one more question.
        """
        if not isinstance(written, str):
            raise AnswerFault(Fault.UNREADABLE, "no identity token")
        try:
            said: dict[str, Any] = jwt.decode(
                written,
                key=self._key_of(written),
                algorithms=ALGORITHMS,
                audience=self.connection.client_id,
                issuer=self.connection.issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            kinds = (fault for kind, fault in TOKEN_FAULTS if isinstance(error, kind))
            raise AnswerFault(next(kinds, Fault.UNREADABLE), str(error)) from error
        self._require_party(said)
        if not 0 < len(str(said["sub"])) <= MAX_SUBJECT_ID:
            raise AnswerFault(Fault.NO_SUBJECT, f"over {MAX_SUBJECT_ID} characters")
        return said

    def _require_party(
        self,
        said: Mapping[str, Any],
    ) -> None:
        """OpenID Connect Core 3.1.3.7, 3 to 5: for several, it names us as the one
        that asked.
        """
        audience = said["aud"]
        is_for_several = isinstance(audience, list) and len(audience) > 1
        if not is_for_several and "azp" not in said:
            return
        if said.get("azp") != self.connection.client_id:
            raise AnswerFault(Fault.OTHER_AUDIENCE, "azp")

    def _key_of(self, written: str) -> Any:
        header = jwt.get_unverified_header(written)
        # Before any key is fetched for it: jwt.decode would say so, too.
        if header.get("alg") not in ALGORITHMS:
            raise AnswerFault(Fault.OTHER_KEY, f"alg {header.get('alg')!r}")
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
        answer.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        named = [key for key in keys if key.key_id == header.get("kid")]
        # RFC 7515, 4.1.4: the name is optional; a provider of one key may leave it out.
        if header.get("kid") is None and len(keys) == 1:
            named = keys
        if not named:
            raise AnswerFault(Fault.OTHER_KEY, "no key of this name")
        return named[0].key

    def _more_of(self, said: Mapping[str, Any], access_token: str) -> dict[str, Any]:
        """What the provider says beside the token; of the same person only (5.3.2)."""
        if "userinfo_endpoint" not in self.openid_config:
            return {}
        more: dict[str, Any] = self._fetch_user_info(access_token)
        if more.get("sub") != said["sub"]:
            raise AnswerFault(Fault.UNREADABLE, "userinfo is of another person")
        if "email" in said and more.get("email") != said["email"]:
            # That one was verified says nothing of the other.
            more.pop("email_verified", None)
        return more


class CampusOpenID(OpenIDConnectProvider):  # type: ignore[misc]  # allauth is untyped
    connection: SignInConnection

    def get_oauth2_adapter(self, request: HttpRequest) -> CampusOpenIDAdapter:
        return CampusOpenIDAdapter(request, self.connection)

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kept: Any,
    ) -> HttpResponse:
        nonce = secrets.token_urlsafe(24)
        asked: dict[str, str] = {**self.get_auth_params(), "nonce": nonce}
        response: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params=asked, nonce=nonce, **kept
        )
        return response

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        return {}  # nothing of it is kept

    def extract_email_addresses(
        self,
        data: Any,
    ) -> list[Any]:
        return []


def openid_provider(connection: SignInConnection, request: HttpRequest) -> CampusOpenID:
    """Raises AnswerFault when the secret was sealed with another SECRET_KEY."""
    try:
        secret = unseal(connection.sealed_secret)
    except SealBroken as error:
        raise AnswerFault(Fault.SEAL_BROKEN) from error
    # Never saved: allauth's table would hold the secret as it is.
    app = SocialApp(
        provider=CampusOpenID.id,
        provider_id=connection.provider_id,
        name="Campus account",
        client_id=connection.client_id,
        secret=secret,
        settings={"server_url": connection.issuer, "oauth_pkce_enabled": True},
    )
    provider = CampusOpenID(request, app=app)
    provider.connection = connection
    return provider


def identity_of(
    claims: Mapping[str, Any],
    connection: SignInConnection,
) -> CampusIdentity:
    name = claims.get("name") or " ".join(
        str(claims.get(part) or "") for part in ("given_name", "family_name")
    )
    email = claims.get("email")
    return CampusIdentity(
        subject=str(claims["sub"]),
        email=email.strip().lower() if isinstance(email, str) else "",
        email_verified=_is_verified(claims, connection),
        is_vouched_for=connection.is_vouched_for,
        name=str(name).strip(),
        claims={claim: values_of(value) for claim, value in claims.items()},
    )


def _is_verified(
    claims: Mapping[str, Any], connection: SignInConnection
) -> bool | None:
    """Google verifies any address of any account; only ``hd`` says that its owner is
    the college (https://developers.google.com/identity/openid-connect/openid-connect,
    read December 2026).
    """
    said = claims.get("email_verified")
    if said is None:
        return None
    is_verified = said is True or said == "true"
    if connection.issuer == GOOGLE:
        domain = str(claims.get("email", "")).rpartition("@")[2].lower()
        return is_verified and str(claims.get("hd", "")).lower() == domain
    return is_verified


def values_of(value: Any) -> list[str]:
    given = value if isinstance(value, list) else [value]
    plain = [each for each in given if isinstance(each, str | int | bool)]
    return [
        str(each).lower() if isinstance(each, bool) else str(each) for each in plain
    ]
