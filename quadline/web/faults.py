"""The answer when something of ours fails: a page that says so,
and whether it makes sense to try again.
"""

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from quadline.college.current import known_settings
from quadline.outages import is_outage

OUTAGE_RETRY_AFTER_SECONDS = 10  # a database that restarts is mostly back by then


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler of exceptions that nothing caught. A database that is away, or
    has no connection left, is soon back.
    """
    college = {"college": known_settings().college_name}
    if not is_outage(sys.exception()):
        return HttpResponse(render_to_string("500.html", college), status=500)
    # Without the request: what every page shows around its own content is in the
    # database.
    answer = HttpResponse(render_to_string("503.html", college), status=503)
    answer["Retry-After"] = str(OUTAGE_RETRY_AFTER_SECONDS)
    return answer
