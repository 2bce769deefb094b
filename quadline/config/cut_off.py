"""The last word on a request that nobody else answers: 503 for what passes, such as a
restart, and 500 for a fault.
"""

import asyncio
import logging

from quadline.config.fair_threads import TooManyUnderWay
from quadline.config.refusals import App, AsgiMessage, AsgiScope, Receive, Send, refuse
from quadline.outages import is_outage

logger = logging.getLogger(__name__)

BUSY = (
    "Too many requests from your address are waiting. Nothing was changed: try again"
    " soon."
)


class AlwaysAnswered:
    """Around everything: uvicorn itself would say 500 to a request
    that a shutdown cancels.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(
        self,
        scope: AsgiScope,
        receive: Receive,
        send: Send,
    ) -> None:
        has_begun = scope["type"] != "http"

        async def send_and_note(message: AsgiMessage) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except (Exception, asyncio.CancelledError) as fault:
            # Its status has left already: no other can be sent.
            if has_begun:
                raise
            status, words = _answer_to(fault)
            await refuse(
                scope,
                send,
                status,
                words,
                closes=True,
            )


def _answer_to(fault: BaseException) -> tuple[int, str]:
    if isinstance(fault, TooManyUnderWay):
        return 503, BUSY
    if isinstance(fault, asyncio.CancelledError) or is_outage(fault):
        return 503, ""
    logger.error("a request ended in a fault of ours", exc_info=fault)
    return 500, ""
