"""What the pages of the setup share: their order, and how a state looks."""

from typing import Any

from quadline.setup.rules import LineState, SetupLine

# Slug: what it is called, its address, and what its page is called in a button.
STEPS = {
    "college": ("College", "manage_setup_college"),
    "email": ("Email", "manage_setup_email"),
    "carrier": ("Carrier", "manage_setup_carrier"),
    "students": ("Students", "manage_setup_students"),
    "checklist": ("Checklist", "manage_setup"),
}
LINE_CHIPS = {
    LineState.OK: {"label": "OK", "tone": "ok", "icon": "tick"},
    LineState.TODO: {"label": "To do", "tone": "", "icon": "details"},
    LineState.WRONG: {"label": "Check this", "tone": "warn", "icon": "alert"},
    LineState.WAITING: {"label": "In progress", "tone": "", "icon": "waiting"},
    LineState.UNKNOWN: {"label": "Not known", "tone": "", "icon": "help"},
}


def step_context(here: str) -> dict[str, Any]:
    """For the list of steps and the link to the next one."""
    names = list(STEPS)
    place = names.index(here)
    # The checklist is the last, and leads nowhere.
    following = names[place + 1] if place + 1 < len(names) else ""
    return {
        "steps": [
            {"number": number, "label": STEPS[name][0], "address": STEPS[name][1]}
            | {"is_here": name == here}
            for number, name in enumerate(names, start=1)
        ],
        "step_number": place + 1,
        "step_count": len(names),
        "next_step": STEPS[following] if following else None,
    }


def shown_line(line: SetupLine, **more: Any) -> dict[str, Any]:
    return {"line": line, "chip": LINE_CHIPS[line.state], **more}
