"""SAML 2.0 through python3-saml, with the checks that it leaves to its callers."""

import base64
import binascii
from typing import Any

from django.conf import settings
from django.urls import reverse

from quadline.accounts.single_sign_on.faults import AnswerFault, Fault
from quadline.accounts.single_sign_on.models import MAX_SUBJECT_ID, SignInConnection
from quadline.accounts.single_sign_on.rules import CampusIdentity
from quadline.accounts.single_sign_on.sealing import SealBroken, unseal

MAX_SAML_BYTES = 256_000  # a person in a thousand groups has half of it
# Our request is short and fits into an address; the answer does not.
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
# A new name at each sign-in, by design: it identifies nobody.
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
SCHEMAS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
# Each never given to another person, the strongest first.
SUBJECT_CLAIMS = (
    "urn:oasis:names:tc:SAML:attribute:subject-id",
    "urn:oasis:names:tc:SAML:attribute:pairwise-id",
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.13",  # eduPersonUniqueId
)
# As Shibboleth, Entra ID and Google name them, in this order.
EMAIL_CLAIMS = (
    "urn:oid:0.9.2342.19200300.100.1.3",
    f"{SCHEMAS}/emailaddress",
    "mail",
    "email",
)
NAME_CLAIMS = (
    "urn:oid:2.16.840.1.113730.3.1.241",
    "displayName",
    "name",
    f"{SCHEMAS}/name",
)
GIVEN = ("urn:oid:2.5.4.42", f"{SCHEMAS}/givenname", "givenName", "firstName")
FAMILY = ("urn:oid:2.5.4.4", f"{SCHEMAS}/surname", "sn", "lastName")


def our_entity_id() -> str:
    return f"{settings.PUBLIC_URL}{reverse('account_campus_metadata')}"


def our_acs_url() -> str:
    return f"{settings.PUBLIC_URL}{reverse('account_campus_acs')}"


def our_metadata(connection: SignInConnection | None) -> bytes:
    """What an identity provider needs to know of us, as XML."""
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    ours = OneLogin_Saml2_Settings(_settings_of(connection), sp_validation_only=True)
    written = ours.get_sp_metadata()
    return written if isinstance(written, bytes) else written.encode()


def ask_url(connection: SignInConnection) -> tuple[str, str]:
    """Where the browser goes to sign in, and the id of the request it brings."""
    from onelogin.saml2.auth import OneLogin_Saml2_Auth

    auth = OneLogin_Saml2_Auth(_arrived(""), _settings_of(connection))
    url = auth.login(return_to="")
    return str(url), str(auth.get_last_request_id())


def verify(connection: SignInConnection, posted: str) -> tuple[str, CampusIdentity]:
    """The id of the request that it answers, and whom it is about.

    ``posted``: base64, from anybody. Raises AnswerFault.
    """
    from onelogin.saml2.errors import (
        OneLogin_Saml2_Error,
        OneLogin_Saml2_ValidationError,
    )
    from onelogin.saml2.response import OneLogin_Saml2_Response
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    require_plain_xml(posted)
    known = OneLogin_Saml2_Settings(_settings_of(connection))
    try:
        answer = OneLogin_Saml2_Response(known, posted)
        answer.is_valid(_arrived(posted), raise_exceptions=True)
    except OneLogin_Saml2_ValidationError as error:
        raise AnswerFault(_fault_of(error, posted), str(error)) from error
    except OneLogin_Saml2_Error as error:
        raise AnswerFault(Fault.UNREADABLE, str(error)) from error
    except Exception as error:  # lxml, xmlsec and the library's own parser
        raise AnswerFault(Fault.UNREADABLE, type(error).__name__) from error
    request_id = _require_ours(answer)
    return request_id, _identity_of(answer, connection)


def require_plain_xml(posted: str) -> None:
    """Looked at before anything parses it: bounded, and no document type.

    The library's parser refuses entities, too, but only when it has read them.
    """
    if len(posted) > MAX_SAML_BYTES * 4 // 3:
        raise AnswerFault(Fault.UNREADABLE, f"over {MAX_SAML_BYTES:,} bytes")
    try:
        written = base64.b64decode(posted, validate=False)
    except (binascii.Error, ValueError) as error:
        raise AnswerFault(Fault.UNREADABLE, "not base64") from error
    # Before the parser: it would refuse them, but not before it has read them.
    # In UTF-16 or the like the words below would hide.
    if b"\x00" in written or b"<!DOCTYPE" in written or b"<!ENTITY" in written:
        raise AnswerFault(Fault.UNREADABLE, "a document type")


