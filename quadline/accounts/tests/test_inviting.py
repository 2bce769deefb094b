"""Inviting staff: all or nobody, every fault at once, a link that works once."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from quadline.accounts import inviting
from quadline.accounts.inviting import (
    AlreadySignedIn,
    NotInvited,
    invite_again,
    invite_staff,
    send_invitation,
)
from quadline.accounts.models import Office, User
from quadline.accounts.staff_details import StaffDetails
from quadline.audit.models import AuditEntry
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.mail_server import MailServer

NEW = StaffDetails(name="Grace  Okafor", email=" Grace@Alder.example ")
PASSWORD = "plum tractor seven lakes"


def invite(people: Cast, *details: StaffDetails) -> list[User]:
    return invite_staff(details, actor=people.ada, now=timezone.now())


def test_an_invited_person_has_an_account_without_a_password(people: Cast) -> None:
    office = NEW.__class__(
        name="Hana Ito",
        email="hana@alder.example",
        role="Lead",
        office="transfer  center",
        title="Coach",
        office_phone="(734) 555-0123",
    )
    grace, hana = invite(people, NEW, office)

    assert (grace.name, grace.email, grace.role) == (
        "Grace Okafor",
        "grace@alder.example",
        "advisor",
    )
    assert not grace.has_usable_password()
    assert (hana.role, hana.title, hana.office_phone) == (
        "lead",
        "Coach",
        "+17345550123",
    )
    assert hana.office == people.omar.office
    assert User.objects.get(pk=hana.pk).inbox.owner == hana
    told = AuditEntry.objects.filter(action="staff user invited", actor=people.ada)
    assert told.count() == 2


FAULTY = [
    (StaffDetails(name="", email="x@alder.example"), "name", "Write the name."),
    (StaffDetails(name="X", email=""), "email", "Write the email address."),
    (StaffDetails(name="X", email="x@alder"), "email", "is not an email address"),
    (StaffDetails(name="X", email="x" * 250 + "@alder.example"), "email", "too long"),
    (StaffDetails(name="X", email="MAYA@alder.example"), "email", "Maya Alvarez has"),
    (
        StaffDetails(name="X", email="x@alder.example", role="boss"),
        "role",
        "is not a role",
    ),
    (
        StaffDetails(name="X", email="x@alder.example", office_phone="12"),
        "office_phone",
        "12",
    ),
    (StaffDetails(name="X" * 201, email="x@alder.example"), "name", "over 200"),
    (
        StaffDetails(name="X", email="x@alder.example", office="O" * 121),
        "office",
        "over 120",
    ),
    (
        StaffDetails(name="X", email="x@alder.example", title="O" * 121),
        "title",
        "over 120",
    ),
]


@pytest.mark.parametrize(("details", "field", "words"), FAULTY)
def test_a_faulty_line_keeps_everybody_from_being_invited(
    people: Cast, details: StaffDetails, field: str, words: str
) -> None:
    before = User.objects.count(), Office.objects.count(), AuditEntry.objects.count()
    with pytest.raises(NotInvited) as refused:
        invite(people, NEW, details)

    (fault,) = refused.value.faults
    assert (fault.line, fault.field) == (2, field)
    assert words in fault.words
    after = User.objects.count(), Office.objects.count(), AuditEntry.objects.count()
    assert after == before


def test_every_fault_of_every_line_is_named_at_once(people: Cast) -> None:
    people.omar.is_active = False
    people.omar.save()
    lines = [
        StaffDetails(name="", email="no address", role="boss"),
        StaffDetails(name="Twice", email="twice@alder.example"),
        StaffDetails(name="Twice", email="TWICE@alder.example"),
        StaffDetails(name="Omar", email="omar@alder.example"),
    ]
    with pytest.raises(NotInvited) as refused:
        invite(people, *lines)

    named = [(fault.line, fault.field) for fault in refused.value.faults]
    assert named == [
        (1, "name"),
        (1, "email"),
        (1, "role"),
        (2, "email"),
        (3, "email"),
        (4, "email"),
    ]
    assert refused.value.faults[-1].account == people.omar
    assert "deactivated" in refused.value.faults[-1].words


def test_who_made_the_account_in_the_same_moment_is_named(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look finds nobody; then somebody is there."""
    look = inviting.invitation_faults
    looks: list[int] = []

    def invitation_faults(people: list[StaffDetails]) -> list[inviting.InvitationFault]:
        looks.append(1)
        return look(people) if len(looks) > 1 else []

    invite(people, NEW)
    monkeypatch.setattr(inviting, "invitation_faults", invitation_faults)
    with pytest.raises(NotInvited) as refused:
        invite(people, NEW)

    assert "Grace Okafor has an account" in str(refused.value)
    assert User.objects.filter(email="grace@alder.example").count() == 1


def link_in(mailbox: MailServer, email: str) -> str:
    found = re.search(
        r"https?://[^/\s]+(/accounts/password/\S+)", mailbox.to(email)[-1].get_content()
    )
    assert found
    return found.group(1)


def test_the_link_sets_one_password_and_then_no_other(
    enter: Enter, people: Cast, mailbox: MailServer
) -> None:
    (grace,) = invite(people, NEW)
    send_invitation(grace.pk)
    letter = mailbox.to("grace@alder.example")[-1]
    link = link_in(mailbox, "grace@alder.example")
    assert "Ada Whitfield made you an account" in letter.get_content()

    visitor = enter(None)
    form = visitor.get(link, follow=True)
    assert "Welcome, Grace Okafor" in form.content.decode()
    page = form.redirect_chain[-1][0]
    chosen = {"password1": PASSWORD, "password2": PASSWORD}
    visitor.post(page, chosen)
    again = enter(None)
    assert "no longer works" in again.get(link, follow=True).content.decode()

    grace.refresh_from_db()
    assert grace.check_password(PASSWORD)
    # Nobody is warned of a password that was never there before.
    assert len(mailbox.to("grace@alder.example")) == 1


def test_the_link_expires_and_another_can_be_sent(
    enter: Enter, people: Cast, mailbox: MailServer
) -> None:
    (grace,) = invite(people, NEW)
    send_invitation(grace.pk)
    first = link_in(mailbox, "grace@alder.example")
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        gone = enter(None).get(first, follow=True).content.decode()
        assert "This link no longer works" in gone
        invite_again(grace, actor=people.ada, now=timezone.now())
        send_invitation(grace.pk)
        another = link_in(mailbox, "grace@alder.example")
        assert "Welcome" in enter(None).get(another, follow=True).content.decode()
    told = AuditEntry.objects.filter(action="staff user invited again")
    assert told.get().actor == people.ada


def test_who_has_signed_in_or_is_deactivated_gets_no_invitation(
    people: Cast, mailbox: MailServer
) -> None:
    (grace,) = invite(people, NEW)
    User.objects.filter(pk=grace.pk).update(last_login=timezone.now())
    with pytest.raises(AlreadySignedIn):
        invite_again(grace, actor=people.ada, now=timezone.now())
    send_invitation(grace.pk)
    User.objects.filter(pk=grace.pk).update(last_login=None, is_active=False)
    with pytest.raises(AlreadySignedIn):
        invite_again(grace, actor=people.ada, now=timezone.now())
    send_invitation(grace.pk)

    assert mailbox.to("grace@alder.example") == []
