"""The campus clock: every page and every answer of the API says times by it, as the
college has it at that moment.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from quadline.college.current import college_settings


def on_campus_clock(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        # Threads are used again: the zone of one request must not stay for the next.
        with timezone.override(college_settings().zone):
            return get_response(request)

    return answer
