"""The table, on the screen and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Result

LATEST = Path(__file__).parent / "results" / "latest.json"
HEADINGS = ("Path", "Measured", "Limit", "Ratio", "To reach", "Met", "Limit is")


def written(results: Sequence[Result]) -> str:
    lines = [HEADINGS, *map(_line, results)]
    columns = zip(*lines, strict=True)
    widths = [max(map(len, column)) for column in columns]
    head, *rows = [_aligned(line, widths) for line in lines]
    rule = "-" * len(head)
    return "\n".join([head, rule, *rows])


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
    return "  ".join(cells).rstrip()


def save(results: Sequence[Result], about: dict[str, Any]) -> Path:
    kept = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        **about,
        "rows": [
            {
                **asdict(result),
                "figure": result.figure,
                "limit": result.limit,
                "ratio": result.ratio,
                "is_met": result.is_met,
            }
            for result in results
        ],
    }
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return LATEST


def _line(result: Result) -> tuple[str, ...]:
    row = result.row
    return (
        row.title,
        f"{_number(result.figure)} {row.unit}",
        f"{_number(result.limit)} {row.unit}",
        f"{result.ratio:.2f}",
        str(row.reach),
        "yes" if result.is_met else "NO",
        row.beside,
    )


def _number(figure: float) -> str:
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.3g}"
