"""A form that ends early, or is not text, changes nothing: Django itself would accept
the part that came.

The length of a body is proved before (config/bodies.py); this is about what the body
says of its own end.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, HttpResponse

URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
BROKEN = (
    "This form did not arrive whole. Nothing was changed: go back and send it again."
)
UTF_8_LABELS = frozenset({"", "utf-8", "utf8"})
_CUT_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_FILE_NAME = re.compile(rb"^content-disposition:[^\r\n]*\bfilename\*?=", re.I | re.M)
FormView = Callable[[HttpRequest], HttpResponse]


def whole_forms_only(answer: FormView) -> FormView:
    def refuse_or_answer(request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and not _is_whole(request):
            return HttpResponse(
                BROKEN, status=400, content_type="text/plain; charset=utf-8"
            )
        return answer(request)

    return refuse_or_answer


def _is_whole(request: HttpRequest) -> bool:
    if request.content_type == URL_ENCODED:
        return _is_text(request)
    if request.content_type == MULTIPART:
        return _is_closed(request)
    return True


def _is_text(request: HttpRequest) -> bool:
    """UTF-8 to the last letter, and no escape cut in two."""
    named = (request.content_params or {}).get("charset", "")
    charset = named.strip("\"'").lower()
    if charset not in UTF_8_LABELS or _CUT_ESCAPE.search(request.body):
        return False
    return _is_utf_8(unquote_to_bytes(request.body))


def _is_closed(request: HttpRequest) -> bool:
    """RFC 2046, 5.1.1: the last boundary has two hyphens more,
    and stands on a line of its own.
    """
    named = (request.content_params or {}).get("boundary", "")
    if not named:
        return False
    last_line = b"\r\n--" + named.encode("latin-1", "replace") + b"--"
    # What follows the last boundary means nothing; a form of no fields begins with it.
    body = b"\r\n" + request.body.rstrip(b"\r\n\t ")
    if not body.endswith(last_line):
        return False
    # Mail services name the encoding of each field; files come there, and rosters, too.
    if request.path.startswith(("/mail/", "/manage/roster/")):
        return True
    parts = body.split(b"\r\n--" + named.encode("latin-1", "replace"))
    return all(_is_utf_8(part) for part in parts if not _is_file(part))


def _is_file(part: bytes) -> bool:
    """RFC 7578, 4.2: a file comes with its name, and in whatever bytes it has."""
    head, _, _ = part.partition(b"\r\n\r\n")
    return _FILE_NAME.search(head) is not None


def _is_utf_8(words: bytes) -> bool:
    try:
        words.decode()
    except UnicodeDecodeError:
        return False
    return True
