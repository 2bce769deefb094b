"""What resting, giving back or moving a number would mean, counted."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from quadline.consent.models import ConsentState
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import WITH_THE_CARRIER, WaitingFor
from quadline.delivery.retiring.waiting_texts import waiting_texts
from quadline.numbers.models import SystemNumber


@dataclass(frozen=True)
class Consequences:
    students: int  # who have texted with this number
    waiting: int  # texts that would wait, or go as emails
    paused: int  # texts of broadcasts that somebody has paused
    on_their_way: int  # texts of which the carrier has said nothing yet
    opted_out: int  # phones


def consequences_for(number: SystemNumber) -> Consequences:
    over_it = Message.objects.filter(conversation=OuterRef("pk"), system_number=number)
    conversations = Conversation.objects.filter(Exists(over_it), inbox=number.inbox)
    # Counted now: what is written until the act is done follows the same rules.
    waiting = waiting_texts(number)
    paused = waiting.filter(reason=WaitingFor.PAUSED).count()
    on_their_way = Message.objects.filter(
        system_number=number, status__in=WITH_THE_CARRIER, due_at=None
    )
    out = ConsentState.objects.filter(system_phone=number.phone, opted_out=True)
    return Consequences(
        students=conversations.count() if number.inbox_id else 0,
        waiting=waiting.count() - paused,
        paused=paused,
        on_their_way=on_their_way.count(),
        opted_out=out.exclude(system_phone="").count(),
    )
