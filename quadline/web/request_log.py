"""The line that each request leaves in the log, with the
address that limits count by.
"""

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from quadline.accounts.visitors import address_of


class RequestLog(RequestMiddleware):
    """The library takes the left-most address of X-Forwarded-For,
    which is whatever the caller wrote.
    """

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        address = address_of(request)
        structlog.contextvars.bind_contextvars(ip=address)
