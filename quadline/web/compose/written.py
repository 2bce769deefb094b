"""What a composer holds when its page is made: what came back with an error, what a
template brings, which tab was last.
"""

from dataclasses import dataclass

from quadline.accounts.rules import FirstTab
from quadline.conversations.rules import Channel
from quadline.web.compose.inserts import InsertedTemplate, Inserts
from quadline.web.requests import StaffRequest, whole_number

COOKIE = "composer-tab"  # set by tabs.js
REFUSAL_BOXES = ("as_written", "one_more", "send_anyway")  # boxes of a refusal


@dataclass(frozen=True)
class WrittenDraft:
    """The tab that is open, and the words on both."""

    tab: str = Channel.TEXT
    text: str = ""
    subject: str = ""
    email: str = ""
    with_contact_card: bool = False
    error: str = ""
    way_out: tuple[str, str] | None = None
    may_be_meant: bool = False  # what looks like a merge field can be sent as written
    # one more text in so short a time goes when it is meant
    asks_to_go_on: bool = False
    may_be_sensitive: bool = False  # and can be sent anyway
    # the boxes that its author has checked: a second refusal leaves them so
    said: tuple[str, ...] = ()


def written_in(
    request: StaffRequest,
    *,
    error: ValueError | None = None,
    is_remembered: bool = True,
) -> WrittenDraft:
    """A posted form as it was; else the tab of the address, or where one is remembered,
    the preferred one or the last used.
    """
    if request.method == "POST":
        return _posted(request, error)
    asked = request.GET.get("tab")
    if not asked and is_remembered:
        asked = _preferred_tab(request)
    return WrittenDraft(tab=Channel.EMAIL if asked == Channel.EMAIL else Channel.TEXT)


def _preferred_tab(request: StaffRequest) -> str | None:
    if request.user.opens_on == FirstTab.LAST_USED:
        return request.COOKIES.get(COOKIE)
    return request.user.opens_on


def with_template(
    request: StaffRequest,
    written: WrittenDraft,
    inserts: Inserts,
) -> WrittenDraft:
    """Without scripts a template is chosen by a link."""
    chosen = whole_number(request.GET.get("template"))
    if chosen is None:
        return written
    template = inserts.template(chosen)
    return begun_from(template, written) if template else written


def begun_from(template: InsertedTemplate, written: WrittenDraft) -> WrittenDraft:
    # On the tab that is open: a template is offered on the tab of its own channel.
    if written.tab == Channel.TEXT:
        return WrittenDraft(tab=Channel.TEXT, text=template.body)
    return WrittenDraft(
        tab=Channel.EMAIL,
        subject=template.subject,
        email=template.body,
        with_contact_card=template.with_contact_card,
    )


def _posted(request: StaffRequest, error: ValueError | None) -> WrittenDraft:
    words = request.POST.get("body", "")
    why = str(error) if error else ""
    # A broadcast's refusal has neither.
    way_out = getattr(error, "way_out", None)
    may_be_meant = getattr(error, "may_be_meant", False)
    may_be_sensitive = getattr(error, "may_be_sensitive", False)
    asks_to_go_on = getattr(error, "asks_to_go_on", False)
    # where nothing is asked any more, no box would help
    asks = may_be_meant or may_be_sensitive or asks_to_go_on
    checked = [name for name in REFUSAL_BOXES if request.POST.get(name) == "yes"]
    said = tuple(checked) if asks else ()
    if request.POST.get("channel") != Channel.EMAIL:
        return WrittenDraft(
            text=words,
            error=why,
            way_out=way_out,
            may_be_meant=may_be_meant,
            asks_to_go_on=asks_to_go_on,
            may_be_sensitive=may_be_sensitive,
            said=said,
        )
    return WrittenDraft(
        tab=Channel.EMAIL,
        subject=request.POST.get("subject", ""),
        email=words,
        with_contact_card=request.POST.get("with_contact_card") == "yes",
        error=why,
        way_out=way_out,
        may_be_meant=may_be_meant,
        may_be_sensitive=may_be_sensitive,
        said=said,
    )
