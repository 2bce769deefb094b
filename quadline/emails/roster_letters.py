"""Letters to administrators about the files of student systems."""

from collections.abc import Iterable, Sequence

from django.conf import settings

from quadline.emails.letters import send_to_staff

MAX_WORDS = 5  # of faults or losses; the page has all


def file_is_late(*, to: Iterable[str], source: str, expected: str, last: str) -> None:
    """``expected``: by when; ``last``: when the last file came, or ""."""
    lines = [
        f"The roster file of {source} has not come. It was expected by {expected}.",
        f"The last one came {last}." if last else "None has come yet.",
        "The roster stays as it is until a file comes. Look at the export.",
        _see(),
    ]
    send_to_staff(f"Roster file of {source} is late", lines, to)


def file_is_missing(*, to: Iterable[str], source: str, last: str) -> None:
    """None for more than a day."""
    # What it costs is said: nobody sees a file that did not come.
    lines = [
        f"No roster file of {source} has come for more than a day.",
        f"The last one came {last}." if last else "None has come yet.",
        (
            "The roster stays as it is: new students cannot be texted, and changed"
            " phones are not known. Look at the export."
        ),
        _see(),
    ]
    send_to_staff(f"Roster file of {source} is missing", lines, to)


def file_is_odd(
    *,
    to: Iterable[str],
    source: str,
    run_id: int,
    words: Sequence[str],
    waits: bool,
) -> None:
    """It was not imported. ``waits``: a person may still say that it is meant."""
    # The first are enough to know what is wrong; thousands would fill a mailbox.
    shown = [f"- {each}" for each in words[:MAX_WORDS]]
    if len(words) > MAX_WORDS:
        shown.append(f"- and {len(words) - MAX_WORDS:,} more")
    # Two letters that look alike ask for different things: only here a person decides.
    next_step = (
        "If the file is right, apply it there. If not, export it again: the next file"
        " is compared afresh."
        if waits
        else "Fix the export and send the file again."
    )
    lines = [
        f"The roster file of {source} was not imported. Nothing was changed.",
        "\n".join(shown),
        f"See {settings.PUBLIC_URL}/manage/roster/runs/{run_id}/. {next_step}",
    ]
    send_to_staff(f"Roster file of {source} was not imported", lines, to)


def files_are_fine_again(*, to: Iterable[str], source: str) -> None:
    lines = [
        f"A roster file of {source} has come and was imported. There is nothing to do.",
        _see(),
    ]
    send_to_staff(f"Roster files of {source} come again", lines, to)


def _see() -> str:
    return f"See {settings.PUBLIC_URL}/manage/roster/."
