"""Where each resource stands, under /api/v1/."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI, Router
from ninja.operation import Operation
from ninja.renderers import BaseRenderer
from pydantic_core import to_json

from quadline.api import broadcasts, caseloads, conversations, description, messages, numbers, opt_outs, students
from quadline.api.problems import problem, refuse_in_words
from quadline.api.tokens import Token

PREFIX = "/api/v1/"
VERSION = "1"
ABOUT = (
    "Text students from the systems of the college. A token stands for one staff user and may do what they may: what "
    "they cannot see is not there. Students are named by their institutional id."
)
View = Callable[..., Any]


class Json(BaseRenderer):
    """In the one form that kept answers have too (idempotency.py): times to the microsecond."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data)


class Api(NinjaAPI):
    """Operations are called what their functions are."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_operation_url_name(self, operation: Operation, router: Router) -> str:
        return f"api-{operation.view_func.__name__.replace('_', '-')}"


api = Api(title="Quadline", version=VERSION, description=ABOUT, auth=Token(), renderer=Json(), openapi_url=None, docs_url=None)
refuse_in_words(api)
for prefix, room in {
    "students": students,
    "caseloads": caseloads,
    "messages": messages,
    "conversations": conversations,
    "broadcasts": broadcasts,
    "opt-outs": opt_outs,
    "numbers": numbers,
}.items():
    api.add_router(prefix, room.router)


def for_programs(view: View) -> View:
    """No sign-in page and no form token: the API asks for a token of its own, and reads JSON only."""

    def open_view(request: HttpRequest, **parts: Any) -> HttpResponse:
        has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        if has_body and request.method in ("POST", "PUT") and request.content_type != "application/json":
            return problem(415)
        answer: HttpResponse = view(request, **parts)
        return answer

    open_view.csrf_exempt = True  # type: ignore[attr-defined]  # as csrf_exempt does; cookies are never looked at
    return login_not_required(open_view)


urlpatterns = [
    path("openapi.json", description.openapi, name="api-openapi"),
    path("docs", description.docs, name="api-docs"),
    *(
        path(str(each.pattern), for_programs(each.callback), name=each.name)
        for each in api.urls[0]
        if isinstance(each, URLPattern) and each.name != "api-root"  # ninja's own, which answers with a page
    ),
]
