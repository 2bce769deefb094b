"""What each role may do: the table in full."""

import pytest

from quadline.accounts.rules import PERMISSIONS, May, Role, allows

#                TEXT   SEE_OFFICE  SEE_COLLEGE  MANAGE
TABLE = """
advisor          yes    no          no           no
lead             yes    yes         no           no
administrator    yes    yes         yes          yes
auditor          no     yes         yes          no
"""
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", May)
def test_each_role_holds_what_the_table_says(role: Role, permission: May) -> None:
    said = dict(zip(May, ROWS[role], strict=True))[permission]

    assert allows(role, permission) is (said == "yes")


def test_the_table_has_every_role_and_every_permission() -> None:
    assert ROWS.keys() == PERMISSIONS.keys() == set(Role)
    assert all(len(row) == len(May) for row in ROWS.values())


@pytest.mark.parametrize("role", ["", "root", "Administrator", "advisor "])
def test_an_unknown_role_holds_nothing(role: str) -> None:
    assert not any(allows(role, permission) for permission in May)
