"""Lists in pages, in the two shapes that Twilio has."""

from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from quadline.simulator.api.calls import ApiCall

_DEFAULT_SIZE = 50  # Twilio's own, as is the largest
_LARGEST_SIZE = 1000
_PAGING = {"Page", "PageSize", "PageToken"}


def page_size(call: ApiCall) -> int:
    text = call.get("PageSize")
    if not text.isdigit():
        return _DEFAULT_SIZE
    return max(1, min(_LARGEST_SIZE, int(text)))


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
    number = page_number(call)
    size = page_size(call)
    start = number * size
    url = call.request.url
    kept = [(name, value) for name, value in call.pairs if name not in _PAGING]

    def uri(page: int, token: str | None) -> str:
        query = [*kept, ("PageSize", str(size)), ("Page", str(page))]
        if token:
            query.append(("PageToken", token))
        return f"{url.path}?{urlencode(query)}"

    return {
        key: items,
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(0, len(items) - 1),
        "first_page_uri": uri(0, None),
        "next_page_uri": uri(number + 1, next_token) if next_token else None,
        "previous_page_uri": uri(number - 1, None) if number > 0 else None,
        "uri": f"{url.path}?{url.query}" if url.query else url.path,
    }


def modern_page(
    call: ApiCall,
    key: str,
    items: Iterable[dict[str, Any]],
) -> dict[str, Any]:
    """The page of the newer APIs: absolute URLs in `meta`."""
    number = page_number(call)
    size = page_size(call)
    start = number * size
    # One item more than is shown tells whether there is another page.
    found = list(islice(items, start, start + size + 1))
    has_next = len(found) > size
    base = f"{base_url(call)}{call.request.url.path}"

    def url(page: int) -> str:
        return f"{base}?PageSize={size}&Page={page}"

    return {
        key: found[:size],
        "meta": {
            "page": number,
            "page_size": size,
            "first_page_url": url(0),
            "previous_page_url": url(number - 1) if number > 0 else None,
            "url": url(number),
            "next_page_url": url(number + 1) if has_next else None,
            "key": key,
        },
    }


def base_url(call: ApiCall) -> str:
    host = call.request.headers.get("host", "127.0.0.1")
    return f"{call.request.url.scheme}://{host}"
