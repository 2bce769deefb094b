"""Who may ask the simulator anything: programs on this machine, and its own page.

Its token is published and its control API has none. So another machine is refused; so
is a name that a foreign page made point here (DNS rebinding), and a form or script of
another site in a browser on this machine.
"""

import re
from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = re.compile(r"127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3}")
HOST = re.compile(r"(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)
READING = frozenset({"GET", "HEAD"})
OWN_SITE = ("same-origin", "none")
ELSEWHERE = "Only from this machine."


def is_loopback(host: str) -> bool:
    """Whether this is an address or a name of this machine itself."""
    return host == "localhost" or LOOPBACK.fullmatch(host) is not None


class Gate:
    """In front of the whole app: the API, the control API and the screens."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if scope["type"] == "http" and (refusal := _refusal(scope)):
            await PlainTextResponse(refusal, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _refusal(scope: Scope) -> str:
    client = (scope.get("client") or ("", 0))[0]
    if not is_loopback(client):
        return ELSEWHERE
    # A foreign name that was made to point here is still in Host.
    hosts = _all(scope, b"host")
    if len(hosts) != 1 or not HOST.fullmatch(hosts[0]):
        return "Only under the name of this machine, such as 127.0.0.1."
    if _is_cross_site(scope, hosts[0]):
        return "Not from a page of another site."
    return ""


def _is_cross_site(scope: Scope, host: str) -> bool:
    """Browsers say where a request comes from (Fetch Metadata), older ones only for
    what may change something.
    """
    own_origin = f"http://{host.lower()}"
    origins = _all(scope, b"origin")
    if any(origin.lower() != own_origin for origin in origins):
        return True
    sites = _all(scope, b"sec-fetch-site")
    is_foreign = any(site not in OWN_SITE for site in sites)
    # A page of another site may link here: that shows a page, and changes nothing.
    is_navigation = _all(scope, b"sec-fetch-mode") == ["navigate"]
    is_a_link = is_navigation and scope["method"] in READING
    return is_foreign and not is_a_link


def _all(scope: Scope, wanted: bytes) -> list[str]:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    found = [value for name, value in headers if name == wanted]
    return [value.decode("latin-1") for value in found]
