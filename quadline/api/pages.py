"""Long lists in pages: ``cursor`` of an answer, given as ``after``,
brings what follows, now or later.
"""

from typing import Annotated, Any, TypeVar

from django.db.models import QuerySet
from ninja import Query

from quadline.api.fields import LARGEST_ID

MOST = 200  # rows of one page
Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many.")]
After = Annotated[
    int,
    Query(ge=0, le=LARGEST_ID, description="The cursor of the page before."),
]


def page_of(rows: "QuerySet[Any, Row]", limit: int) -> tuple[list[Row], bool]:
    """The first so many rows, and whether there are more."""
    # One more than is asked for says whether there are more, without a count.
    some = list(rows[: limit + 1])
    page = some[:limit]
    has_more = len(some) > limit
    return page, has_more
