"""One request of the directory: whose key it brings, and what the library answers."""

import json
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from scim2_models import SCIMException, UnauthorizedException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from scim2_server.service import ScimService

from quadline import clock
from quadline.accounts.directory_tokens import is_directory
from quadline.api.scim.resources import provider
from quadline.api.scim.storage import StaffStorage

SCIM_PATH = "/scim/v2"
NO_KEY = (
    "This needs the directory's key, made under Manage, Directory: send it as"
    " “Authorization: Bearer …”."
)


def answer_scim(request: HttpRequest, path: str) -> HttpResponse:
    """``path``: what follows /scim/v2/. Cookies count for nothing here."""
    asked = ScimRequest(
        method=request.method or "GET",
        # never from Host: a caller chooses that
        base_url=f"{settings.PUBLIC_URL}{SCIM_PATH}",
        path=f"/{path.removesuffix('.scim')}",
        query=request.GET.dict(),
        headers=dict(request.headers),
        body=request.body,
    )
    try:
        answer = _answer(asked)
    except SCIMException as refusal:
        answer = handler().service.error_response(refusal)
    return _written(answer)


@cache
def handler() -> ScimHandler:
    return ScimHandler(ScimService(provider()), StaffStorage())


def _answer(asked: ScimRequest) -> ScimResponse:
    # Known without a key (RFC 7643, 5): what this service can do.
    is_open = handler().service.match(asked).operation is (
        Operation.service_provider_config
    )
    if not is_open and not _has_key(asked):
        raise UnauthorizedException(detail=NO_KEY)
    return handler().handle(asked)


def _has_key(asked: ScimRequest) -> bool:
    scheme, _, words = (asked.header("Authorization") or "").partition(" ")
    return scheme.lower() == "bearer" and is_directory(words.strip(), now=clock.now())


def _written(answer: ScimResponse) -> HttpResponse:
    body = "" if answer.body is None else json.dumps(answer.body)
    response = HttpResponse(body, status=int(answer.status))
    for name, value in answer.headers.items():
        response[name] = value
    # names and addresses of staff: in no cache on the way
    response.setdefault("Cache-Control", "no-store")
    return response
