"""Replies that may mean stop, as the screens show them: a question
above the composer, a chip in the list.
"""

from dataclasses import dataclass

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.consent.wrong_number_words import may_mean_wrong_number
from quadline.conversations.models import Conversation
from quadline.delivery.opting.requests import question_in
from quadline.inboxes.models import may_write_in


@dataclass(frozen=True)
class OpenQuestion:
    """An open question; ``of`` says who answers it."""

    id: int
    who: str
    wording: str
    of: str
    may_answer: bool
    holds_texts: bool  # not when the words may be somebody else's
    wrong_number_of: int | None = None  # the student, where the words may say so


def open_question_in(chosen: Conversation, reader: User) -> OpenQuestion | None:
    """What is asked in the inbox of a conversation about it."""
    question = question_in(chosen)
    if question is None:
        return None
    may_answer = may_write_in(reader, chosen.inbox_id) and reader.may[May.TEXT]
    suggests = may_answer and may_mean_wrong_number(question.wording)
    return OpenQuestion(
        id=question.pk,
        who=name_of(chosen),
        wording=question.wording,
        of=chosen.inbox.shown_name,
        may_answer=may_answer,
        holds_texts=question.holds_texts,
        wrong_number_of=chosen.student_id if suggests else None,
    )


def name_of(chosen: Conversation) -> str:
    if chosen.student is None:
        return chosen.name
    return chosen.student.first
