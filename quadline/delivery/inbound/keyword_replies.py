"""Honor STOP and START replies, many at once, in the transaction that
files them. Their conversations are locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from quadline.carriers.protocol import InboundText
from quadline.consent.entries import NewEntry, append_entries
from quadline.consent.ledger import PhonePair
from quadline.consent.models import ConsentEntry
from quadline.consent.rules import Change, Keyword, Reason, Source, Verdict
from quadline.conversations.models import Conversation
from quadline.conversations.receiving import Reply
from quadline.delivery.failsafe.closing import block_unsent
from quadline.delivery.opting import requests
from quadline.delivery.opting.carrier_opt_outs import tell_carrier_if_unaware
from quadline.delivery.outbox import holding
from quadline.delivery.permission import opt_out_scope

MAX_REPLY_WORDING = 500  # characters of a reply, as kept in the ledger
OPTED_OUT_VERDICT = Verdict(False, Reason.OPTED_OUT)


@dataclass(frozen=True)
class KeywordReply:
    """A filed reply that is a STOP or a START, and the word it used."""

    text: InboundText
    reply: Reply
    keyword: Keyword
    word: str

    @property
    def pair(self) -> PhonePair:
        return self.reply.student_phone, self.text.system_phone

    @property
    def is_stop(self) -> bool:
        return self.keyword is Keyword.STOP

    def as_entry(self) -> NewEntry:
        return NewEntry(
            pair=self.pair,
            change=Change.OPT_OUT if self.is_stop else Change.OPT_IN,
            source=Source.REPLY,
            occurred_at=self.reply.created_at,
            keyword=self.word,
            wording=self.reply.body[:MAX_REPLY_WORDING],
            carrier_reference=self.text.carrier_message_id,
            carrier_at=self.text.sent_at,
        )


def honor_keywords(replies: Sequence[KeywordReply]) -> None:
    """Write the ledger and close what still waits. Replies of pairs whose
    locks differ and are this transaction's.
    """
    if not replies:
        return
    new = append_entries([reply.as_entry() for reply in replies])
    _need_no_answer([reply.reply for reply in replies if reply.reply.needs_reply])
    opt_out_scope.reopen_pairs(
        [entry for entry in new.entries if entry.change == Change.OPT_IN]
    )
    opt_out_scope.date_starts_before(
        [entry for entry in new.entries if entry.change == Change.OPT_OUT]
    )
    stops = [reply for reply in replies if reply.is_stop]
    out = requests.answer_questions_by_keyword(
        {reply.pair: reply.reply.created_at for reply in replies},
        shut_by_first_word=new.first_of & {stop.pair for stop in stops},
    )
    # Not one that is surely older than a START.
    _close([stop for stop in stops if stop.pair in out], new.entries)


def _need_no_answer(replies: Sequence[Reply]) -> None:
    """Words that are a request only from who is out, such as "yes"."""
    if replies:
        conversations = Conversation.objects.filter(
            pk__in={reply.conversation_id for reply in replies}
        )
        conversations.update(needs_reply=False)


def _close(stops: Sequence[KeywordReply], new: Sequence[ConsentEntry]) -> None:
    """No text leaves to these students; the carrier is told where it
    did not read their words as we did.
    """
    if not stops:
        return
    _close_texts(stops)
    received = {stop.text.carrier_message_id: stop.text.body for stop in stops}
    heard = [
        entry
        for entry in new
        if entry.carrier_reference in received and entry.change == Change.OPT_OUT
    ]
    tell_carrier_if_unaware(
        {entry.pk: received[entry.carrier_reference] for entry in heard}
    )


def _close_texts(stops: Sequence[KeywordReply]) -> None:
    """For most of them nothing waits any more: that is one look."""
    conversations = [stop.reply.conversation_id for stop in stops]
    waiting = holding.texts_that_wait(
        conversations=conversations,
        students=[stop.reply.student_phone for stop in stops],
    )
    if not waiting:
        return
    talks = Conversation.objects.select_related("student").in_bulk(conversations)
    to_phone_of_now = {
        stop.reply.conversation_id: stop.reply.created_at
        for stop in stops
        # Else it is about a former phone: no text goes there that is not closed below.
        if talks[stop.reply.conversation_id].student_phone == stop.reply.student_phone
    }
    block_unsent(waiting, to_phone_of_now, OPTED_OUT_VERDICT)
    holding.close_those_reached(
        waiting, {stop.pair: stop.reply.created_at for stop in stops}
    )
