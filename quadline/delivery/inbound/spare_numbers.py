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
from quadline.delivery.permission import opt_out_scope
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.sms import bodies

CHANGES = {Keyword.STOP: Change.OPT_OUT, Keyword.START: Change.OPT_IN}


def honor_without_inbox(
    said: Mapping[InboundText, PhonePair],
    *,
    now: datetime,
) -> list[InboundText]:
    """Write the STOPs and STARTs among these texts to the ledger. Those to numbers that
    are not ours are nobody's.

    Returns the texts whose number was given to an inbox since it was looked up: they
    are that inbox's, and nothing was done about them.
    """
    systems = {text.system_phone for text in said} - {""}
    rows = SystemNumber.objects.filter(phone__in=systems).order_by("pk")
    # One that is being given back counts as well: it may be rented again. A first text
    # may be taking one at this moment; once it is locked, the next takes another.
    spare_ones = rows.filter(inbox=None).select_for_update(no_key=True)
    spare = {number.phone for number in spare_ones}
    taken = rows.exclude(inbox=None).exclude(state=NumberState.REQUESTED)
    of_inboxes = set(taken.values_list("phone", flat=True))
    spare -= of_inboxes
    for text, pair in said.items():
        if text.system_phone in spare:
            _honor(text, pair, now)
    return [text for text in said if text.system_phone in of_inboxes]


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
    entry = ledger.record_consent(
        pair=pair,
        change=CHANGES[keyword],
        source=Source.REPLY,
        occurred_at=at,
        keyword=word,
        wording=bodies.clean(text.body)[:MAX_REPLY_WORDING],
        carrier_reference=text.carrier_message_id,
        carrier_at=text.sent_at,
    )
    if entry is None:  # the carrier says it twice
        return
    # by the college's setting it may reach numbers that others text from
    if keyword is Keyword.STOP:
        opt_out_scope.date_starts_before([entry])
        holding.close_texts(pair, now=at)
    else:
        opt_out_scope.reopen_pairs([entry])
