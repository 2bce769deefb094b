"""A form that waits while its sender confirms who they are, and is then sent."""

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import resolve

KEPT_FORM = "form_to_confirm"
MAX_KEPT_FORM = 100_000  # characters


def keep_form(request: HttpRequest) -> None:
    """In the session. One with a file is not kept, nor one longer than any of ours."""
    form = request.POST.urlencode()
    if len(form) <= MAX_KEPT_FORM and not request.FILES:
        request.session[KEPT_FORM] = {"path": request.path, "form": form}


def send_kept_form(request: HttpRequest, path: str) -> HttpResponseBase | None:
    """The answer to the form that was kept for this address, if there is one."""
    # Once, whatever becomes of it: nothing is sent later that nobody remembers.
    kept = request.session.pop(KEPT_FORM, None)
    if kept is None or kept["path"] != path:
        return None
    request.method = "POST"
    request.POST = QueryDict(kept["form"])
    request.path = request.path_info = path
    found = request.resolver_match = resolve(path)
    answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
    return answer
