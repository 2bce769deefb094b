"""What a request may weigh: an email with its files where mail services call, a photo
where one is uploaded, a form everywhere else.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from quadline.accounts.photos import is_upload_key
from quadline.accounts.pictures import MAX_PICTURE_BYTES
from quadline.emails.limits import MAX_EMAIL_BYTES

MAX_FORM = 1_000_000  # bytes
# a photo, and what a form has around a file
MAX_PHOTO_FORM = MAX_PICTURE_BYTES + 10_000
PHOTO_PATH = "/me/photo/"
# files travel as base64; DATA_UPLOAD_MAX_MEMORY_SIZE is this
MAX_EMAIL_CALL = MAX_EMAIL_BYTES * 4 // 3 + 200_000
# Where a roster comes in, by a form or by a program. Whoever else writes there costs no
# more than the budget that all bodies share (config/body_budget.py).
MAX_ROSTER = MAX_EMAIL_CALL
ROSTER_PATHS = (
    "/manage/roster/upload/",
    "/manage/roster/mappings/new/",
    "/api/v1/rosters",
)
BODY_TOO_LARGE = (
    "Too large: {largest:,} bytes are the most that is read here. Nothing was changed."
)
View = Callable[[HttpRequest], HttpResponse]


def largest_body(path: str, authorization: str) -> int:
    """In bytes.

    A stranger, who does not know the mail service's secret or a key that was made for
    somebody signed in, brings no more there than elsewhere.
    """
    if path.startswith(PHOTO_PATH):
        key = path.removeprefix(PHOTO_PATH).rstrip("/")
        return MAX_PHOTO_FORM if is_upload_key(key) else MAX_FORM
    if path in ROSTER_PATHS:
        return MAX_ROSTER
    secret = settings.ENV.email_webhook_secret
    if not secret or not path.startswith("/mail/"):
        return MAX_FORM
    wanted = b"Basic " + b64encode(secret.encode())
    is_known = hmac.compare_digest(authorization.encode(), wanted)
    return MAX_EMAIL_CALL if is_known else MAX_FORM


def limit_sizes(answer: View) -> View:
    """The same in Django, where nothing in front of it has counted."""

    def refuse_or_answer(request: HttpRequest) -> HttpResponse:
        authorization = request.headers.get("Authorization", "")
        largest = largest_body(request.path, authorization)
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > largest:
            words = BODY_TOO_LARGE.format(largest=largest)
            return HttpResponse(words, status=413, content_type="text/plain")
        return answer(request)

    return refuse_or_answer