def issuer_of(posted: str) -> str:
    """Who it says it is from; not proved. "" when it does not say."""
    from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

    require_plain_xml(posted)
    try:
        root = OneLogin_Saml2_XML.to_etree(base64.b64decode(posted))
    except Exception as error:
        raise AnswerFault(Fault.UNREADABLE, type(error).__name__) from error
    found = root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
    if found is None:
        found = root.find(".//{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
    return str(found.text or "").strip() if found is not None else ""


def _require_ours(answer: Any) -> str:
    """python3-saml lets three things pass that a signature does not cover or that need
    not be there: the InResponseTo of the envelope, a missing audience, and a recipient
    that merely begins with ours.
    """
    if our_entity_id() not in answer.get_audiences():
        raise AnswerFault(Fault.OTHER_AUDIENCE, "no audience")
    # Private to python3-saml, but the one query that goes to signed elements only.
    confirmations = answer._query_assertion(
        "/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"
    )
    ours = [each for each in confirmations if each.get("Recipient") == our_acs_url()]
    asked = {each.get("InResponseTo") for each in ours}
    if not ours:
        raise AnswerFault(Fault.OTHER_AUDIENCE, "another recipient")
    if len(asked) != 1 or not (request_id := asked.pop()):
        raise AnswerFault(Fault.NOT_WAITED_FOR, "nobody asked for it")
    if answer.get_in_response_to() not in (None, request_id):
        raise AnswerFault(Fault.NOT_WAITED_FOR, "two requests")
    return str(request_id)


def _identity_of(answer: Any, connection: SignInConnection) -> CampusIdentity:
    claims: dict[str, list[str]] = {}
    for given in (answer.get_friendlyname_attributes(), answer.get_attributes()):
        for name, values in given.items():
            claims[name] = [str(each) for each in values if isinstance(each, str)]
    name_id, name_format = answer.get_nameid(), answer.get_nameid_format()
    lasting = name_id if name_id and name_format != TRANSIENT else ""
    subject = _first(claims, SUBJECT_CLAIMS) or lasting
    if not subject:
        raise AnswerFault(Fault.NO_SUBJECT, "a transient NameID and no subject-id")
    if len(subject) > MAX_SUBJECT_ID:
        raise AnswerFault(Fault.NO_SUBJECT, f"over {MAX_SUBJECT_ID} characters")
    by_name_id = lasting if name_format == EMAIL_FORMAT else ""
    parts = (_first(claims, GIVEN), _first(claims, FAMILY))
    return CampusIdentity(
        subject=subject,
        email=(_first(claims, EMAIL_CLAIMS) or by_name_id).strip().lower(),
        email_verified=None,  # SAML has no word for it
        is_vouched_for=connection.is_vouched_for,
        name=" ".join(part for part in parts if part) or _first(claims, NAME_CLAIMS),
        claims=claims,
    )


def _first(claims: dict[str, list[str]], names: tuple[str, ...]) -> str:
    for name in names:
        if claims.get(name):
            return claims[name][0].strip()
    return ""


def _fault_of(error: Any, posted: str) -> Fault:
    from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as Kind

    known = {
        Kind.WRONG_AUDIENCE: Fault.OTHER_AUDIENCE,
        Kind.WRONG_DESTINATION: Fault.OTHER_AUDIENCE,
        Kind.WRONG_SUBJECTCONFIRMATION: Fault.EXPIRED,
        Kind.WRONG_ISSUER: Fault.OTHER_ISSUER,
        Kind.INVALID_SIGNATURE: Fault.OTHER_KEY,
        Kind.NO_SIGNATURE_FOUND: Fault.OTHER_KEY,
        Kind.ASSERTION_EXPIRED: Fault.EXPIRED,
        Kind.SESSION_EXPIRED: Fault.EXPIRED,
        Kind.ASSERTION_TOO_EARLY: Fault.NOT_YET_VALID,
    }
    if error.code == Kind.STATUS_CODE_IS_NOT_SUCCESS:
        # SAML Core 3.2.2.2: what a provider says when somebody presses Cancel.
        is_cancelled = b"status:AuthnFailed" in base64.b64decode(posted)
        return Fault.CANCELLED if is_cancelled else Fault.REFUSED
    return known.get(error.code, Fault.UNREADABLE)


def _arrived(posted: str) -> dict[str, Any]:
    """The request as python3-saml wants it; its address is ours by PUBLIC_URL, never by
    what the caller says.
    """
    _, _, rest = our_acs_url().partition("://")
    host, slash, path = rest.partition("/")
    return {
        "https": "on" if settings.IS_HTTPS else "off",
        "http_host": host,
        "script_name": slash + path,
        "path_info": "",
        "get_data": {},
        "post_data": {"SAMLResponse": posted},
    }


def _settings_of(connection: SignInConnection | None) -> dict[str, Any]:
    signs = bool(connection and connection.signs_requests)
    ours: dict[str, Any] = {
        "entityId": our_entity_id(),
        "assertionConsumerService": {"url": our_acs_url(), "binding": POST},
        "NameIDFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
    }
    if connection and signs:
        try:
            ours["privateKey"] = unseal(connection.sealed_key)
        except SealBroken as error:
            raise AnswerFault(Fault.SEAL_BROKEN) from error
        ours["x509cert"] = connection.our_certificate
    theirs: dict[str, Any] = {}
    if connection:
        theirs = {
            "entityId": connection.issuer,
            "singleSignOnService": {
                "url": connection.described["sso_url"],
                "binding": REDIRECT,
            },
            "x509certMulti": {"signing": connection.described["certificates"]},
        }
    return {
        "strict": True,
        "security": {
            "authnRequestsSigned": signs,
            "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True,
            "wantAttributeStatement": False,
            "wantNameId": False,
            "allowRepeatAttributeName": True,
            "allowSingleLabelDomains": not settings.IS_HTTPS,
            "signatureAlgorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "digestAlgorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
        },
        "sp": ours,
        "idp": theirs,
    }
