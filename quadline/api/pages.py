"""Long lists in pages: ``cursor`` of an answer, given as ``after``,
brings what follows, now or later.
"""

from typing import Annotated, Any, TypeVar

from django.db.models import QuerySet
from ninja import Query

from quadline.api.fields import MAX_ID

MAX_ROWS = 200  # rows of one page
ListedRow = TypeVar("ListedRow")

PageLimit = Annotated[int, Query(ge=1, le=MAX_ROWS, description="At most so many.")]
After = Annotated[
    int,
    Query(ge=0, le=MAX_ID, description="The cursor of the page before."),
]


def first_page(
    rows: "QuerySet[Any, ListedRow]", limit: int
) -> tuple[list[ListedRow], bool]:
    """The first so many rows, and whether there are more."""
    # One more than is asked for says whether there are more, without a count.
    some = list(rows[: limit + 1])
    page = some[:limit]
    has_more = len(some) > limit
    return page, has_more
