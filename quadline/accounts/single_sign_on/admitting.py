"""Somebody comes from the identity provider: the account that is theirs, made or linked
where the college's rules say so, with its role and office by their claims.
"""

from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django.db import connection as database
from django.db import transaction

from quadline.accounts.administering import change_roles_in_turn, others_who_manage
from quadline.accounts.models import Office, User
from quadline.accounts.opening import open_account
from quadline.accounts.rules import Role
from quadline.accounts.single_sign_on import letters_about
from quadline.accounts.single_sign_on.models import (
    SignInConnection,
    current_policy,
    is_break_glass,
)
from quadline.accounts.single_sign_on.rules import (
    Admission,
    CampusIdentity,
    KnownAccount,
    NoEntry,
    admit,
)
from quadline.audit.models import record_audit
from quadline.live.notifications import REACH_CHANGED, notify_screens

# Two administrators who come at once must not each think that the other stays.
ADMITTED_IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('campus sign-in', 0))"
MAX_ACCOUNT_NAME = 200


class NotAdmitted(Exception):
    """Nothing was made or changed."""

    def __init__(
        self,
        refusal: NoEntry,
        user: User | None,
    ) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.user = user


@dataclass(frozen=True)
class Found:
    """The account that an identity leads to. ``is_linked``: by its subject."""

    user: User | None
    is_linked: bool


def admit_person(
    identity: CampusIdentity,
    connection: SignInConnection,
) -> User:
    """The account that they are signed in to now. Raises NotAdmitted."""
    with transaction.atomic():
        with database.cursor() as cursor:
            cursor.execute(ADMITTED_IN_TURN)
        # An administrator may change the same role on a screen at this moment.
        change_roles_in_turn()
        found, verdict = look_at(identity, connection)
        if isinstance(verdict, NoEntry):
            raise NotAdmitted(verdict, found.user)
        user = found.user or _make_account(identity, verdict)
        if not found.is_linked:
            _link(user, identity, connection, is_new=verdict.makes_account)
        _follow(user, verdict)
    return user


def look_at(
    identity: CampusIdentity,
    connection: SignInConnection,
) -> tuple[Found, Admission | NoEntry]:
    """What would become of them. Changes nothing."""
    found = _find(identity, connection)
    known = _known(found, connection) if found.user else None
    return found, admit(identity, known, current_policy().rules)


def tell_of_refusal(refused: NotAdmitted, identity: CampusIdentity) -> None:
    """On record, and to the administrators: what a person asks them about next."""
    # An entry is about something that is here; of a stranger there is nothing.
    if refused.user:
        record_audit(
            "campus sign-in refused",
            subject=refused.user,
            actor=None,
            why=refused.refusal.value,
        )
    letters_about.tell_of_refused(identity.email, refused.refusal)


def _find(
    identity: CampusIdentity,
    connection: SignInConnection,
) -> Found:
    linked = SocialAccount.objects.filter(
        provider=connection.provider_id, uid=identity.subject
    ).first()
    # The subject first: an address may be given to somebody else meanwhile.
    if linked:
        return Found(User.objects.get(pk=linked.user_id), is_linked=True)
    return Found(User.objects.with_address(identity.email), is_linked=False)


def _known(found: Found, connection: SignInConnection) -> KnownAccount:
    user = found.user
    assert user is not None
    # Of this provider only: another one numbers its people differently.
    links = SocialAccount.objects.filter(user=user, provider=connection.provider_id)
    is_administrator = user.role == Role.ADMINISTRATOR and user.is_active
    return KnownAccount(
        role=Role(user.role),
        is_active=user.is_active,
        is_linked=found.is_linked,
        is_linked_to_another=not found.is_linked and links.exists(),
        is_last_administrator=(
            is_administrator and not others_who_manage(user).exists()
        ),
        keeps_role=is_break_glass(user),
    )


def _make_account(identity: CampusIdentity, verdict: Admission) -> User:
    name = " ".join(identity.name.replace("\x00", "").split())[:MAX_ACCOUNT_NAME]
    user = User(
        email=identity.email,
        name=name or identity.email.partition("@")[0],
        role=verdict.role,
    )
    # Its owner comes from the campus; no password opens it until one is set.
    user.set_unusable_password()
    open_account(user, actor=None, action="account made at the first campus sign-in")
    return user


def _link(
    user: User,
    identity: CampusIdentity,
    connection: SignInConnection,
    *,
    is_new: bool,
) -> None:
    SocialAccount.objects.create(
        user=user, provider=connection.provider_id, uid=identity.subject
    )
    record_audit(
        "campus account linked",
        subject=user,
        actor=user,
        provider=connection.issuer,
    )
    # Of a new account there was nobody to be surprised.
    if not is_new:
        letters_about.tell_of_link(user)


def _follow(user: User, verdict: Admission) -> None:
    """Role and office as the verdict has them; an office that nobody made counts for
    nothing.
    """
    office = Office.objects.look_up(verdict.office) if verdict.office else None
    new_office = office if office and office.pk else user.office
    was = {"role": user.role, "office": str(user.office or "")}
    user.role, user.office = verdict.role, new_office
    now = {"role": str(user.role), "office": str(user.office or "")}
    # No entry for each morning on which nothing changed.
    if now != was:
        user.save(update_fields=["role", "office"])
        # Whom they may read and write to goes by role and office.
        notify_screens([user.pk], REACH_CHANGED)
        record_audit(
            "role and office followed the campus account",
            subject=user,
            actor=None,
            was=was,
            now=now,
        )
    if verdict.kept_last_administrator:
        letters_about.tell_of_kept_administrator(user)
