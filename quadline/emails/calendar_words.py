"""An answer to an invitation, as a line: what was answered, and to what."""

import re

ANSWERS = {
    "ACCEPTED": "Accepted",
    "DECLINED": "Declined",
    "TENTATIVE": "Accepted tentatively",
    "DELEGATED": "Passed on",
}
METHOD = re.compile(r"^METHOD:([A-Z-]+)", re.MULTILINE)
PART = re.compile(r"PARTSTAT=\"?([A-Z-]+)")
SUMMARY = re.compile(r"^SUMMARY(?:;[^:\n]{0,200})?:(.*)$", re.MULTILINE)
KINDS = {"REQUEST": "An invitation", "CANCEL": "An invitation was canceled"}


def words_of(text: str) -> str:
    """One line in brackets for text/calendar (RFC 5546), "" for other calendars."""
    unfolded = re.sub(r"\n[ \t]", "", text)
    method = METHOD.search(unfolded)
    if method is None:
        return ""
    answer = PART.search(unfolded) if method[1] in ("REPLY", "COUNTER") else None
    said = ANSWERS.get(answer[1], "") if answer else KINDS.get(method[1], "")
    if not said:
        return ""
    summary = SUMMARY.search(unfolded)
    about = summary[1].strip().replace("\\,", ",")[:200] if summary else ""
    return f"[{said}: {about}]" if about else f"[{said}]"
