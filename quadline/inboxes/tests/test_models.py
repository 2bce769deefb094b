"""An inbox is made with the account; the query over inboxes says what the law says."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from quadline.accounts.models import Office, User
from quadline.accounts.rules import Role
from quadline.inboxes import rules
from quadline.inboxes.models import Inbox, Membership, facts_of, inbox_of, may_write_in
from tests.cast import Cast, staff

Counting = Callable[[int], "transaction.Atomic"]
BY_HAND = """
    INSERT INTO accounts_user (password, email, name, title, role, office_phone, time_zone, portrait, is_active, created_at)
    VALUES ('', 'sql@alder.example', 'By Hand', '', 'advisor', '', '', '', true, now())
"""


def made_by_django() -> None:
    User.objects.create(email="one@alder.example", name="One")


def made_in_bulk() -> None:
    User.objects.bulk_create([User(email="many@alder.example", name="Many")])


def made_by_hand() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [made_by_django, made_in_bulk, made_by_hand])
def test_an_account_has_its_inbox_however_it_is_made(make: Callable[[], None]) -> None:
    make()
    user = User.objects.get()
    inbox = Inbox.objects.get()
    assert (inbox.pk, inbox.owner, inbox.office, inbox.name) == (
        user.pk,
        user,
        None,
        "",
    )
    assert inbox == inbox_of(user) == user.inbox


def test_nothing_is_looked_up_for_a_personal_inbox(
    people: Cast, django_assert_num_queries: Counting
) -> None:
    with django_assert_num_queries(0):
        assert inbox_of(people.maya).shown_name == "Maya Alvarez"
        assert may_write_in(people.maya, people.maya.pk)
        assert not may_write_in(people.maya, people.omar.pk)


def test_an_inbox_is_personal_or_shared_and_nothing_between(people: Cast) -> None:
    office = people.maya.office
    theirs = people.theo.inbox.pk
    for wrong in (
        {},
        {"name": "Front desk"},
        {"office": office},
        {"owner": people.maya},
        {"pk": 900, "office": office, "name": "Front desk"},
        {"pk": 900},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Inbox.objects.create(**wrong)
    for change in (
        {"owner": None},
        {"owner": people.omar},
        {"office": office},
        {"name": "Front desk"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Inbox.objects.filter(pk=theirs).update(**change)


def test_a_personal_inbox_has_no_members(people: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(inbox=people.maya.inbox, user=people.theo)


def test_nobody_is_a_member_twice(people: Cast, front_desk: Inbox) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(inbox=front_desk, user=people.maya)


def everybody(people: Cast) -> list[User]:
    adrift = staff("adrift@alder.example", "Adrift", Role.LEAD, office="")
    left = staff("left@alder.example", "Left", Role.ADMINISTRATOR, is_active=False)
    other_lead = staff(
        "other@alder.example", "Other", Role.LEAD, office="Transfer Center"
    )
    of_cast = [
        people.maya,
        people.theo,
        people.lena,
        people.omar,
        people.ada,
        people.iris,
    ]
    return [*of_cast, adrift, left, other_lead]


def test_the_query_says_what_the_law_says(people: Cast, front_desk: Inbox) -> None:
    known = everybody(people)
    # who is deactivated, and a member
    Membership.objects.create(inbox=front_desk, user=known[-2])
    inboxes = list(Inbox.objects.select_related("owner"))
    assert len(inboxes) == len(known) + 1
    for user in known:
        somebody = facts_of(user)
        read = {each.pk for each in inboxes if rules.may_read(somebody, each.facts)}
        written = {each.pk for each in inboxes if rules.may_write(somebody, each.facts)}
        assert (
            set(Inbox.objects.visible_to(user).values_list("pk", flat=True)) == read
        ), user
        assert (
            set(Inbox.objects.writable_by(user).values_list("pk", flat=True)) == written
        ), user
        assert {
            each.pk for each in inboxes if may_write_in(user, each.pk)
        } == written, user


def test_an_inbox_says_whose_it_is(people: Cast, front_desk: Inbox) -> None:
    assert (str(front_desk), front_desk.email, front_desk.office_line) == (
        "Front desk",
        "",
        "",
    )
    assert (str(people.maya.inbox), people.maya.inbox.email) == (
        "Maya Alvarez",
        "maya@alder.example",
    )
    Office.objects.update(phone="+17345550188")
    front_desk.refresh_from_db()
    assert (front_desk.office_line, people.maya.inbox.office_line) == (
        "+17345550188",
        "+17345550100",
    )
    assert front_desk.its_office == people.maya.inbox.its_office == people.maya.office
