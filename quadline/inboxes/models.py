"""Inboxes, their members, and the one query that says
who may read and write in them.
"""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Func, Q, Value

from quadline.accounts.models import Office, User
from quadline.inboxes import rules
from quadline.inboxes.departures import Departure as Departure
from quadline.inboxes.departures import Successor as Successor
from quadline.inboxes.rules import SHARED_FROM, InboxFacts, Sight, StaffFacts

SHARED_ID = Func(Value("inboxes_shared_id"), function="nextval")

IS_PERSONAL = Q(
    id__lt=SHARED_FROM,
    owner__isnull=False,
    id=models.F("owner"),
    office=None,
    name="",
)
IS_SHARED = Q(
    id__gte=SHARED_FROM,
    owner=None,
    office__isnull=False,
) & ~Q(name="")


MAKE_INBOX = """
                    INSERT INTO inboxes_inbox (id, owner_id, name) VALUES (NEW.id, NEW.id, '')
                    ON CONFLICT DO NOTHING;
                    RETURN NEW;
                """  # noqa: E501  # as the migration has it


class InboxQuerySet(models.QuerySet["Inbox"]):
    def visible_to(self, user: User) -> "InboxQuerySet":
        """Those this person may read: ``rules.may_read``, for many."""
        if rules.sight_of(facts_of(user)) is Sight.COLLEGE:
            return self.all()
        return self.filter(pk__in=_seen_ids(user))

    def writable_by(self, user: User) -> "InboxQuerySet":
        """Those this person may write in: ``rules.may_write``, for many."""
        return self.filter(pk__in=_held_ids(user)) if _may_hold(user) else self.none()


class Inbox(models.Model):
    """What conversations and a number belong to: personal when
    it has an owner, else shared.

    A personal one is made with the account, by the database, and has its owner's id. So
    what belongs to it is found by the staff user's id alone.
    """

    id = models.BigIntegerField(primary_key=True, db_default=SHARED_ID)
    owner = models.OneToOneField(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="inbox",
    )
    office = models.ForeignKey(
        Office,
        null=True,
        on_delete=models.PROTECT,
        related_name="shared_inboxes",
    )
    name = models.CharField(max_length=120, blank=True)  # of a shared one

    objects = InboxQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=IS_PERSONAL | IS_SHARED,
                name="inbox_personal_or_shared",
            ),
            models.UniqueConstraint(fields=["office", "name"], name="inbox_name_once"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """Whose it is, as the screens say it."""
        return self.owner.name if self.owner else self.name

    @property
    def email(self) -> str:
        """Where its owner gets mail; "" for a shared one."""
        return self.owner.email if self.owner else ""

    @property
    def its_office(self) -> Office | None:
        """The office it is of; of a personal one, its owner's."""
        return self.owner.office if self.owner else self.office

    @property
    def office_line(self) -> str:
        """Whom a call to its number is passed on to: the
        owner's line, or the office's.
        """
        if self.owner:
            return self.owner.office_phone
        return self.office.phone if self.office else ""

    @property
    def is_open(self) -> bool:
        """Whether texts leave from it: a deactivated account's do not."""
        return self.owner is None or self.owner.is_active

    @property
    def facts(self) -> InboxFacts:
        """For the law. A shared one is asked for its members."""
        if self.owner:
            return InboxFacts(self.pk, self.owner.office_id)
        members = Membership.objects.filter(inbox=self).values_list("user", flat=True)
        return InboxFacts(self.pk, self.office_id, frozenset(members))


class Membership(models.Model):
    """A staff user who reads and writes in a shared inbox."""

    inbox = models.ForeignKey(
        Inbox, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["inbox", "user"], name="member_once"),
            models.CheckConstraint(
                condition=Q(inbox__gte=SHARED_FROM), name="member_of_shared_inbox"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.inbox}"


class Account(User):
    """A staff user as this room knows them: whatever makes an
    account makes its inbox, too.
    """

    class Meta:
        proxy = True
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="inbox_with_account",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=MAKE_INBOX,
            )
        ]


def inbox_of(user: User) -> Inbox:
    """The personal inbox of a staff user. Nothing is looked up: all of it is known."""
    found = Inbox(pk=user.pk, owner=user)
    found._state.adding = False
    return found


def facts_of(user: User) -> StaffFacts:
    return StaffFacts(
        user.pk,
        user.role,
        user.is_active,
        user.office_id,
        user.is_away,
    )


def may_write_in(user: User, inbox_id: int) -> bool:
    """``rules.may_write`` of one inbox. Only for a shared
    one its members are looked up.
    """
    members: frozenset[int] = frozenset()
    if rules.is_shared(inbox_id):
        found = Membership.objects.filter(inbox=inbox_id, user=user)
        members = frozenset(found.values_list("user", flat=True))
    return rules.may_write(facts_of(user), InboxFacts(inbox_id, None, members))


def seen_inboxes(user: User, *, field: str = "inbox") -> Q:
    """Of rows that have an inbox: those in inboxes that this person may read.

    ``field``: the foreign key to it; one to a staff user stands for the personal inbox.
    """
    if rules.sight_of(facts_of(user)) is Sight.COLLEGE:
        return Q()  # nothing to look up, for each row
    return Q(**{f"{field}__in": _seen_ids(user)})


def written_inboxes(user: User) -> Q:
    """Of rows that have an ``inbox``: those in inboxes
    that this person may write in.
    """
    return Q(inbox__in=_held_ids(user)) if _may_hold(user) else Q(pk__in=())


def sees_others(user: User) -> bool:
    """Whether this person reads inboxes that are neither
    theirs nor shared with them.
    """
    return rules.sight_of(facts_of(user)) in (Sight.OFFICE, Sight.COLLEGE)


def _may_hold(user: User) -> bool:
    return user.is_active and not user.is_away


def _seen_ids(user: User) -> "models.QuerySet[Any, Any]":
    """The ids of the inboxes that somebody reads who does not read them all."""
    match rules.sight_of(facts_of(user)):
        case Sight.OWN:
            return _held_ids(user)
        case Sight.OFFICE:
            of_staff = Inbox.objects.filter(owner__office=user.office_id).values("pk")
            of_office = Inbox.objects.filter(office=user.office_id).values("pk")
            return _held_ids(user).union(of_staff, of_office)
        case _:
            return Inbox.objects.none().values("pk")


def _held_ids(user: User) -> "models.QuerySet[Any, Any]":
    """The personal one, and those the person is a member of.

    A union, not an OR: so a planner expects few, and finds what is in them by its
    index.
    """
    shared = Membership.objects.filter(user=user).values("inbox")
    return Inbox.objects.filter(pk=user.pk).values("pk").union(shared)
