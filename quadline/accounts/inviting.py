"""Staff are invited, one or many: accounts without a password, and a link by email to
set one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from quadline.accounts.models import Office, User
from quadline.accounts.opening import open_account
from quadline.accounts.passwords import password_link_of
from quadline.accounts.single_sign_on.passwords_off import may_use_password
from quadline.accounts.staff_details import StaffDetails, faults_of, phone_of, tidy
from quadline.audit.models import record_audit
from quadline.emails import letters
from quadline.jobs import enqueue, job

# One transaction with an email each; a college's whole staff in a few pastes.
MAX_INVITED_AT_ONCE = 500


@dataclass(frozen=True)
class InvitationFault:
    """What is wrong with one line. ``line``: its place, from 1. ``account``: who has
    the address already.
    """

    line: int
    field: str
    words: str
    account: User | None = None


class NotInvited(Exception):
    """Nobody was invited. ``faults``: all that is wrong, by line."""

    def __init__(self, faults: Sequence[InvitationFault]) -> None:
        super().__init__("; ".join(fault.words for fault in faults))
        self.faults = list(faults)


class AlreadySignedIn(Exception):
    """No invitation is needed any more, or the account is deactivated."""


def invitation_faults(people: Sequence[StaffDetails]) -> list[InvitationFault]:
    """All that keeps these people from being invited, in the order of their lines.

    ``people`` are tidy. Two questions to the database, however many they are.
    """
    wanted = [person.email for person in people]
    taken = {user.email: user for user in User.objects.filter(email__in=wanted)}
    times = Counter(wanted)
    found: list[InvitationFault] = []
    for line, person in enumerate(people, start=1):
        faults = faults_of(person)
        found += [InvitationFault(line, name, words) for name, words in faults.items()]
        if account := taken.get(person.email):
            words = _taken_words(account)
            found.append(InvitationFault(line, "email", words, account))
        elif "email" not in faults and times[person.email] > 1:
            words = f"{person.email} is on more than one line."
            found.append(InvitationFault(line, "email", words))
    return found


def _taken_words(account: User) -> str:
    if not account.is_active:
        return f"{account.name} has this address, and the account is deactivated."
    return f"{account.name} has an account with this address already."


def invite_staff(
    people: Sequence[StaffDetails], *, actor: User, now: datetime
) -> list[User]:
    """Make an account for each and send each a link. All of them, or nobody.

    Raises NotInvited, with every fault.
    """
    tidied = [tidy(person) for person in people]
    try:
        with transaction.atomic():
            if faults := invitation_faults(tidied):
                raise NotInvited(faults)
            return _make_accounts(tidied, actor, now)
    except IntegrityError as error:
        # Somebody else made one of these accounts in the same moment.
        faults = invitation_faults(tidied)
        if not faults:
            raise
        raise NotInvited(faults) from error


def _make_accounts(
    people: Sequence[StaffDetails], actor: User, now: datetime
) -> list[User]:
    names = {person.office for person in people if person.office}
    offices = {name: Office.objects.named(name) for name in sorted(names)}
    made = [
        User(
            email=person.email,
            name=person.name,
            role=person.role,
            office=offices.get(person.office),
            title=person.title,
            office_phone=phone_of(person),
            invited_at=now,
            invited_by=actor,
        )
        for person in people
    ]
    for user in made:
        # Nobody can sign in until its owner has chosen a password.
        user.set_unusable_password()
        open_account(user, actor=actor, action="staff user invited")
        enqueue(send_invitation, user_id=user.pk)
    return made


def invite_again(
    user: User,
    *,
    actor: User,
    now: datetime,
) -> None:
    """Send another link: the first one was lost, or it expired.

    Raises AlreadySignedIn.
    """
    with transaction.atomic():
        invited = User.objects.filter(pk=user.pk, is_active=True, last_login=None)
        if not invited.update(invited_at=now, invited_by=actor):
            raise AlreadySignedIn
        record_audit("staff user invited again", subject=user, actor=actor)
        enqueue(send_invitation, user_id=user.pk)


@job(queue="letters")
def send_invitation(user_id: int) -> None:
    """The link is made here, as one to reset a password is, and is as long valid."""
    waiting = User.objects.filter(pk=user_id, is_active=True, last_login=None)
    user = waiting.select_related("invited_by").first()
    if user is None:
        return
    letters.invitation(
        to=user.email,
        name=user.name,
        inviter=user.invited_by.name if user.invited_by else "",
        # Who comes with a campus account has no password to choose.
        link=password_link_of(user) if may_use_password(user) else "",
    )
