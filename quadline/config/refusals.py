"""What is said in the event loop, before or instead of Django: in the form of the door
that was asked.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.template.loader import render_to_string

from quadline.api import problems
from quadline.college.current import known_settings
from quadline.web.headers import CONTENT_SECURITY_POLICY

AsgiScope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
App = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

RETRY_AFTER_SECONDS = 10
CLOSE = (b"connection", b"close")
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


async def refuse(
    scope: AsgiScope,
    send: Send,
    status: int,
    words: str,
    *,
    closes: bool = False,
) -> None:
    """Answer with plain words, or without any with the door's own; 500 and 503 are a
    page where people come.
    """
    is_passing = status == 503
    content_type, content = _content(scope, status, words)
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    ]
    if is_passing:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    if closes:
        headers.append(CLOSE)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": headers,
        }
    )
    await send({"type": "http.response.body", "body": content})


def _content(
    scope: AsgiScope,
    status: int,
    words: str,
) -> tuple[str, bytes]:
    path = scope["path"]
    if path.startswith(problems.ROOT):
        problem = problems.problem_response(status, words)
        return problems.MEDIA_TYPE, problem.content
    is_seen_by_people = not path.startswith(("/webhooks/", "/mail/"))
    if status in (500, 503) and is_seen_by_people:
        # before `quadline prepare` the page has no styles to name
        with suppress(ValueError):
            return HTML, refusal_page(status, known_settings().college_name)
    said = words or HTTPStatus(status).phrase
    return TEXT, said.encode()


# the college's name may change while the process runs
@lru_cache(maxsize=8)
def refusal_page(status: int, college: str) -> bytes:
    """Without a request: what every page shows around its own content is
    in the database.
    """
    return render_to_string(f"{status}.html", {"college": college}).encode()
