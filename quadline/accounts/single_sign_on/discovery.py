"""What an OpenID Connect provider says of itself, asked live."""

import json
from typing import Any

# Without them nobody can be sent there, asked about, or believed.
NEEDED_FIELDS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# The rest of the document is not ours to keep: it may be long.
KEPT_FIELDS = (
    "issuer",
    *NEEDED_FIELDS,
    "userinfo_endpoint",
    "end_session_endpoint",
    "token_endpoint_auth_methods_supported",
)
WELL_KNOWN = "/.well-known/openid-configuration"


class NotFound(ValueError):
    """There is no such provider, or it cannot be used; the message says why."""


def discover(issuer: str) -> dict[str, Any]:
    """Its endpoints. OpenID Connect Discovery 1.0, 4.3: the issuer must be the very
    one that was asked for. Raises NotFound.
    """
    from quadline.accounts.single_sign_on.bounded_http import (
        NotAsked,
        fetch,
        require_safe,
    )

    address = f"{issuer.rstrip('/')}{WELL_KNOWN}"
    try:
        described = _checked(json.loads(fetch(address)), issuer)
        for name, value in described.items():
            if name.endswith(("_endpoint", "_uri")):
                require_safe(value)
    except NotFound:
        raise
    except NotAsked as error:
        raise NotFound(str(error)) from error
    except ValueError as error:
        raise NotFound(f"What {address} says is not JSON.") from error
    return described


def _checked(found: Any, issuer: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise NotFound("What it says is not a description of a provider.")
    if found.get("issuer") != issuer:
        said = str(found.get("issuer"))[:200]
        raise NotFound(
            f"It calls itself {said}. Enter exactly that as the issuer; for Entra ID,"
            " use the address with your own tenant’s id, not “common”."
        )
    missing = [name for name in NEEDED_FIELDS if not isinstance(found.get(name), str)]
    if missing:
        raise NotFound(f"It does not say its {', '.join(missing)}.")
    return {name: found[name] for name in KEPT_FIELDS if name in found}
