"""Lists in pages, in the two shapes that Twilio has."""

from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from quadline.simulator.api.calls import ApiCall

_DEFAULT_SIZE = 50
_PAGING = {"Page", "PageSize", "PageToken"}


def page_size(call: ApiCall) -> int:
    text = call.get("PageSize")
    return max(1, min(1000, int(text))) if text.isdigit() else _DEFAULT_SIZE


def page_number(call: ApiCall) -> int:
    text = call.get("Page")
    return int(text) if text.isdigit() else 0


def classic_page(
    call: ApiCall,
    key: str,
    items: list[dict[str, Any]],
    *,
    next_token: str | None,
) -> dict[str, Any]:
    """The 2010 API's page: relative URIs beside the list."""
    number, size = page_number(call), page_size(call)
    path = call.request.url.path
    kept = [(name, value) for name, value in call.pairs if name not in _PAGING]

    def uri(page: int, token: str | None) -> str:
        extra = [("PageSize", str(size)), ("Page", str(page))]
        return f"{path}?{urlencode(kept + extra + ([('PageToken', token)] if token else []))}"

    return {
        key: items,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(0, len(items) - 1),
        "first_page_uri": uri(0, None),
        "next_page_uri": uri(number + 1, next_token) if next_token else None,
        "previous_page_uri": uri(number - 1, None) if number > 0 else None,
        "uri": f"{path}?{call.request.url.query}" if call.request.url.query else path,
    }


def modern_page(
    call: ApiCall, key: str, items: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    """The page of the newer APIs: absolute URLs in `meta`."""
    number, size = page_number(call), page_size(call)
    shown = list(islice(items, number * size, (number + 1) * size + 1))
    base = f"{base_url(call)}{call.request.url.path}"

    def url(page: int) -> str:
        return f"{base}?PageSize={size}&Page={page}"

    return {
        key: shown[:size],
        "meta": {
            "page": number,
            "page_size": size,
            "first_page_url": url(0),
            "previous_page_url": url(number - 1) if number > 0 else None,
            "url": url(number),
            "next_page_url": url(number + 1) if len(shown) > size else None,
            "key": key,
        },
    }


def base_url(call: ApiCall) -> str:
    return (
        f"{call.request.url.scheme}://{call.request.headers.get('host', '127.0.0.1')}"
    )
