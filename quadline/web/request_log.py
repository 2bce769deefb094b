"""The line that each request leaves in the log, with the
address that limits count by.
"""

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from quadline.accounts.visitors import visitor_address


class RequestLog(RequestMiddleware):
    """The library takes the left-most address of X-Forwarded-For,
    which is whatever the caller wrote.
    """

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        address = visitor_address(request)
        structlog.contextvars.bind_contextvars(ip=address)
