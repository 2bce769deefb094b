"""The campus clock: every page and every answer of the API says times by it, as the
college has it at that moment.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from quadline.college.current import college_settings

# Answered while the database is away, too, or hangs: they must not ask it.
TELL_NO_TIME = frozenset({"alive", "api-openapi"})


class CampusClock:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Threads are used again: the zone of one request must not stay for the next.
        with timezone.override(None):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> None:
        matched = request.resolver_match
        if matched is None or matched.url_name not in TELL_NO_TIME:
            timezone.activate(college_settings().zone)
