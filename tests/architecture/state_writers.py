"""Find code that writes where a message stands: by Django's ORM, or by SQL."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.model_of import House, Model, Names

COLUMNS = frozenset({"status", "due_at", "reason", "detail"})
MAYBE = (Model.MESSAGE, Model.UNKNOWN)
WRITER = "quadline.conversations.statuses"
ACTS = (
    "create",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "update",
)
WRITES = frozenset({*ACTS, *(f"a{act}" for act in ACTS)})
# Parts of a statement that come from elsewhere: from the writer's parts, or unknown.
OURS, FOREIGN = (
    "\N{LEFT-POINTING ANGLE BRACKET}ours",
    "\N{LEFT-POINTING ANGLE BRACKET}?",
)
TABLE = r"(?:public\.)?conversations_message\b"
EVENTS = re.compile(
    r"\b(?:INSERT INTO|UPDATE|UPDATE ONLY|MERGE INTO|COPY)"
    r" (?:public\.)?conversations_messageevent\b",
    re.I,
)
CHANGES = re.compile(
    rf"\bUPDATE (?:ONLY )?{TABLE}(?: AS \w+| (?!SET\b)\w+)? SET (.*)", re.I
)
INSERTS = re.compile(
    rf"\b(?:INSERT INTO|COPY) {TABLE}(?: AS \w+)?(?: ?\(([^)]*)\))?(.*)", re.I
)
MERGES = re.compile(rf"\bMERGE INTO {TABLE}", re.I)
UPSERTS = re.compile(r"\bDO UPDATE SET (.*)", re.I)
NO_TABLE = re.compile(
    rf"(?<!FOR )(?<!KEY )\b(?:UPDATE|INSERT INTO|MERGE INTO|COPY) {re.escape(FOREIGN)}"
)
END_OF_SET = re.compile(r"\b(?:WHERE|FROM|RETURNING|ON CONFLICT)\b", re.I)


def breaches(tree: ast.Module, house: House) -> Iterator[str]:
    """What of a module writes a message's state, one line each."""
    names = Names(tree, house)
    parts = {id(part) for node in ast.walk(tree) for part in _parts_of(node)}
    for node in (node for node in ast.walk(tree) if id(node) not in parts):
        for what in (*_by_orm(node, names), *_by_sql(node, names)):
            yield f"{getattr(node, 'lineno', 0)}: {what}"


def _parts_of(node: ast.AST) -> list[ast.expr]:
    """Pieces of a string, which mean nothing alone."""
    match node:
        case ast.JoinedStr(values=values):
            return [value for value in values if isinstance(value, ast.Constant)]
        case ast.BinOp(left=left, right=right):
            return [
                side
                for side in (left, right)
                if isinstance(side, ast.Constant | ast.JoinedStr)
            ]
    return []


def _by_orm(node: ast.AST, names: Names) -> Iterator[str]:
    if isinstance(node, ast.Call):
        yield from _in_call(node, names)
    elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from _in_target(target, names)


def _in_call(call: ast.Call, names: Names) -> Iterator[str]:
    func = call.func
    if isinstance(func, ast.Name):
        model = names.model_named(func.id)
        if model is Model.EVENT or (model is Model.MESSAGE and _names_state(call)):
            yield f"makes a {func.id}"
        if func.id == "setattr" and _sets_state(call, names):
            yield "sets an attribute"
    if not isinstance(func, ast.Attribute):
        return
    model = names.model_of(func.value)
    if func.attr in WRITES and model is Model.EVENT:
        yield f"{func.attr} of events"
    elif func.attr in WRITES and model in MAYBE:
        is_bulk = model is Model.MESSAGE and "bulk" in func.attr
        if is_bulk or _names_state(call):
            yield f"{func.attr} of messages"
    elif (
        func.attr in ("save", "asave")
        and model in MAYBE
        and COLUMNS & _strings_in(call)
    ):
        yield "saves a message's state"


def _names_state(call: ast.Call) -> bool:
    """By a keyword, or by keywords that nobody can see."""
    named = {keyword.arg for keyword in call.keywords}
    return bool(COLUMNS & (named | _strings_in(call)) or None in named)


def _sets_state(call: ast.Call, names: Names) -> bool:
    target, name = call.args[0], call.args[1]
    is_message = names.model_of(target) is Model.MESSAGE
    is_known = isinstance(name, ast.Constant)
    return (is_message and not is_known) or bool(COLUMNS & _strings_in(call))


def _strings_in(call: ast.Call) -> set[str]:
    """Constants among the arguments, and keys of dictionaries: names of fields."""
    found = set()
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        for node in ast.walk(argument):
            inside = (
                node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
            )
            for each in (node if node is argument else None, *inside):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    found.add(each.value)
    return found


def _in_target(target: ast.expr, names: Names) -> Iterator[str]:
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _in_target(each, names)
    elif (
        isinstance(target, ast.Attribute)
        and target.attr in COLUMNS
        and names.model_of(target.value) in MAYBE
    ):
        yield f"sets .{target.attr}"


def _by_sql(node: ast.AST, names: Names) -> Iterator[str]:
    if not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
        return
    statement = " ".join(_rendered(node, names).replace('"', "").split())
    if EVENTS.search(statement):
        yield "SQL writes events"
    if MERGES.search(statement):
        yield "SQL merges messages"
    if NO_TABLE.search(statement):
        yield "SQL writes to a table that is not named"
    for change in CHANGES.finditer(statement):
        yield from _in_set(change[1])
    for insert in INSERTS.finditer(statement):
        yield from _in_columns(insert[1])
        for upsert in UPSERTS.finditer(insert[2]):
            yield from _in_set(upsert[1])


def _rendered(node: ast.AST, names: Names, depth: int = 0) -> str:
    """The text of a statement, as far as it is known; what
    comes from elsewhere is marked.
    """
    match node:
        case ast.Constant(value=str() as text):
            return re.sub(r"\{\w*\}", FOREIGN, text)
        case ast.JoinedStr(values=parts):
            return "".join(_rendered(part, names, depth) for part in parts)
        case ast.FormattedValue(value=value):
            return _rendered(value, names, depth)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return _rendered(left, names, depth) + _rendered(right, names, depth)
        case ast.Name(id=name) if depth < 10 and (known := names.value_of(name)):
            return _rendered(known, names, depth + 1)
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name)):
            return OURS if names.come_from(name, WRITER) else FOREIGN
        case ast.Call(func=func):
            return _rendered(func, names, depth)
    return FOREIGN


def _in_set(assignments: str) -> Iterator[str]:
    for assignment in _split(assignments):
        columns, equals, _ = assignment.partition("=")
        written = COLUMNS & set(re.findall(r"\w+", columns))
        if (equals and written) or FOREIGN in columns:
            yield (
                f"SQL sets {' '.join(sorted(written)) or 'a column that is not named'}"
            )


def _in_columns(columns: str | None) -> Iterator[str]:
    if columns is None:
        yield "SQL writes whole messages"
    elif FOREIGN in columns or COLUMNS & set(re.findall(r"\w+", columns)):
        yield "SQL writes messages with their state"


def _split(assignments: str) -> list[str]:
    """The assignments of a SET, up to its end; commas in brackets part nothing."""
    parts: list[str] = []
    depth = begin = 0
    for place, sign in enumerate(assignments):
        if depth == 0 and (sign == ")" or END_OF_SET.match(assignments, place)):
            return [*parts, assignments[begin:place]]
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(assignments[begin:place])
            begin = place + 1
    return [*parts, assignments[begin:]]
