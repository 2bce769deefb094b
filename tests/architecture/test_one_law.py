"""Who reads and writes in an inbox is decided in
quadline/inboxes; nothing else compares owners.
"""

import ast
import textwrap

import pytest

from tests.architecture.inbox_law import decisions
from tests.architecture.source import code_of_the_house, tree

THE_LAW = ("quadline", "inboxes")
# What asks how far somebody sees, and is about no inbox.
OTHER_LAWS = {
    "quadline/accounts/rules.py": "says which role has which permission",
    "quadline/broadcasts/audiences.py": (
        "offers a lead their office's students, and administrators all"
    ),
    "quadline/broadcasts/choices.py": "finds the students that these stand for",
    "quadline/broadcasts/writing.py": (
        "finds the author's own conversations, for an INSERT … SELECT"
    ),
    "quadline/conversations/templating.py": "says who keeps an office's templates",
    "quadline/roster/models.py": "says which students somebody sees: by caseload",
    "quadline/web/inbox/listing.py": "names the switch to the inboxes of others",
}


def found_in(code: str) -> list[str]:
    return list(decisions(ast.parse(textwrap.dedent(code))))


def test_nothing_else_decides_who_reads_and_writes() -> None:
    rest = [
        path
        for path in code_of_the_house()
        if path.parts[1] != "simulator" and path.parts[:2] != THE_LAW
    ]
    deciding = {str(path): list(decisions(tree(path))) for path in rest}
    assert {
        path: what for path, what in deciding.items() if what and path not in OTHER_LAWS
    } == {}
    assert {path for path in OTHER_LAWS if not deciding[path]} == set(), (
        "these need not be named any more"
    )


def test_the_law_itself_is_seen_to_decide() -> None:
    """Else the test above looks past what it is about."""
    law = [path for path in code_of_the_house() if path.parts[:2] == THE_LAW]
    assert "models.py" in {path.name for path in law if list(decisions(tree(path)))}


@pytest.mark.parametrize(
    "code",
    [
        "is_own = conversation.inbox_id == user.pk",
        "is_own = chosen.inbox.owner_id == request.user.pk",
        "is_own = chosen.inbox.owner == reader",
        "is_own = reader.pk != conversation.staff_id",
        "is_own = number.inbox_id in {user.pk, 0}",
        "rows = Conversation.objects.filter(inbox__owner=request.user)",
        "rows = Conversation.objects.filter(inbox__owner__office=user.office_id)",
        "rows = Conversation.objects.filter(inbox=request.user.pk)",
        "rows = Conversation.objects.filter(inbox_id__in=[user.pk])",
        "rows = Message.objects.exclude(conversation__inbox=user.pk)",
        (
            "rows = SystemNumber.objects.filter(Q(inbox__memberships__user=reader) |"
            " Q(inbox=1))"
        ),
        "found = get_object_or_404(Conversation, pk=1, inbox_id=request.user.pk)",
        "from quadline.inboxes.models import Inbox, Membership",
        "may = user.may[May.SEE_OFFICE] and user.office_id == other.office_id",
        "A = 'SELECT 1 FROM conversations_conversation WHERE staff_id = %(user)s'",
        "A = 'SELECT 1 FROM inboxes_inbox WHERE owner_id = ANY(%s)'",
    ],
)
def test_another_law_is_found(code: str) -> None:
    assert found_in(code) != []


@pytest.mark.parametrize(
    "code",
    [
        "is_own = may_write_in(user, conversation.inbox_id)",
        "rows = Conversation.objects.visible_to(user)",
        "rows = Conversation.objects.filter(inbox=inbox_of(user), student=student)",
        "rows = Conversation.objects.filter(inbox__in=numbers)",
        "rows = Conversation.objects.filter(inbox=stranger.inbox_id)",
        "rows = Conversation.objects.select_related('inbox__owner')",
        "rows = SystemNumber.objects.order_by('inbox__owner__name')",
        "is_personal = template.owner_id is not None",
        "is_here = inbox == inbox_of(user)",
        (
            "A = 'SELECT conversation.staff_id FROM conversations_conversation AS"
            " conversation'"
        ),
        "A = 'JOIN roster_caseloadentry AS entry ON entry.staff_id = number.user_id'",
    ],
)
def test_what_asks_the_law_may_stand(code: str) -> None:
    assert found_in(code) == []
