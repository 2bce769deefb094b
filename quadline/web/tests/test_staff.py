"""Manage, Staff: the list, one of them, and what stands in an administrator's way."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.broadcasts.models import Broadcast
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Direction, Status
from quadline.delivery.tests.acts import number_row
from tests.architecture.conftest import Enter
from tests.cast import Cast, staff

LIST = "/manage/staff/"


def names(enter: Enter, people: Cast, query: str = "") -> list[str]:
    answer = enter(people.ada).get(f"{LIST}{query}")
    assert answer.status_code == 200
    return [row.user.name for row in answer.context["rows"]]


def test_everyone_is_listed_by_name_with_what_waits_for_them(
    enter: Enter, people: Cast
) -> None:
    number_row(people.maya)
    for student, counts in ((people.rosa, {"unread_count": 3}), (people.bo, {})):
        opened = open_conversation(
            inbox=people.maya.inbox, student=student, now=timezone.now()
        )
        Conversation.objects.filter(pk=opened.pk).update(needs_reply=True, **counts)
    User.objects.filter(pk=people.theo.pk).update(is_active=False)
    User.objects.filter(pk=people.omar.pk).update(invited_at=timezone.now())
    page = enter(people.ada).get(LIST)
    rows = {row.user.name: row for row in page.context["rows"]}

    assert list(rows) == sorted(rows)
    maya = rows["Maya Alvarez"]
    assert (maya.unread, maya.waiting_students) == (1, 2)
    assert maya.number.state == "active"
    assert rows["Theo Brandt"].chip["label"] == "Deactivated"
    assert rows["Omar Haddad"].chip["label"] == "Invited, not signed in yet"
    assert rows["Ada Whitfield"].chip is None
    assert "2 students waiting" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=maya", ["Maya Alvarez"]),
        ("?q=ALVAREZ+maya", ["Maya Alvarez"]),
        ("?q=theo%40alder", ["Theo Brandt"]),
        ("?q=transfer+center", ["Omar Haddad"]),
        ("?q=calderon", ["Zoë Calderón"]),
        ("?q=zoe", ["Zoë Calderón"]),
        ("?q=nobody", []),
        ("?q=%25", None),
        ("?q=%00", None),
        ("?role=lead", ["Lena Ortiz"]),
        ("?role=dean", None),
        ("?office=none", ["Zoë Calderón"]),
        ("?office=99999999999", []),
        ("?office=x", None),
        ("?state=deactivated", ["Theo Brandt"]),
        ("?state=active", ["Ada Whitfield"]),
        ("?state=gone", None),
        ("?role=advisor&state=deactivated&q=theo", ["Theo Brandt"]),
        ("?page=99", None),
        ("?page=0", None),
        ("?page=-1", None),
        ("?page=x", None),
    ],
)
def test_the_list_is_searched_and_filtered(
    enter: Enter, people: Cast, query: str, found: list[str] | None
) -> None:
    """None: what cannot be asked for counts for nothing."""
    staff("zoe@alder.example", "Zoë Calderón", office="")
    User.objects.filter(pk__in=[people.ada.pk, people.iris.pk]).update(
        office=people.maya.office
    )
    User.objects.filter(pk=people.theo.pk).update(is_active=False)
    shown = names(enter, people, query)

    assert shown == found if found is not None else len(shown) == 7


def test_a_long_list_is_paged_with_as_many_queries_as_a_short_one(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.ada)
    browser.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as few:
        browser.get(LIST)
    User.objects.bulk_create(
        User(
            email=f"s{n}@alder.example", name=f"Staff {n:03}", office=people.maya.office
        )
        for n in range(140)
    )
    with CaptureQueriesContext(connection) as many:
        first = browser.get(LIST)
    others = [browser.get(f"{LIST}?page={page}") for page in (2, 3)]
    pages = [page.context["rows"] for page in (first, *others)]

    assert len(many) == len(few) < 20
    assert [len(rows) for rows in pages] == [50, 50, 46]
    assert len({row.user.pk for rows in pages for row in rows}) == 146
    second = " ".join(browser.get(f"{LIST}?page=2").content.decode().split())
    assert "51 to 100 of 146 staff" in second
    filtered = browser.get(f"{LIST}?q=staff&role=advisor").context["after"]
    assert filtered == "?q=staff&role=advisor&page=2"


def form_of(user: User, **changes: str) -> dict[str, str]:
    """The form as it was when it was opened, with what was typed since."""
    values = {
        "name": user.name,
        "role": user.role,
        "office": user.office.name if user.office else "",
        "title": user.title,
        "office_phone": user.office_phone_written,
    }
    seen = {f"seen_{name}": value for name, value in values.items()}
    return {**values, **seen, **changes}


def test_two_on_the_same_form_lose_nothing(enter: Enter, people: Cast) -> None:
    ben = staff("ben@alder.example", "Ben", role=Role.ADMINISTRATOR)
    page = f"{LIST}{people.maya.pk}/"
    first = form_of(people.maya, title="Coach")
    later = form_of(people.maya, title="Counselor", role="lead")
    assert enter(people.ada).post(page, first).status_code == 302
    told = enter(ben).post(page, later)
    words = told.content.decode()

    assert told.status_code == 409
    assert "somebody else changed this account" in words
    assert "The title is now: " in words
    assert 'value="Counselor"' in words
    assert (
        'value="lead" \n      selected' in words
        or 'value="lead"\n      selected' in words
    )
    assert User.objects.get(pk=people.maya.pk).role == "advisor"

    # Saved again from that page, it is what the later one wanted.
    again = {**later, "seen_title": told.context["seen"]["title"]}
    assert enter(ben).post(page, again).status_code == 302
    maya = User.objects.get(pk=people.maya.pk)
    assert (maya.title, maya.role) == ("Counselor", "lead")


def test_a_form_without_its_fields_changes_nothing(enter: Enter, people: Cast) -> None:
    lena = f"{LIST}{people.lena.pk}/"
    enter(people.ada).post(lena, {})
    answer = enter(people.ada).post(lena, {"role": "advisor"})

    assert answer.status_code == 409
    assert User.objects.get(pk=people.lena.pk).role == "lead"


def test_the_last_administrator_is_told_so_and_stays(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.ada)
    page = f"{LIST}{people.ada.pk}/"
    demoted = browser.post(page, form_of(people.ada, role="advisor", title="Dean"))
    deactivated = browser.post(f"{page}deactivate/")

    assert demoted.status_code == deactivated.status_code == 422
    for answer in (demoted, deactivated):
        assert "the only administrator who can sign in" in answer.content.decode()
    assert 'value="Dean"' in demoted.content.decode()
    ada = User.objects.get(pk=people.ada.pk)
    assert (ada.role, ada.is_active, ada.title) == ("administrator", True, "")


def test_one_who_gives_the_role_away_is_sent_where_they_may_be(
    enter: Enter, people: Cast
) -> None:
    staff("ben@alder.example", "Ben", role=Role.ADMINISTRATOR)
    page = f"{LIST}{people.ada.pk}/"
    answer = enter(people.ada).post(
        page, form_of(people.ada, role="advisor"), follow=True
    )

    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == "/inbox/"


def test_what_deactivating_means_is_said_before(enter: Enter, people: Cast) -> None:
    number = number_row(people.maya)
    number.active_at = timezone.now()
    number.save()
    opened = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    Message.objects.create(
        id="00000000-0000-0000-0000-000000000001",
        conversation=opened,
        direction=Direction.OUTBOUND,
        author=people.maya,
        student_phone=people.rosa.mobile,
        body="Hello",
        status=Status.WAITING,
        reason="quiet_hours",
        created_at=timezone.now(),
        system_number=number,
    )
    now = timezone.now()
    Broadcast.objects.create(
        author=people.maya, body="Hi", state="running", created_at=now, launched_at=now
    )
    people.maya.api_tokens.create(name="Roster", digest="x", created_at=now)
    mayas = enter(people.maya)
    mayas.get("/me/")
    page = f"{LIST}{people.maya.pk}/deactivate/"
    browser = enter(people.ada)
    words = " ".join(browser.get(page).content.decode().split())

    for said in (
        "1 signed-in device is signed out",
        "1 API token ends for good",
        "1 waiting text is held",
        "1 broadcast stops",
        "4 students stay on the caseload",
        f"Students can still text {number.written}",
    ):
        assert said in words
    assert browser.post(page).status_code == 302
    assert mayas.get("/me/").status_code == 302
    assert not User.objects.get(pk=people.maya.pk).is_active
    assert "access has ended" in browser.get(page).content.decode()
    browser.post(f"{LIST}{people.maya.pk}/reactivate/")
    assert User.objects.get(pk=people.maya.pk).is_active


def looks_at_waiting_texts() -> int:
    name = "quadline.delivery.hold_texts_out_of_reach_job"
    return ProcrastinateJob.objects.filter(task_name=name).count()


def test_texts_that_may_not_leave_any_more_are_looked_at_at_once(
    enter: Enter, people: Cast
) -> None:
    browser, page = enter(people.ada), f"{LIST}{people.maya.pk}/"
    browser.post(page, form_of(people.maya, role="auditor"))
    assert looks_at_waiting_texts() == 1
    browser.post(f"{page}deactivate/")
    assert looks_at_waiting_texts() == 2
    browser.post(f"{page}reactivate/")
    assert looks_at_waiting_texts() == 3


def test_an_administrator_who_lost_the_role_is_refused(
    enter: Enter, people: Cast
) -> None:
    """The page was opened before; each act looks again."""
    browser = enter(people.ada)
    User.objects.filter(pk=people.ada.pk).update(role="advisor")
    for path, data in (
        ("", form_of(people.maya, role="administrator")),
        ("deactivate/", {}),
        ("reactivate/", {}),
        ("invite/", {}),
    ):
        assert browser.post(f"{LIST}{people.maya.pk}/{path}", data).status_code == 403
    assert User.objects.get(pk=people.maya.pk).role == "advisor"


def test_last_sign_in_is_when_they_signed_in_last(enter: Enter, people: Cast) -> None:
    User.objects.update(last_login=timezone.now() - timedelta(days=400))
    enter(people.maya)
    page = enter(people.ada).get(f"{LIST}?q=maya")
    (row,) = page.context["rows"]

    assert timezone.now() - row.user.last_login < timedelta(minutes=5)
    assert reverse("manage_staff_user", args=[people.maya.pk]) in page.content.decode()
