"""What people say to a number of the warm pool, which no inbox has yet.

There is nobody to read it, and it is filed nowhere. But a STOP counts: whoever gets the
number later must not text them.
"""

from collections.abc import Mapping
from datetime import datetime

from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.consent.ledger import PhonePair
from quadline.consent.rules import Change, Keyword, Source, keyword_in
from quadline.delivery.inbound.keyword_replies import MAX_REPLY_WORDING
from quadline.delivery.outbox import holding
from quadline.numbers.models import SystemNumber
from quadline.sms import bodies

CHANGES = {Keyword.STOP: Change.OPT_OUT, Keyword.START: Change.OPT_IN}


def honor_without_inbox(
    said: Mapping[InboundText, PhonePair], *, now: datetime
) -> None:
    """Write the STOPs and STARTs among these texts to the ledger. Those to numbers that
    are not ours are nobody's.
    """
    systems = {text.system_phone for text in said}
    ours = SystemNumber.objects.spare().filter(phone__in=systems).exclude(phone="")
    spare = set(ours.values_list("phone", flat=True))
    for text, pair in said.items():
        if text.system_phone in spare:
            _honor(text, pair, now)


def _honor(
    text: InboundText,
    pair: PhonePair,
    now: datetime,
) -> None:
    found = keyword_in(text.body, opted_out=ledger.is_opted_out(pair))
    if found is None or found[0] not in CHANGES:
        return
    keyword, word = found
    at = min(text.sent_at or now, now)
    ledger.record_consent(
        pair=pair,
        change=CHANGES[keyword],
        source=Source.REPLY,
        occurred_at=at,
        keyword=word,
        wording=bodies.clean(text.body)[:MAX_REPLY_WORDING],
        carrier_reference=text.carrier_message_id,
        carrier_at=text.sent_at,
    )
    # by the college's setting it may reach numbers that others text from
    if keyword is Keyword.STOP:
        holding.close_texts(pair, now=at)
