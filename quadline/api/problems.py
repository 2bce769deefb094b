"""Every refusal as a problem (RFC 9457, application/problem+json) with a plain
sentence, wherever it comes from.
"""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from quadline.api.fields import ApiAnswer

ROOT = "/api/"
MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 50  # of one answer: after fixing those, a caller sends it again
AGAIN = (
    "Send the same again: with an Idempotency-Key it is done once. Without one, look"
    " first whether it was done."
)
SENTENCES = {
    400: "This could not be read: send JSON. Nothing was changed.",
    401: (
        "This needs a token that has not been revoked: send it as “Authorization:"
        " Bearer …”."
    ),
    403: "Your role does not do this. Nothing was changed.",
    404: "There is nothing here, or nothing that you may see.",
    405: "This address does not take this method.",
    408: "The body came too slowly. Nothing was changed: send it again.",
    413: (
        "Too large: 1,000,000 bytes are the most that is read here. Nothing was"
        " changed."
    ),
    415: "Send JSON, with “Content-Type: application/json”. Nothing was changed.",
    422: "Something in this is not right. Nothing was changed.",
    500: f"Something went wrong here, and it has been logged. {AGAIN}",
    503: (
        "Quadline is away for a moment: its database, or itself, is being started"
        f" again. {AGAIN}"
    ),
}
REFUSED = "This was refused. Nothing was changed."
UNREADABLE_VALUE = "This is empty, or has a character that cannot be kept (NUL)"
Get = Callable[[HttpRequest], HttpResponse]


class Problem(ApiAnswer):
    """Why nothing was done."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str  # one plain sentence or two, for people
    faults: list[str] = []  # each with its place; rows count from 1


class ApiRefusal(Exception):
    """Nothing was done; answered as a problem."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        faults: Sequence[str] = (),
        retry_after: int = 0,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.retry_after = retry_after


def problem_response(
    status: int,
    detail: str = "",
    *,
    faults: Iterable[str] = (),
    retry_after: int = 0,
) -> HttpResponse:
    said = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail or SENTENCES.get(status, REFUSED),
        faults=list(faults)[:MAX_FAULTS],
    )
    answer = HttpResponse(
        said.model_dump_json(), status=status, content_type=MEDIA_TYPE
    )
    if status == HTTPStatus.UNAUTHORIZED:
        # RFC 9110, 15.5.2, asks for it.
        answer["WWW-Authenticate"] = 'Bearer realm="Quadline"'
    if retry_after:
        answer["Retry-After"] = str(retry_after)
    return answer


def problem_of(refusal: Exception) -> HttpResponse:
    """The answer to one of the exceptions below."""
    if isinstance(refusal, ApiRefusal):
        return problem_response(
            refusal.status,
            refusal.detail,
            faults=refusal.faults,
            retry_after=refusal.retry_after,
        )
    if isinstance(refusal, ValidationError):
        faults = [_fault(error) for error in refusal.errors]
        detail = f"{SENTENCES[422]} {faults[0]}." if len(faults) == 1 else ""
        return problem_response(422, detail, faults=faults)
    if isinstance(refusal, HttpError):
        return problem_response(refusal.status_code)
    return problem_response(404)


def refuse_in_words(api: NinjaAPI) -> None:
    for kind in (ApiRefusal, Http404, ValidationError, HttpError, AuthenticationError):
        api.add_exception_handler(kind, _answered)


def speak_in_problems(get_response: Get) -> Get:
    """What is refused before or beside the API's own code (size, address, method, a
    fault of ours) says so in the same way.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_refusal = request.path.startswith(ROOT) and response.status_code >= 400
        is_said = response.headers.get("Content-Type") == MEDIA_TYPE
        if not is_refusal or is_said:
            return response
        # Its other headers stay: Allow of a 405, Retry-After of a 503.
        said = problem_response(response.status_code)
        response.content = said.content
        response["Content-Type"] = MEDIA_TYPE
        response["Content-Length"] = str(len(said.content))
        return response

    return answer


def _answered(request: HttpRequest, refusal: Any) -> HttpResponse:
    return problem_of(refusal)


def _fault(error: dict[str, Any]) -> str:
    """Where and what: "students, row 3, tags: Input should be a valid list"."""
    source, *where = error["loc"]
    # Of a body, the first is the name of our own parameter.
    places = where[1:] if source == "body" else where
    written = ", ".join(_place(place) for place in places)
    is_unreadable = error["type"] == "string_pattern_mismatch"
    said = UNREADABLE_VALUE if is_unreadable else error["msg"]
    return f"{written or source}: {said}"


def _place(place: int | str) -> str:
    if isinstance(place, int):
        return f"row {place + 1}"
    # A key that nobody knows is the caller's own, and of any length.
    return place[:60]
