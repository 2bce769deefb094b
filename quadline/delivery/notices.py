"""The opt-out notice that a first text carries: when it is
due, its words, and who inherits it.
"""

from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.college.rules import CollegeSettings
from quadline.conversations.models import Conversation, Message, MessageQuerySet
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Channel, Direction, Status
from quadline.delivery.rules import is_notice_due
from quadline.inboxes.models import inbox_of
from quadline.numbers.models import SystemNumber
from quadline.sms import segments

GAVE_NOTICE = [status for status in Status if not is_notice_due([status])]


def notice_due(conversation: Conversation, number: SystemNumber | None) -> str:
    """The opt-out notice the next text ends with; "" once this number has given it."""
    phone = conversation.student_phone
    given = conversation.messages.filter(student_phone=phone)
    if number and _giving(given, number).exists():
        return ""
    return opt_out_notice(conversation.inbox.shown_name)


def students_with_notice(
    number: SystemNumber, author: User
) -> set[tuple[int | None, str]]:
    """The students, by phone, to whom the number has given its author's notice."""
    talks = Conversation.objects.filter(inbox=inbox_of(author)).students()
    given = _giving(Message.objects.all(), number).values_list(
        "conversation", "student_phone"
    )
    return {(talks[talk], phone) for talk, phone in given if talk in talks}


def _giving(messages: MessageQuerySet, number: SystemNumber) -> MessageQuerySet:
    """Those by which this number gave the notice, or will."""
    return messages.filter(system_number=number, status__in=GAVE_NOTICE).exclude(
        notice=""
    )


def opt_out_notice(sender: str) -> str:
    """The college's wording, with the sender's name and the college filled in."""
    return notice_in_words(college_settings(), sender)


def notice_in_words(college: CollegeSettings, sender: str) -> str:
    """The same by settings that do not count yet."""
    named = college.opt_out_notice.replace("{sender}", sender)
    return named.replace("{college}", college.college_name)


def fit_notice(body: str, notice: str) -> int:
    """By how many characters a text with the notice is too long."""
    return segments.utf16_units(f"{body}\n\n{notice}") - segments.MAX_CHARACTERS


def pass_notice_on(ended: Message) -> None:
    """The text that carried the notice does not go out: the
    next one that waits carries it.
    """
    if not ended.notice:
        return
    following = ended.conversation.messages.filter(
        direction=Direction.OUTBOUND,
        channel=Channel.TEXT,
        status__in=BEFORE_AN_ATTEMPT,
        system_number=ended.system_number,
    )
    waiting = following.select_for_update(no_key=True).in_order()
    for text in waiting:
        if text.notice:
            return
        # A text that the notice would make too long for the carrier leaves without it.
        if fit_notice(text.body, ended.notice) <= 0:
            text.notice = ended.notice
            text.segments = segments.measure(text.text).segments
            text.save(update_fields=["notice", "segments"])
            return
