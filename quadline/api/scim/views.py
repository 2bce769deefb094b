"""The address of SCIM: /scim/v2/, opened by the directory's own key."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
@login_not_required
def scim(request: HttpRequest, path: str = "") -> HttpResponse:
    # Most colleges have no directory here, and the library takes as long to import as
    # all else together: it waits for the first request.
    from quadline.api.scim.answering import answer_scim

    return answer_scim(request, path)
