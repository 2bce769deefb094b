"""What an outgoing email says and where its answers go: the rows
read, the words taken from emails/.
"""

from django.conf import settings

from quadline.accounts.models import User
from quadline.carriers.protocol import Failure
from quadline.consent.rules import Reason
from quadline.conversations import contact_card
from quadline.conversations.models import Conversation
from quadline.delivery.models import IncomingEmail, OutgoingEmail
from quadline.emails import failsafe_letter, tokens
from quadline.emails.failsafe_letter import Facts, Why
from quadline.emails.outgoing import Letter
from quadline.numbers.models import SystemNumber

# References grow by one with each email (RFC 5322, 3.6.4); the last ones are enough to
# thread by
LONGEST_CHAIN = 20

# Why a text ended, as it is kept on the message, and what the student reads of it. Not
# listed: Why.OTHER.
WHYS: dict[str, Why] = {
    Reason.OPTED_OUT: Why.OPTED_OUT,
    Reason.NO_MOBILE: Why.NO_MOBILE,
    Reason.LANDLINE: Why.LANDLINE,
    Reason.BAD_NUMBER: Why.BAD_NUMBER,
    Failure.REFUSED_BY_PHONE.name.lower(): Why.BLOCKED_BY_PHONE,
    Failure.INVALID_NUMBER.name.lower(): Why.BAD_NUMBER,
    Failure.DISCONNECTED.name.lower(): Why.BAD_NUMBER,
    Failure.NO_ROUTE.name.lower(): Why.BAD_NUMBER,
    Failure.UNREACHABLE.name.lower(): Why.SWITCHED_OFF,
    Failure.FILTERED.name.lower(): Why.FILTERED,
    Failure.EXPIRED.name.lower(): Why.TOO_LATE,
    "deadline": Why.TOO_LATE,
    "by_hand": Why.BY_HAND,
}


def letter_of(email: OutgoingEmail) -> Letter:
    """The letter as it will leave: the same words however often it is tried."""
    message, conversation = email.message, email.message.conversation
    chain = _chain(conversation, before=email)
    facts = _facts(email)
    return Letter(
        to=email.to,
        subject=(
            failsafe_letter.subject(facts) if email.is_failsafe else message.subject
        ),
        body=failsafe_letter.plain(facts) if email.is_failsafe else message.body,
        html=failsafe_letter.html(facts) if email.is_failsafe else "",
        header_id=email.header_id,
        from_name=f"{conversation.staff.name} via {settings.ENV.college_name}",
        reply_to=tokens.reply_address(conversation.pk) or conversation.staff.email,
        return_path=tokens.reply_address(conversation.pk),
        in_reply_to=chain[-1] if chain else "",
        references=chain,
        attachments=_attachments(conversation.staff) if email.with_contact_card else (),
        is_automatic=email.is_failsafe,
    )


def _facts(email: OutgoingEmail) -> Facts:
    message, staff = email.message, email.message.conversation.staff
    return Facts(
        text=message.body,
        why=WHYS.get(message.reason, Why.OTHER),
        staff_name=staff.name,
        staff_title=staff.title,
        office_phone=staff.office_phone or settings.ENV.college_phone,
        college=settings.ENV.college_name,
        system_phone=message.system_number.phone if message.system_number else "",
        student_phone=message.student_phone,
        update_url=settings.ENV.phone_update_url,
    )


def _chain(conversation: Conversation, *, before: OutgoingEmail) -> tuple[str, ...]:
    """The Message-IDs of the conversation's emails so far, both ways, oldest first."""
    ours = OutgoingEmail.objects.filter(
        message__conversation=conversation, sent_at__isnull=False
    ).exclude(pk=before.pk)
    theirs = IncomingEmail.objects.filter(message__conversation=conversation)
    known = [
        *ours.order_by("-sent_at").values_list("sent_at", "header_id")[:LONGEST_CHAIN],
        *theirs.order_by("-received_at").values_list("received_at", "header_id")[
            :LONGEST_CHAIN
        ],
    ]
    return tuple(name for _, name in sorted(known) if _is_header_id(name))[
        -LONGEST_CHAIN:
    ]


def _is_header_id(name: str) -> bool:
    """Others make theirs as they like, and one without any is kept under a
    digest: neither may break our header.
    """
    return (
        name.startswith("<")
        and name.endswith(">")
        and "@" in name
        and name.isascii()
        and name.isprintable()
        and " " not in name
    )


def _attachments(staff: User) -> tuple[tuple[str, bytes, str], ...]:
    number = SystemNumber.objects.of(staff)
    if number is None or not number.phone:
        return ()
    card = contact_card.contact_card(staff, number)
    attachment = (contact_card.FILE_NAME, card, contact_card.CONTENT_TYPE)
    return (attachment,)
