"""Words in an email that may mean stop are put to a person, like other words that may:
any reasonable means counts (47 CFR 64.1200(a)(10)). STOP is a keyword of texts only.

Only the writer's own words count: not what they quote, nor what they forward. An email
that may be somebody else's raises the question and holds no texts.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from quadline.consent import ledger, questions
from quadline.consent.phrases import stop_phrase_in
from quadline.consent.rules import Keyword, keyword_in
from quadline.conversations.models import Conversation
from quadline.delivery.models import IncomingEmail
from quadline.delivery.outbox import holding
from quadline.numbers.models import SystemNumber

MAX_EMAIL_WORDING = 1_600
REPLY_PREFIX = re.compile(r"\s*[^\s:：]{1,6}\s?[:：]")  # "Re:", "AW:", "回复："


@dataclass(frozen=True)
class EmailStopRequest:
    """What a person is asked: about whom, and what it was that may mean stop."""

    pair: ledger.PhonePair
    phrase: str
    wording: str


def stop_request_in(
    words: str,
    subject: str,
    conversation: Conversation,
) -> EmailStopRequest | None:
    """What a person must be asked, if anything. A subject
    that a student wrote counts.
    """
    wording = words
    phrase = _phrase_in(words)
    if not phrase and not REPLY_PREFIX.match(subject):
        wording = subject
        phrase = _phrase_in(subject)
    number = SystemNumber.objects.of_inbox(conversation.inbox_id)
    if not (phrase and number and number.phone and conversation.student_phone):
        return None
    pair = (conversation.student_phone, number.phone)
    return EmailStopRequest(pair, phrase, wording[:MAX_EMAIL_WORDING])


def lock_pair(asked: EmailStopRequest) -> None:
    ledger.lock_exclusive(asked.pair)


def ask_about_email(
    asked: EmailStopRequest,
    *,
    row: IncomingEmail,
    now: datetime,
) -> None:
    """In the transaction that files it, which has waited for texts on their way."""
    question = questions.ask_question(
        pair=asked.pair,
        wording=asked.wording,
        phrase=asked.phrase,
        carrier_reference=f"email {row.pk}",
        asked_at=now,
        has_waited=True,
        holds_texts=not row.failed_dmarc,
    )
    if question and question.holds_texts:
        holding.hold_texts(asked.pair, now=now)


def _phrase_in(words: str) -> str | None:
    found = keyword_in(words, opted_out=False)
    if found and found[0] is Keyword.STOP:
        return found[1]
    return stop_phrase_in(words)
