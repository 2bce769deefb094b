"""The law on inboxes, as a table: who reads and who writes."""

import pytest

from quadline.accounts.rules import Role
from quadline.inboxes.rules import (
    SHARED_FROM,
    InboxFacts,
    Sight,
    StaffFacts,
    is_shared,
    may_read,
    may_write,
    sight_of,
)

NURSING, TRANSFER = 1, 2
MAYA, THEO, LENA, OMAR, ADA, IRIS = range(1, 7)
OWN = InboxFacts(MAYA, NURSING)
SHARED = InboxFacts(SHARED_FROM, NURSING, frozenset({MAYA, OMAR}))
UNPLACED = InboxFacts(THEO, None)  # of somebody of no office


def somebody(
    id: int,
    role: Role = Role.ADVISOR,
    office: int | None = NURSING,
    *,
    is_active: bool = True,
) -> StaffFacts:
    return StaffFacts(id, role, is_active, office)


@pytest.mark.parametrize(
    ("person", "inbox", "reads", "writes"),
    [
        (somebody(MAYA), OWN, True, True),
        # a teammate shares the office, not the inbox
        (somebody(THEO), OWN, False, False),
        (somebody(LENA, Role.LEAD), OWN, True, False),
        (somebody(LENA, Role.LEAD, TRANSFER), OWN, False, False),
        (somebody(LENA, Role.LEAD, None), OWN, False, False),
        (somebody(LENA, Role.LEAD, None), UNPLACED, False, False),
        (somebody(OMAR, office=TRANSFER), OWN, False, False),
        (somebody(ADA, Role.ADMINISTRATOR, None), OWN, True, False),
        (somebody(IRIS, Role.AUDITOR, None), OWN, True, False),
        # that the role sends no texts is another law
        (somebody(MAYA, Role.AUDITOR), OWN, True, True),
        (somebody(MAYA, is_active=False), OWN, False, False),
        (somebody(ADA, Role.ADMINISTRATOR, is_active=False), OWN, False, False),
        (somebody(MAYA), SHARED, True, True),
        (somebody(THEO), SHARED, False, False),
        # a member of another office
        (somebody(OMAR, office=TRANSFER), SHARED, True, True),
        (somebody(LENA, Role.LEAD), SHARED, True, False),
        (somebody(LENA, Role.LEAD, TRANSFER), SHARED, False, False),
        (somebody(ADA, Role.ADMINISTRATOR, None), SHARED, True, False),
        (somebody(IRIS, Role.AUDITOR, None), SHARED, True, False),
        (somebody(MAYA, is_active=False), SHARED, False, False),
    ],
)
def test_who_reads_and_who_writes(
    person: StaffFacts, inbox: InboxFacts, reads: bool, writes: bool
) -> None:
    assert (may_read(person, inbox), may_write(person, inbox)) == (reads, writes)


@pytest.mark.parametrize(
    ("person", "sight"),
    [
        (somebody(MAYA), Sight.OWN),
        (somebody(LENA, Role.LEAD), Sight.OFFICE),
        (somebody(LENA, Role.LEAD, None), Sight.OWN),
        (somebody(ADA, Role.ADMINISTRATOR), Sight.COLLEGE),
        (somebody(IRIS, Role.AUDITOR, None), Sight.COLLEGE),
        # an unknown role has no permission
        (StaffFacts(MAYA, "dean", True, NURSING), Sight.OWN),
        (somebody(IRIS, Role.AUDITOR, is_active=False), Sight.NOTHING),
    ],
)
def test_how_far_somebody_sees(person: StaffFacts, sight: Sight) -> None:
    assert sight_of(person) is sight


def test_an_id_tells_a_shared_inbox_from_a_personal_one() -> None:
    assert [is_shared(id) for id in (1, SHARED_FROM - 1, SHARED_FROM)] == [
        False,
        False,
        True,
    ]
