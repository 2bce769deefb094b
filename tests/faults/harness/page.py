"""Put the figures of long runs into the page of the
documentation that explains them.
"""

import re
from pathlib import Path

from tests.faults.harness.report import Report

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def write(page: Path, reports: list[Report]) -> None:
    """Replace what stands between the two marks."""
    words = page.read_text()
    marked = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    assert marked.search(words), f"{page} has no place for figures"
    page.write_text(marked.sub(lambda _: f"{BEGIN}\n{_figures(reports)}\n{END}", words))


def _figures(reports: list[Report]) -> str:
    columns = [report.figures() for report in reports]
    seconds = ", ".join(f"{report.seconds:.0f} s" for report in reports)
    lines = [
        f"Load and faults for {seconds}.",
        "",
        "| | " + " | ".join(f"Seed {report.seed}" for report in reports) + " |",
        "|---|" + "---:|" * len(reports),
    ]
    lines += [
        f"| {name} | " + " | ".join(f"{each[name]}" for each in columns) + " |"
        for name in columns[0]
    ]
    lines.append(
        "| All promises held | "
        + " | ".join("yes" if report.holds else "**no**" for report in reports)
        + " |"
    )
    lines += [
        "",
        "What went wrong, and how often:",
        "",
        "| Fault | " + " | ".join(str(report.seed) for report in reports) + " |",
    ]
    lines.append("|---|" + "---:|" * len(reports))
    counts = [report.struck | report.strikes for report in reports]
    for name in sorted({name for count in counts for name in count}):
        lines.append(
            f"| {name} | " + " | ".join(str(count[name]) for count in counts) + " |"
        )
    return "\n".join(lines)
