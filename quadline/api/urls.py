"""Where each resource stands, under /api/v1/, and its
description, as OpenAPI and as a page.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Router
from ninja.operation import Operation
from ninja.renderers import BaseRenderer
from pydantic_core import to_json

from quadline.api import (
    broadcasts,
    caseloads,
    conversations,
    messages,
    numbers,
    opt_outs,
    rosters,
    students,
)
from quadline.api.problems import (
    MEDIA_TYPE,
    SENTENCES,
    problem_response,
    refuse_in_words,
)
from quadline.api.tokens import Token

PREFIX = "/api/v1/"
VERSION = "1"
ABOUT = (
    "Text students from the systems of the college. A token stands for one staff user"
    " and may do what they may: what they cannot see is not there. Students are named"
    " by their institutional id."
)
METHODS = ("get", "put", "post")
LAST_RESORT = "Refused, or not able just now"
ApiView = Callable[..., Any]


class Json(BaseRenderer):
    """In the one form that kept answers have too
    (idempotency.py): times to the microsecond.
    """

    media_type = "application/json"

    def render(
        self,
        request: HttpRequest,
        data: Any,
        *,
        response_status: int,
    ) -> bytes:
        return to_json(data)


class Api(NinjaAPI):
    """Operations are called what their functions are."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        # Without the module, which is ninja's default: a file may move, a client's name
        # for the operation stays.
        return operation.view_func.__name__

    def get_operation_url_name(
        self,
        operation: Operation,
        router: Router,
    ) -> str:
        name = operation.view_func.__name__.replace("_", "-")
        return f"api-{name}"


api = Api(
    title="Quadline",
    version=VERSION,
    description=ABOUT,
    auth=Token(),
    renderer=Json(),
    openapi_url=None,
    # ninja's own page takes its scripts from another host, which the policy of every
    # page refuses. Ours is below.
    docs_url=None,
)
refuse_in_words(api)
for prefix, room in {
    "students": students,
    "rosters": rosters,
    "caseloads": caseloads,
    "messages": messages,
    "conversations": conversations,
    "broadcasts": broadcasts,
    "opt-outs": opt_outs,
    "numbers": numbers,
}.items():
    api.add_router(prefix, room.router)


def for_programs(view: ApiView) -> ApiView:
    """No sign-in page and no form token: the API asks for a token
    of its own, and reads JSON only.
    """

    def open_view(request: HttpRequest, **parts: Any) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH")
        has_body = request.method in ("POST", "PUT") and length not in (None, "", "0")
        # A page elsewhere can have a browser post a form here, but not JSON.
        # A roster is a file: there a form is refused, and whatever else a page could
        # send without asking has no token.
        takes = rosters.TYPES if view_takes_files(request) else ("application/json",)
        if has_body and request.content_type not in takes:
            return problem_response(415)
        answer: HttpResponse = view(request, **parts)
        return answer

    open_view.csrf_exempt = True  # type: ignore[attr-defined]  # as csrf_exempt does; cookies are never looked at
    return login_not_required(open_view)


def view_takes_files(request: HttpRequest) -> bool:
    return request.path == f"{PREFIX}rosters"


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(described())


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    schema = described()
    operations: list[dict[str, Any]] = []
    for address, methods in schema["paths"].items():
        for method, operation in methods.items():
            # Beside the methods stand fields of the address itself.
            if method in METHODS:
                operations.append(
                    {
                        "path": address,
                        "method": method.upper(),
                        **_shown(operation),
                    }
                )
    context = {
        "info": schema["info"],
        "operations": operations,
        "models": _models(schema),
    }
    return render(request, "api/docs.html", context)


# It does not change while a process runs, and takes a while to put together.
@cache
def described() -> dict[str, Any]:
    """The schema; problems under their own media type, each with its plain sentence."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    for methods in schema["paths"].values():
        for operation in methods.values():
            operation["responses"] = {
                str(code): _response(int(code), said)
                for code, said in operation["responses"].items()
            }
    return schema


def _response(code: int, said: dict[str, Any]) -> dict[str, Any]:
    if code < 400:
        return said
    return {
        "description": SENTENCES.get(code, LAST_RESORT),
        "content": {MEDIA_TYPE: said["content"]["application/json"]},
    }


def _shown(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    # JSON where there is any, else a file.
    kinds = [
        content[kind] for kind in ("application/json", *content) if kind in content
    ]
    body = kinds[0].get("schema", {}) if kinds else {}
    return {
        "id": operation["operationId"],
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": [
            _field(each["name"], each, each["schema"])
            for each in operation["parameters"]
        ],
        "body": _named(body),
        "responses": [
            _result(code, said) for code, said in operation["responses"].items()
        ],
    }


def _result(code: str, said: dict[str, Any]) -> dict[str, str]:
    # One media type each: JSON, or a problem.
    [content] = said["content"].values()
    is_problem = int(code) >= 400
    return {
        "code": code,
        "words": said["description"] if is_problem else "",
        "type": _type(content["schema"]),
    }


def _models(schema: dict[str, Any]) -> list[dict[str, Any]]:
    models = sorted(schema["components"]["schemas"].items())
    return [
        {
            "name": name,
            # Docstrings are wrapped for the source; the page wraps for its own width.
            "description": " ".join(model.get("description", "").split()),
            "fields": [
                _field(field, {"required": field in model.get("required", ())}, of)
                for field, of in model["properties"].items()
            ],
        }
        for name, model in models
    ]


def _field(
    name: str,
    of: dict[str, Any],
    schema: dict[str, Any],
) -> dict[str, Any]:
    limits = [
        f"{words} {schema[key]}" for key, words in LIMITS.items() if key in schema
    ]
    return {
        "name": name,
        "where": of.get("in", ""),
        "required": of.get("required", False),
        "type": ", ".join([_type(schema), *limits]),
        "description": of.get("description", ""),
        "model": _named(schema),
    }


LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "maxLength": "at most",
    "maxItems": "at most",
}


def _type(schema: dict[str, Any]) -> str:
    """A type in a word or two: list of StudentRow; "text" or "email"."""
    if "$ref" in schema:
        return _last_part(schema["$ref"])
    if "enum" in schema:
        return " or ".join(f"“{value}”" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "object"))


def _named(schema: dict[str, Any]) -> str:
    """The model a field leads to, for a link."""
    items = schema.get("items", {})
    return _last_part(schema.get("$ref") or items.get("$ref", ""))


def _last_part(reference: str) -> str:
    """StudentRow of #/components/schemas/StudentRow."""
    _, _, name = reference.rpartition("/")
    return name


urlpatterns = [
    path("openapi.json", openapi, name="api-openapi"),
    path("docs", docs, name="api-docs"),
    *(
        path(str(each.pattern), for_programs(each.callback), name=each.name)
        for each in api.urls[0]
        # ninja's own, which answers with a page.
        if isinstance(each, URLPattern) and each.name != "api-root"
    ),
]
