"""Whether the carrier can call us: what PUBLIC_URL must be. The question itself is the
caller's, so nothing here opens a connection.
"""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from quadline.setup.rules import LineState, SetupLine

ALIVE = "ok"  # what web/health.py answers
CHANGE_IT = "Change PUBLIC_URL in the settings, and restart web and worker."
LOCAL_NAMES = ("localhost",)
LOCAL_ENDINGS = (".local", ".internal", ".lan", ".localhost")


def address_line(url: str, *, answer_of: Callable[[str], str]) -> SetupLine:
    """``answer_of``: what answers at an address of ours; "" for nothing.

    That it answers us does not prove that the carrier gets through: the code that comes
    in does.
    """
    if why := why_unreachable(url):
        return _line(LineState.WRONG, why, CHANGE_IT)
    if answer_of(url) != ALIVE:
        return _line(
            LineState.WRONG,
            f"Quadline does not answer at {url}.",
            "Look at the name's DNS entry, the proxy in front and its certificate.",
        )
    return _line(LineState.OK, f"Quadline answers at {url}.")


def why_unreachable(url: str) -> str:
    """Why nobody outside can call this address; "" when nothing is known against it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOCAL_NAMES or host.endswith(LOCAL_ENDINGS) or _is_inside(host):
        return f"{url} is an address of this machine or network: Twilio can't call it."
    # Twilio would call it; what students write would cross the internet open.
    if parts.scheme != "https":
        return f"{url} has no HTTPS: what students write would cross the internet open."
    return ""


def _is_inside(host: str) -> bool:
    try:
        # Private, loopback, link-local and reserved ones (RFC 6890).
        return not ip_address(host).is_global
    except ValueError:
        return False


def _line(state: LineState, words: str, todo: str = "") -> SetupLine:
    return SetupLine("address", "Public address", state, words, todo)
