"""How many rows the database goes through for an act, where its
statistics say that every table is empty.

So they do once autovacuum has visited a table in the middle of a long transaction: the
rows that are there are not committed, and are not counted. Time is never measured: rows
are the same on a busy machine.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

EMPTY = """
    UPDATE pg_class SET reltuples = 0, relpages = 1
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
# With timing each row would cost two looks at the clock.
EXPLAIN = "EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) "
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
READ = (
    "Actual Rows",
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
)


@dataclass(frozen=True)
class Statement:
    """One statement; ``rows`` is what all nodes of its plan went
    through, ``plan`` EXPLAIN's JSON.
    """

    sql: str
    rows: int
    plan: dict[str, Any]

    def rows_of(self, table: str) -> int:
        """What the nodes of its plan went through that read this table."""
        return _rows(self.plan, table)


@dataclass
class Work:
    statements: list[Statement] = field(default_factory=list)

    @property
    def heaviest(self) -> Statement:
        return max(self.statements, key=lambda statement: statement.rows)

    def more_than(self, rows: int) -> list[tuple[int, str]]:
        """The statements that went through more rows, as a failed test shows them."""
        return [(each.rows, each.sql) for each in self.statements if each.rows > rows]


def forget_statistics() -> None:
    """What is in the tables, and comes into them later in this
    transaction, the planner takes for one row.

    It would still read a table of a few pages whole, for each row of another. Tables
    that are large enough to matter have more pages than that: so it is kept from it
    here.
    """
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute("SET LOCAL enable_seqscan = off")


@contextmanager
def measured() -> Iterator[Work]:
    """Each statement is run twice: first explained and undone, then as it is."""
    forget_statistics()
    work = Work()

    def explain(
        run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if not many and sql.lstrip(" \n(").startswith(EXPLAINED):
            plan = _explained(sql, params)
            work.statements.append(Statement(sql, _rows(plan), plan))
        return run(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield work


def _explained(sql: str, params: Any) -> dict[str, Any]:
    with connection.connection.cursor() as cursor:
        cursor.execute("SAVEPOINT explained")
        cursor.execute(EXPLAIN + sql, params)
        [written] = cursor.fetchone()
        cursor.execute("ROLLBACK TO SAVEPOINT explained")
    [explained] = json.loads(written) if isinstance(written, str) else written
    return dict(explained["Plan"])


def _rows(node: dict[str, Any], table: str = "") -> int:
    """Of all tables, or one. PostgreSQL gives the mean of all loops."""
    counts = not table or node.get("Relation Name") == table
    read: float = sum(node.get(name, 0) for name in READ) if counts else 0
    below = sum(_rows(each, table) for each in node.get("Plans", ()))
    return round(read * float(node["Actual Loops"])) + below
