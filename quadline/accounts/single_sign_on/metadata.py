"""An identity provider's SAML metadata: read within bounds, and what they come to."""

from datetime import datetime
from typing import Any

from quadline.accounts.single_sign_on.models import MAX_PROVIDER_ID

# One provider's are 20 kB; InCommon's, of all its members, 80 MB.
MAX_METADATA_BYTES = 500_000
NAMESPACE = "{urn:oasis:names:tc:SAML:2.0:metadata}"


class NotUsable(ValueError):
    """These are no metadata of one identity provider; the message says why."""


def fetch_metadata(url: str) -> str:
    """Raises NotUsable."""
    from quadline.accounts.single_sign_on.bounded_http import NotAsked, fetch

    try:
        return fetch(url).decode("utf-8-sig")
    except NotAsked as error:
        raise NotUsable(str(error)) from error
    except UnicodeDecodeError as error:
        raise NotUsable("What is at this address is not text.") from error


def read_metadata(written: str) -> dict[str, Any]:
    """``entity_id``, ``sso_url`` and ``certificates`` (base64). Raises NotUsable."""
    from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

    _require_one_provider(written)
    try:
        found = OneLogin_Saml2_IdPMetadataParser.parse(written.encode())
    except Exception as error:
        # It trusts what it reads: a key without a certificate is an AttributeError.
        raise NotUsable("These metadata cannot be read.") from error
    provider = found.get("idp", {})
    sso_url = provider.get("singleSignOnService", {}).get("url", "")
    certificates = _certificates_in(provider)
    if not provider.get("entityId") or not sso_url:
        raise NotUsable(
            "These metadata name no sign-in address by HTTP-Redirect. Quadline needs"
            " one."
        )
    if len(provider["entityId"]) > MAX_PROVIDER_ID:
        raise NotUsable(f"The entity id is over {MAX_PROVIDER_ID} characters.")
    if not certificates:
        raise NotUsable("These metadata hold no certificate for signatures.")
    _require_safe_url(sso_url)
    for certificate in certificates:
        expiry_of(certificate)
    return {
        "entity_id": provider["entityId"],
        "sso_url": sso_url,
        "certificates": certificates,
    }


def expiry_of(certificate: str) -> datetime:
    """Until when a certificate (base64 without its frame) says that it is good.

    Raises NotUsable.
    """
    import base64

    from cryptography import x509

    try:
        read = x509.load_der_x509_certificate(base64.b64decode(certificate))
        return read.not_valid_after_utc
    except ValueError as error:
        raise NotUsable("A certificate in these metadata cannot be read.") from error


def _require_one_provider(written: str) -> None:
    from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

    if len(written) > MAX_METADATA_BYTES:
        raise NotUsable(
            "These are the metadata of a whole federation, or too large. Use those of"
            " your own provider alone."
        )
    if "<!DOCTYPE" in written or "<!ENTITY" in written or "\x00" in written:
        raise NotUsable("Metadata with a document type are not read.")
    try:
        root = OneLogin_Saml2_XML.to_etree(written.encode())
    except Exception as error:  # of lxml, and the library's own
        raise NotUsable("This is not XML. Paste the whole file.") from error
    providers = root.findall(f".//{NAMESPACE}IDPSSODescriptor")
    if len(providers) != 1:
        raise NotUsable(
            f"These metadata describe {len(providers)} identity providers. Use those of"
            " your own provider alone."
        )


def _certificates_in(provider: dict[str, Any]) -> list[str]:
    several = provider.get("x509certMulti", {}).get("signing", [])
    one = provider.get("x509cert")
    found = several or ([one] if one else [])
    return ["".join(each.split()) for each in found]


def _require_safe_url(url: str) -> None:
    from quadline.accounts.single_sign_on.bounded_http import NotAsked, require_safe

    try:
        require_safe(url)
    except NotAsked as error:
        raise NotUsable(str(error)) from error
