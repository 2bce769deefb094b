"""A POST with an Idempotency-Key is done once: sent again, or ten times
at once, it is one act and one answer.
"""

import functools
import hashlib
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpResponse
from psycopg.errors import LockNotAvailable

from quadline import clock
from quadline.api.fields import ApiAnswer, ApiRequest
from quadline.api.models import KeptAnswer
from quadline.api.problems import ApiRefusal, problem_of
from quadline.jobs import job

IDEMPOTENCY_HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=48)
SAME_ACT_WAIT_SECONDS = (
    5  # for the same act under way; then the caller is told to come back
)
# The space of ids that are made from keys.
IDS = uuid.UUID("5e0f2ba1-6d0b-4d5a-9a5e-3f6f3c1f1b52")
_KEY = re.compile(r"[!-~]{1,255}")

PARAMETER = {
    "in": "header",
    "name": IDEMPOTENCY_HEADER,
    "required": False,
    "schema": {
        "type": "string",
        "pattern": "^[!-~]+$",
        "minLength": 1,
        "maxLength": 255,
    },
    "description": (
        "Any text of your own for this one act, such as a UUID. The same key and body"
        " again: the same answer, and nothing is done twice. Another body: 422. Kept"
        " for 48 hours."
    ),
}
DESCRIBED: dict[str, Any] = {"parameters": [PARAMETER]}


def once(
    status: int,
) -> Callable[[Callable[..., ApiAnswer]], Callable[..., HttpResponse]]:
    """For the functions behind a POST; ``status`` is what
    a success is answered with.
    """

    def declare(act: Callable[..., ApiAnswer]) -> Callable[..., HttpResponse]:
        @functools.wraps(act)
        def answer(request: ApiRequest, **given: Any) -> HttpResponse:
            key = request.headers.get(IDEMPOTENCY_HEADER)
            do = functools.partial(_answer_of, act, status, request, given)
            # The act and the answer that is kept of it are there together, or neither.
            with transaction.atomic():
                if key is None:
                    request.act_id = uuid.uuid4()
                    return do()
                return _once(key, do, request)

        return answer

    return declare


@job(queue="receipts", attempts=3)
def drop_old_answers(timestamp: int) -> None:
    """A key may be used again after that; ids made from it still keep the
    very same act from being done twice.
    """
    too_old = clock.now() - KEPT_FOR
    KeptAnswer.objects.filter(created_at__lt=too_old).delete()


def _once(
    key: str,
    do: Callable[[], HttpResponse],
    request: ApiRequest,
) -> HttpResponse:
    if not _KEY.fullmatch(key):
        raise ApiRefusal(
            422,
            f"{IDEMPOTENCY_HEADER} has 1 to 255 plain characters without spaces."
            " Nothing was done.",
        )
    fingerprint = _fingerprint(request)
    kept, is_new = _claimed(request, key, fingerprint)
    if kept.fingerprint != fingerprint:
        raise ApiRefusal(
            422,
            f"This {IDEMPOTENCY_HEADER} was used for another request."
            " Nothing was done: make a new key for each act.",
        )
    if not is_new:
        return _again(kept)
    # The same for the same act, so that one is known after its answer was dropped.
    request.act_id = uuid.uuid5(IDS, f"{request.auth.pk} {key} {fingerprint}")
    answer = do()
    if answer.has_header("Retry-After"):
        # Not kept: a caller that waits and asks again is not answered with this.
        transaction.set_rollback(True)
        return answer
    kept.status = answer.status_code
    kept.body = answer.content.decode()
    kept.content_type = answer["Content-Type"]
    kept.save(update_fields=["status", "body", "content_type"])
    return answer


def _claimed(
    request: ApiRequest,
    key: str,
    fingerprint: str,
) -> tuple[KeptAnswer, bool]:
    """The row of this key, and whether it is ours to fill. Another request with the
    same key is waited for: then the row has its answer.
    """
    made = {"fingerprint": fingerprint, "created_at": clock.now()}
    try:
        _wait_at_most(SAME_ACT_WAIT_SECONDS)
        found = KeptAnswer.objects.get_or_create(
            user=request.auth,
            key=key,
            defaults=made,
        )
        _wait_at_most(0)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise ApiRefusal(
            409,
            "The same request is being done just now. Ask again for its answer.",
            retry_after=1,
        ) from error
    return found


def _wait_at_most(seconds: int) -> None:
    """For a lock, in this transaction; 0 is forever, as it is everywhere else."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{seconds}s'")


def _answer_of(
    act: Callable[..., ApiAnswer],
    status: int,
    request: ApiRequest,
    given: dict[str, Any],
) -> HttpResponse:
    """A refusal undoes what the act had begun, and is an answer like any other."""
    try:
        with transaction.atomic():
            done = act(request, **given)
    except (ApiRefusal, Http404) as refusal:
        return problem_of(refusal)
    return HttpResponse(
        done.model_dump_json(), status=status, content_type="application/json"
    )


def _again(kept: KeptAnswer) -> HttpResponse:
    return HttpResponse(
        kept.body,
        status=kept.status,
        content_type=kept.content_type,
        headers={"Idempotency-Replayed": "true"},
    )


def _fingerprint(request: ApiRequest) -> str:
    method = str(request.method).encode()
    path = request.path.encode()
    asked = b"\n".join([method, path, request.body])
    return hashlib.sha256(asked).hexdigest()
