"""What a request may weigh: an email with its files where mail services call, a form everywhere else."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from quadline.emails.limits import LARGEST

LARGEST_FORM = 1_000_000
LARGEST_EMAIL_CALL = LARGEST * 4 // 3 + 200_000  # files travel as base64; DATA_UPLOAD_MAX_MEMORY_SIZE is this
TOO_LARGE = "Too large: {largest:,} bytes are the most that is read here."
Answer = Callable[[HttpRequest], HttpResponse]


def limit_sizes(answer: Answer) -> Answer:
    """Refuse before anything is read. Django reads no more than the length that a request names."""

    def refuse_or_answer(request: HttpRequest) -> HttpResponse:
        largest = LARGEST_EMAIL_CALL if request.path.startswith("/mail/") else LARGEST_FORM
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > largest:
            return HttpResponse(TOO_LARGE.format(largest=largest), status=413, content_type="text/plain")
        return answer(request)

    return refuse_or_answer
