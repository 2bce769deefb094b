"""No page is made for shared inboxes yet; those there are
hold to the law, and break on none.
"""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.delivery.tests.acts import reply
from quadline.inboxes.models import Inbox, Membership
from quadline.numbers.models import SystemNumber
from tests.architecture.conftest import Enter
from tests.cast import Cast

pytestmark = pytest.mark.django_db
DESK_PHONE = "+17345550260"


@pytest.fixture
def talk(people: Cast) -> Conversation:
    """Rosa has written to the front desk of Maya's office,
    of which Maya is the member.
    """
    inbox = Inbox.objects.create(office=people.maya.office, name="Front desk")
    Membership.objects.create(inbox=inbox, user=people.maya)
    now = timezone.now()
    SystemNumber.objects.create(
        inbox=inbox, phone=DESK_PHONE, state="active", requested_at=now, active_at=now
    )
    talk = open_conversation(inbox=inbox, student=people.rosa, now=now)
    reply(people.rosa.mobile, DESK_PHONE, "Are you open today?")
    talk.refresh_from_db()
    return talk


def page_of(enter: Enter, user: object, talk: Conversation) -> str:
    answer = enter(user).get(reverse("conversation", args=[talk.pk]))  # type: ignore[arg-type]
    assert answer.status_code == 200
    return answer.content.decode()


def text_to(enter: Enter, user: object, talk: Conversation) -> int:
    form = {"channel": "text", "body": "Until five.", "message_id": str(uuid.uuid4())}
    return enter(user).post(reverse("send_text", args=[talk.pk]), form).status_code  # type: ignore[arg-type]


def test_a_member_answers_from_its_number(
    enter: Enter, people: Cast, talk: Conversation
) -> None:
    assert "Are you open today?" in page_of(enter, people.maya, talk)
    assert text_to(enter, people.maya, talk) == 302
    [text] = Message.objects.filter(direction="outbound")
    assert (text.conversation, text.author) == (talk, people.maya)
    assert text.system_number is not None
    assert text.system_number.phone == DESK_PHONE


@pytest.mark.parametrize("who", ["theo", "omar"])
def test_who_is_no_member_does_not_find_it(
    enter: Enter, people: Cast, talk: Conversation, who: str
) -> None:
    user = getattr(people, who)
    for name in ("conversation", "conversation_since", "conversation_older"):
        assert enter(user).get(reverse(name, args=[talk.pk])).status_code == 404
    assert text_to(enter, user, talk) == 404
    assert not Message.objects.filter(direction="outbound").exists()


@pytest.mark.parametrize("who", ["lena", "ada", "iris"])
def test_who_sees_the_office_or_the_college_reads_only(
    enter: Enter, people: Cast, talk: Conversation, who: str
) -> None:
    user = getattr(people, who)
    page = page_of(enter, user, talk)
    assert "Are you open today?" in page
    assert text_to(enter, user, talk) == 404
    assert (
        "Front desk"
        in enter(user)
        .get(reverse("inbox"), {"whose": "all", "show": "open"})
        .content.decode()
    )


@pytest.mark.parametrize(
    "name", ["manage_numbers", "report-delivery", "report-responses", "report-opt-outs"]
)
def test_no_page_breaks_on_it(
    enter: Enter, people: Cast, talk: Conversation, name: str
) -> None:
    text_to(enter, people.maya, talk)
    reply(people.rosa.mobile, DESK_PHONE, "STOP")
    answer = enter(people.ada).get(reverse(name))
    assert answer.status_code == 200
    assert "Front desk" in answer.content.decode()


def test_a_students_profile_names_it(
    enter: Enter, people: Cast, talk: Conversation
) -> None:
    reply(people.rosa.mobile, DESK_PHONE, "STOP")
    shown = (
        enter(people.lena)
        .get(reverse("student", args=[people.rosa.pk]))
        .content.decode()
    )
    assert "Front desk" in shown


def test_reading_by_a_member_counts_and_by_others_does_not(
    enter: Enter, people: Cast, talk: Conversation
) -> None:
    for user, unread in ((people.lena, 1), (people.maya, 0)):
        enter(user).post(reverse("conversation_read", args=[talk.pk]))
        talk.refresh_from_db()
        assert talk.unread_count == unread
