"""No phone, address or word of a student gets into a log, no matter what writes the
line: our code, a library or the database.

An exception's message is the way they would come: the database names the values of a
row that was refused, a parser quotes what it could not read. Where something failed is
kept whole; what it said is kept without values.
"""

import re
import traceback
from types import TracebackType
from typing import Any

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]

HIDDEN_PART = "…"
# North American: all that are texted. Not within a longer word, such as a carrier's id.
PHONE = re.compile(
    r"(?<![\w-])(\+1|%2B1|1)?[ .-]?\(?[2-9]\d{2}\)?[ .-]?\d{3}[ .-]?\d{4}(?![\w-])"
)
EMAIL_IN_LOG = re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+")
# What PostgreSQL and its driver add to a message, to the end of its line, which is
# written \\n in JSON.
ADDED = re.compile(
    r'(DETAIL|CONTEXT|QUERY|STATEMENT|LINE \d+): ?((?!\\n)(\\.|[^"\\\n]))*'
)
VALUE = re.compile(r"""(["'])(?:\\.|(?!\1).)*\1""", re.DOTALL)
VALUE_AT_THE_END = re.compile(r""": ["'].*""", re.DOTALL)
# these quote names of ours
ABOUT_CODE = (AttributeError, ImportError, NameError, TypeError)
MAX_CAUSES = 8


def without_people(
    logger: Any,
    method: str,
    line: str,
) -> str:
    """The last of structlog's processors: a finished line, without phones, addresses
    and the database's details.
    """
    line = ADDED.sub(rf"\1: {HIDDEN_PART}", line)
    line = EMAIL_IN_LOG.sub(HIDDEN_PART, line)
    return PHONE.sub(HIDDEN_PART, line)


def fault_words(fault: ExceptionInfo) -> str:
    """Where each exception of a chain was raised, and what it said without values; the
    first cause last.
    """
    words: list[str] = []
    error: BaseException | None = fault[1]
    while error is not None and len(words) < MAX_CAUSES:
        kind = type(error).__name__
        lines = [*_places(error), f"{kind}: {_said(error)}"]
        words.append("\n".join(lines))
        # As Python's own traceback follows them.
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context
    return "\nbecause of\n".join(words)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [_place(frame) for frame in frames]


def _place(frame: traceback.FrameSummary) -> str:
    return f"  {frame.filename}:{frame.lineno} in {frame.name}"


def _said(error: BaseException) -> str:
    first = str(error).partition("\n")[0]
    if isinstance(error, ABOUT_CODE):
        return first
    state = getattr(error, "sqlstate", None) or getattr(
        error.__cause__, "sqlstate", None
    )
    # names of tables and constraints are quoted too; a value stands at the end
    if state:
        return f"{VALUE_AT_THE_END.sub(f': {HIDDEN_PART}', first)} ({state})"
    if hasattr(error, "error_count"):
        # pydantic's: it repeats the values
        return f"{error.error_count()} values were not as described"
    return VALUE.sub(HIDDEN_PART, first)
