"""Find code that decides for itself who reads or writes in an inbox,
instead of asking quadline/inboxes.
"""

import ast
import re
from collections.abc import Iterator

HOLDER = {"inbox", "inbox_id", "owner", "owner_id", "staff", "staff_id"}
PERSON = {"user", "reader", "viewer", "actor", "author", "person", "auth"}
ASKS = {"inbox_of", "visible_to", "writable_by", "own", "of"}
OF_INBOXES = re.compile(
    r"(?:^|__)(?:inbox__(?:owner|office|memberships)|shared_inboxes|memberships)(?:__|$)"
)
THE_INBOX = re.compile(r"(?:^|__)(?:inbox|inbox_id)(?:__(?:in|pk|id|exact))*$")
NARROW = {"filter", "exclude", "get", "Q", "get_object_or_404", "When"}
SQL = re.compile(
    r"\b(?:staff_id|inbox_id|owner_id|number\.user_id|theirs\.user_id)\b[\s+0]*(?:=|<>|IN\b)\s*(?:ANY\s*)?\(?\s*%",
    re.IGNORECASE,
)
FAR = {"SEE_OFFICE", "SEE_COLLEGE"}


def decisions(module: ast.Module) -> Iterator[str]:
    """Each as "line: what"."""
    for node in ast.walk(module):
        if what := _decided_by(node):
            yield f"{node.lineno}: {what}"  # type: ignore[attr-defined]  # each of these has a line


def _decided_by(node: ast.AST) -> str:
    if isinstance(node, ast.Compare) and _compares_holders(node):
        return "compares whose something is"
    if isinstance(node, ast.Call) and _called(node) in NARROW:
        return next(
            (f"asks for {each.arg}" for each in node.keywords if _is_law(each)), ""
        )
    if isinstance(node, ast.ImportFrom) and any(
        each.name == "Membership" for each in node.names
    ):
        return "looks members up"
    if isinstance(node, ast.Attribute) and node.attr in FAR:
        return f"asks for {node.attr}"
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and SQL.search(node.value)
    ):
        return "compares whose something is, in SQL"
    return ""


def _compares_holders(node: ast.Compare) -> bool:
    """Two inboxes may be compared; an inbox, or whose it is, with a person may not."""
    sides = [node.left, *node.comparators]
    if any(isinstance(side, ast.Constant) for side in sides):
        return False
    names = [_last_name(side) for side in sides]
    people = [_is_person(side) for side in sides]
    return any(name in HOLDER for name in names) and any(people)


def _is_person(node: ast.AST) -> bool:
    """``user``, ``request.user``, ``reader.pk``, ``{user.pk,
    …}``; not ``inbox_of(user)``.
    """
    if isinstance(node, ast.Call):
        return _called(node) not in ASKS and any(_is_person(each) for each in node.args)
    if isinstance(node, ast.Name):
        return node.id in PERSON
    if isinstance(node, ast.Attribute):
        return node.attr in PERSON or (
            node.attr in ("pk", "id") and _is_person(node.value)
        )
    return any(_is_person(each) for each in ast.iter_child_nodes(node))


def _is_law(keyword: ast.keyword) -> bool:
    name = keyword.arg or ""
    return bool(OF_INBOXES.search(name)) or (
        bool(THE_INBOX.search(name)) and _is_person(keyword.value)
    )


def _called(node: ast.Call) -> str:
    return _last_name(node.func)


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
