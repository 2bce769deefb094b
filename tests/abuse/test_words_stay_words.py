"""Whatever people are called and whatever they write: on every page it
is words, and in every spreadsheet too.
"""

import csv
import io
from html.parser import HTMLParser

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from quadline.accounts.models import User
from quadline.conversations.models import Conversation, Message, MessageTemplate
from quadline.numbers.models import SystemNumber
from quadline.reports.tests.test_csv_export import is_formula
from quadline.web.headers import CONTENT_SECURITY_POLICY
from tests.abuse.hostile import fill
from tests.architecture.addresses import names
from tests.architecture.conftest import Enter
from tests.architecture.test_access import Thing, address, cases, roster_things
from tests.cast import Cast

MARKUP = {
    "an image": "<img src=x onerror=alert(1)>",
    "the end of an attribute": "\"' autofocus onfocus=alert(1) x='",
    "the end of everything": (
        "</textarea></title></script><script>alert(1)</script><svg onload=alert(1)>"
    ),
    "the language of the templates": "{{ 7|add:42 }}{% debug %}<%= 1 %>${7*7}",
    "an address that acts": "javascript:alert(1)//<a href='javascript:alert(1)'>x</a>",
}
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r\n=cmd|' /C calc'!A0",
    "＝1",
    '"=1',
    "a;=1",
]
ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "xlink:href",
    "hx-get",
    "hx-post",
}


class Seen(HTMLParser):
    """What a browser would make of a page: its tags and what they carry."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.acts: list[str] = []
        self.feed(page)

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        given = {name: value or "" for name, value in attributes}
        self.acts += [f"<{tag} {name}>" for name in given if name.startswith("on")]
        leads = [
            value.strip().lower() for name, value in given.items() if name in ADDRESSES
        ]
        self.acts += [
            f"<{tag} {where}>" for where in leads if where.startswith("javascript:")
        ]
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.acts.append("<script>")
        if tag == "img" and given.get("src") == "x":
            self.acts.append("<img>")


def pages(people: Cast, broadcast: object, words: str) -> list[str]:
    """Every address that is read, of Maya's things."""
    number = SystemNumber.objects.get(inbox__owner=people.maya)
    template = MessageTemplate.objects.get(owner=people.maya, channel="email")
    mine = Conversation.objects.get(student=people.rosa)
    message = Message.objects.filter(conversation=mine)[0]
    token = people.maya.api_tokens.get()
    passkey = Authenticator.objects.get(user=people.maya)
    session = UserSession(pk=1, user=people.maya)
    # as long as a name may be
    rosters = roster_things(people.maya, words[:80])
    thing = Thing(
        people.rosa,
        mine,
        message,
        number,
        broadcast,  # type: ignore[arg-type]  # as the matrix has it
        template,
        token,
        passkey,
        session,
        *rosters,
    )
    read = {case.name for case in cases() if case.method == "GET"} - {
        "home",
        "contact-card",
    }
    drafted = people.maya.broadcasts.get(state="draft")
    found = [address(name, thing) for name in sorted(read)]
    found += [
        f"/broadcasts/{drafted.pk}/review/",
        f"/broadcasts/{drafted.pk}/review/recipients/?of=email",
    ]
    return [
        *found,
        f"/inbox/new/?to={people.rosa.pk}",
        f"/inbox/new/?template={template.pk}",
        "/inbox/?q=attack",
        "/students/?q=attack",
    ]


def readers(people: Cast) -> list[User]:
    return [people.maya, people.ada]


@pytest.mark.parametrize("what", MARKUP)
def test_no_words_become_markup_on_any_page(
    enter: Enter, people: Cast, what: str
) -> None:
    found = pages(people, fill(people, MARKUP[what]), MARKUP[what])
    shown = 0
    for reader in readers(people):
        browser = enter(reader)
        for where in found:
            answer = browser.get(
                where, {"q": MARKUP[what]} if "?" not in where else None
            )
            body = b"".join(answer).decode()
            is_page = answer["Content-Type"].startswith("text/html")
            assert not is_page or Seen(body).acts == [], where
            assert "context processors" not in body, "nobody's words are a template"
            assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
            shown += is_page and ("alert(1)" in body or "7|add:42" in body)
    assert shown > 20


EXPORTS = [
    name for name in names() if name.endswith("-csv") or name == "broadcast-results"
]


@pytest.mark.parametrize("words", FORMULAS)
def test_no_export_has_a_cell_that_calculates(
    enter: Enter, people: Cast, words: str
) -> None:
    found = [
        where
        for where in pages(people, fill(people, words), words)
        if where.partition("?")[0].endswith(".csv")
    ]
    assert len(found) == len(EXPORTS) >= 5
    browser = enter(people.ada)
    for where in found:
        answer = browser.get(where)
        read = list(
            csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"), newline=""))
        )
        assert len(read) > 1, f"{where} has no rows"
        assert [part for row in read for part in row if is_formula(part)] == []
        assert answer["Content-Disposition"].startswith("attachment")
