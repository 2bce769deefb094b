"""Whether passkeys work at the address a page was opened at, and what a script needs to
ask for one.
"""

import ipaddress
import json
from typing import Any

from django.http import HttpRequest

NEEDS_A_NAME = (
    "Passkeys need an address with a name, not a number."
    " Open Quadline at {address} to use one."
)
NEEDS_HTTPS = "Passkeys need HTTPS, which this address does not have."


def why_no_passkeys(request: HttpRequest) -> str:
    """Why no browser offers a passkey here (WebAuthn Level 2, 5.1.3); "": it does."""
    host, _, port = request.get_host().partition(":")
    if _is_number(host):
        scheme = request.scheme
        return NEEDS_A_NAME.format(address=f"{scheme}://localhost:{port or 80}")
    if request.is_secure() or host == "localhost":
        return ""
    return NEEDS_HTTPS


def passkey_data(request: HttpRequest, options: Any) -> dict[str, Any]:
    return {
        "passkey_options": json.dumps(options),
        "why_no_passkeys": why_no_passkeys(request),
    }


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
