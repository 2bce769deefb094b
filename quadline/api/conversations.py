"""Conversations: read one from its beginning, or continue where the last page ended."""

from typing import Annotated

from django.shortcuts import get_object_or_404
from ninja import Path, Router

from quadline.api.answers import answers
from quadline.api.fields import MAX_ID, ApiAnswer, ApiRequest
from quadline.api.messages import ListedMessage, listed
from quadline.api.pages import After, PageLimit, first_page
from quadline.conversations.models import Conversation

router = Router(tags=["Conversations"])


class Messages(ApiAnswer):
    messages: list[ListedMessage]
    cursor: int  # give it as ``after`` to get what follows, now or later
    has_more: bool


@router.get(
    "/{int:conversation_id}/messages",
    response=answers(
        200,
        Messages,
        404,
        422,
    ),
    summary="Messages in the order written",
)
def list_messages(
    request: ApiRequest,
    conversation_id: Annotated[int, Path(ge=0, le=MAX_ID)],
    after: After = 0,
    limit: PageLimit = 100,
) -> Messages:
    """Messages of a conversation are written one after the other, so that a reader who
    goes on from ``cursor`` misses none.
    """
    chosen = get_object_or_404(
        Conversation.objects.visible_to(request.auth), pk=conversation_id
    )
    # By position, not by time: two may be written in one moment.
    asked = chosen.messages.filter(position__gt=after).select_related(
        "conversation__inbox__owner", "conversation__student", "system_number"
    )
    found, has_more = first_page(asked.in_order(), limit)
    messages = [
        ListedMessage(**listed(message, reader=request.auth)) for message in found
    ]
    return Messages(
        messages=messages,
        cursor=messages[-1].position if messages else after,
        has_more=has_more,
    )
