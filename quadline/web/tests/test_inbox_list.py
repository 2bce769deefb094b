"""The list of the inbox stays quick in a college of any size: nothing is
sorted or counted that is not shown.
"""

import pytest
from django.db import connection

from quadline.conversations.models import Conversation, ConversationQuerySet
from quadline.delivery.tests.acts import number_row, reply
from quadline.web.inbox import listing as inbox_list
from tests.architecture.conftest import Enter
from tests.cast import Cast

pytestmark = pytest.mark.django_db
EVERYONE = Conversation.objects.all()


@pytest.mark.parametrize(
    "found",
    [
        EVERYONE.filter(is_done=False),
        EVERYONE.filter(is_done=True),
        EVERYONE.unread(),
        EVERYONE.needing_reply(),
    ],
    ids=["open", "done", "unread", "reply"],
)
def test_the_newest_of_the_college_are_read_from_an_index_and_never_sorted(
    found: ConversationQuerySet,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET"
            " LOCAL enable_sort = off"
        )
    plan = found.newest_first()[:41].explain()

    assert "Sort" not in plan, plan


def test_a_filter_is_counted_so_far_and_no_further(
    people: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_list, "MAX_COUNTED", 2)
    maya = enter(people.maya)
    system_phone = number_row(people.maya).phone
    for place, counted in enumerate(["1", "2", "2+"]):
        reply(f"+1734555019{place}", system_phone, "Who is this?")
        assert (
            f">Open</span><small>{counted}</small>"
            in maya.get("/inbox/?show=open").content.decode()
        )
