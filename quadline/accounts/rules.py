"""What each role may do: one table. No database here."""

from enum import StrEnum


class Role(StrEnum):
    ADVISOR = "advisor"  # texts the students on the own caseload
    LEAD = "lead"  # the same for every caseload of the own office; reads its conversations
    ADMINISTRATOR = "administrator"  # sees everyone, mends numbers, manages accounts
    AUDITOR = "auditor"  # reads everything, changes nothing


class May(StrEnum):
    TEXT = "text"  # send texts, and so have a number
    SEE_OFFICE = "see_office"  # students and conversations of the whole office
    SEE_COLLEGE = "see_college"  # students and conversations of everyone
    MANAGE = "manage"  # numbers and accounts of others


PERMISSIONS: dict[Role, frozenset[May]] = {
    Role.ADVISOR: frozenset({May.TEXT}),
    Role.LEAD: frozenset({May.TEXT, May.SEE_OFFICE}),
    Role.ADMINISTRATOR: frozenset({May.TEXT, May.SEE_OFFICE, May.SEE_COLLEGE, May.MANAGE}),
    Role.AUDITOR: frozenset({May.SEE_OFFICE, May.SEE_COLLEGE}),
}


def allows(role: str, permission: May) -> bool:
    """Whether a role holds a permission. An unknown role holds none."""
    return role in PERMISSIONS and permission in PERMISSIONS[Role(role)]
