"""What an outgoing email says and where its answers go: the rows
read, the words taken from emails/.
"""

from quadline.accounts.models import User
from quadline.carriers.protocol import Failure
from quadline.college.current import college_settings
from quadline.consent.rules import Reason
from quadline.conversations import contact_card
from quadline.conversations.models import Conversation
from quadline.delivery.models import IncomingEmail, OutgoingEmail
from quadline.emails import failsafe_letter, tokens
from quadline.emails.failsafe_letter import Facts, FailsafeReason
from quadline.emails.outgoing import OutgoingLetter
from quadline.numbers.models import SystemNumber

# References grow by one with each email (RFC 5322, 3.6.4); the last ones are enough to
# thread by
MAX_CHAIN = 20

# Why a text ended, as it is kept on the message, and what the student reads of it. Not
# listed: FailsafeReason.OTHER.
LETTER_REASONS: dict[str, FailsafeReason] = {
    Reason.OPTED_OUT: FailsafeReason.OPTED_OUT,
    Reason.NO_MOBILE: FailsafeReason.NO_MOBILE,
    Reason.LANDLINE: FailsafeReason.LANDLINE,
    Reason.BAD_NUMBER: FailsafeReason.BAD_NUMBER,
    Failure.REFUSED_BY_PHONE.name.lower(): FailsafeReason.BLOCKED_BY_PHONE,
    Failure.INVALID_NUMBER.name.lower(): FailsafeReason.BAD_NUMBER,
    Failure.DISCONNECTED.name.lower(): FailsafeReason.BAD_NUMBER,
    Failure.NO_ROUTE.name.lower(): FailsafeReason.BAD_NUMBER,
    Failure.UNREACHABLE.name.lower(): FailsafeReason.SWITCHED_OFF,
    Failure.FILTERED.name.lower(): FailsafeReason.FILTERED,
    Failure.EXPIRED.name.lower(): FailsafeReason.TOO_LATE,
    "deadline": FailsafeReason.TOO_LATE,
    "by_hand": FailsafeReason.BY_HAND,
}


def letter_of(email: OutgoingEmail) -> OutgoingLetter:
    """The letter as it will leave: the same words however often it is tried."""
    message, conversation = email.message, email.message.conversation
    author = message.author
    assert author, "what goes out has an author"
    chain = _chain(conversation, before=email)
    facts = _facts(email, author)
    return OutgoingLetter(
        to=email.to,
        subject=(
            failsafe_letter.subject(facts) if email.is_failsafe else message.subject
        ),
        body=failsafe_letter.plain_letter(facts) if email.is_failsafe else message.body,
        html=failsafe_letter.html(facts) if email.is_failsafe else "",
        header_id=email.header_id,
        from_name=f"{author.name} via {college_settings().college_name}",
        reply_to=tokens.reply_address(conversation.pk) or author.email,
        return_path=tokens.reply_address(conversation.pk),
        in_reply_to=chain[-1] if chain else "",
        references=chain,
        attachments=(
            _attachments(author, conversation.inbox_id)
            if email.with_contact_card
            else ()
        ),
        is_automatic=email.is_failsafe,
    )


def _facts(email: OutgoingEmail, author: User) -> Facts:
    message = email.message
    return Facts(
        text=message.body,
        why=LETTER_REASONS.get(message.reason, FailsafeReason.OTHER),
        staff_name=author.name,
        staff_title=author.title,
        staff_pronouns=author.pronouns,
        staff_signature=author.signature,
        office_phone=author.office_phone or college_settings().college_phone,
        college=college_settings().college_name,
        system_phone=message.system_number.phone if message.system_number else "",
        student_phone=message.student_phone,
        update_url=college_settings().phone_update_url,
    )


def _chain(conversation: Conversation, *, before: OutgoingEmail) -> tuple[str, ...]:
    """The Message-IDs of the conversation's emails so far, both ways, oldest first."""
    ours = OutgoingEmail.objects.filter(
        message__conversation=conversation, sent_at__isnull=False
    ).exclude(pk=before.pk)
    theirs = IncomingEmail.objects.filter(message__conversation=conversation)
    known = [
        *ours.order_by("-sent_at").values_list("sent_at", "header_id")[:MAX_CHAIN],
        *theirs.order_by("-received_at").values_list("received_at", "header_id")[
            :MAX_CHAIN
        ],
    ]
    return tuple(name for _, name in sorted(known) if _is_header_id(name))[-MAX_CHAIN:]


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


def _attachments(author: User, inbox_id: int) -> tuple[tuple[str, bytes, str], ...]:
    number = SystemNumber.objects.of_inbox(inbox_id)
    if number is None or not number.phone:
        return ()
    card = contact_card.make_contact_card(author, number)
    return ((contact_card.FILE_NAME, card, contact_card.CONTENT_TYPE),)
