"""An answer to an invitation, as a line: what was answered, and to what."""

import re

REPLY_WORDS = {
    "ACCEPTED": "Accepted",
    "DECLINED": "Declined",
    "TENTATIVE": "Accepted tentatively",
    "DELEGATED": "Passed on",
}
LONGEST_SUMMARY = 200  # characters that are shown
METHOD = re.compile(r"^METHOD:([A-Z-]+)", re.MULTILINE)
PART = re.compile(r"PARTSTAT=\"?([A-Z-]+)")
SUMMARY = re.compile(r"^SUMMARY(?:;[^:\n]{0,200})?:(.*)$", re.MULTILINE)
METHOD_WORDS = {"REQUEST": "An invitation", "CANCEL": "An invitation was canceled"}


def words_of_calendar(text: str) -> str:
    """One line in brackets for text/calendar (RFC 5546), "" for other calendars."""
    unfolded = re.sub(r"\n[ \t]", "", text)
    method = METHOD.search(unfolded)
    if method is None:
        return ""
    said = _said(method[1], unfolded)
    if not said:
        return ""
    summary = SUMMARY.search(unfolded)
    if summary is None:
        return f"[{said}]"
    about = summary[1].strip().replace("\\,", ",")[:LONGEST_SUMMARY]
    return f"[{said}: {about}]" if about else f"[{said}]"


def _said(method: str, text: str) -> str:
    # The method only says that it is an answer; the participant's status says which.
    if method in ("REPLY", "COUNTER"):
        answer = PART.search(text)
        if answer is not None:
            return REPLY_WORDS.get(answer[1], "")
    return METHOD_WORDS.get(method, "")
