"""Keep words to begin from: save and archive a template, and
whose templates a person may change.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.conversations import merging
from quadline.conversations.models import MessageTemplate
from quadline.conversations.rules import Channel
from quadline.sms import bodies

MAX_TEMPLATE_NAME, MAX_TEMPLATE_SUBJECT, MAX_TEMPLATE_EMAIL = 120, 200, 20_000


class Whose(StrEnum):
    """Who finds a template among theirs."""

    PERSONAL = "personal"
    OFFICE = "office"
    COLLEGE = "college"


class TemplateRefused(ValueError):
    """The template was not saved; the message says why, in plain words."""


@dataclass(frozen=True)
class TemplateContent:
    """What a template holds."""

    name: str
    channel: str
    subject: str
    body: str
    with_contact_card: bool = False


def whose(template: MessageTemplate) -> Whose:
    if template.owner_id is not None:
        return Whose.PERSONAL
    return Whose.OFFICE if template.office_id else Whose.COLLEGE


def may_keep(user: User, kind: Whose) -> bool:
    """Personal ones by who writes to students, an office's by its
    lead, the college's by administrators.
    """
    if not user.may[May.TEXT]:
        return False
    if kind is Whose.OFFICE:
        return user.may[May.SEE_OFFICE] and user.office_id is not None
    return kind is Whose.PERSONAL or user.may[May.MANAGE]


def may_change(user: User, template: MessageTemplate) -> bool:
    """Of what ``MessageTemplate.objects.visible_to`` shows this
    person: whether they may change it.
    """
    return template.archived_at is None and may_keep(user, whose(template))


def save_template(
    *,
    actor: User,
    words: TemplateContent,
    kind: Whose,
    template: MessageTemplate | None = None,
) -> MessageTemplate:
    """Make a template, or change one; whose it is, stays. Raises TemplateRefused."""
    is_allowed = may_change(actor, template) if template else may_keep(actor, kind)
    if not is_allowed:
        raise TemplateRefused("You may not change this template. Nothing was saved.")
    words = _checked(words)
    with transaction.atomic():
        saved = template or MessageTemplate(
            owner=actor if kind is Whose.PERSONAL else None,
            office_id=actor.office_id if kind is Whose.OFFICE else None,
        )
        saved.name = words.name
        saved.channel = words.channel
        saved.subject = words.subject
        saved.body = words.body
        saved.with_contact_card = words.with_contact_card
        saved.save()
        record_audit("template saved", subject=saved, actor=actor, whose=whose(saved))
    return saved


def archive_template(
    *,
    template: MessageTemplate,
    actor: User,
    now: datetime,
) -> bool:
    """Take a template out of every list; what was sent from it stays. False when the
    actor may not, or it was done before.
    """
    if not may_change(actor, template):
        return False
    with transaction.atomic():
        kept = MessageTemplate.objects.filter(pk=template.pk, archived_at=None)
        if not kept.update(archived_at=now):
            return False
        record_audit(
            "template archived",
            subject=template,
            actor=actor,
            whose=whose(template),
        )
    return True


def _checked(words: TemplateContent) -> TemplateContent:
    is_email = words.channel == Channel.EMAIL
    name = _one_line(words.name)
    subject = _one_line(words.subject) if is_email else ""
    body = bodies.clean(words.body)
    for wrong, why in (
        (not name, "Give the template a name."),
        (
            len(name) > MAX_TEMPLATE_NAME,
            f"The name is longer than {MAX_TEMPLATE_NAME} characters. Shorten it.",
        ),
        (is_email and not subject, "An email needs a subject."),
        (
            len(subject) > MAX_TEMPLATE_SUBJECT,
            f"The subject is longer than {MAX_TEMPLATE_SUBJECT} characters."
            " Shorten it.",
        ),
        (not body, "Write the message of the template."),
        (
            is_email and len(body) > MAX_TEMPLATE_EMAIL,
            f"The message is longer than {MAX_TEMPLATE_EMAIL:,} characters."
            " Shorten it.",
        ),
    ):
        if wrong:
            raise TemplateRefused(f"{why} Nothing was saved.")
    _refuse_what_cannot_be_sent(is_email, subject, body)
    return TemplateContent(
        name,
        Channel(words.channel),
        subject,
        body,
        words.with_contact_card and is_email,
    )


def _one_line(text: str) -> str:
    return " ".join(bodies.clean(text).split())


def _refuse_what_cannot_be_sent(
    is_email: bool,
    subject: str,
    body: str,
) -> None:
    if unknown := merging.unknown_fields(subject, body):
        raise TemplateRefused(f"{merging.about_unknown(unknown)} Nothing was saved.")
    if not is_email:
        try:
            bodies.checked_body(body)
        except bodies.BodyError as error:
            raise TemplateRefused(
                str(error).replace("Nothing was sent.", "Nothing was saved.")
            ) from error
