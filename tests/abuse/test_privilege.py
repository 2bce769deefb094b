"""Asking for more than a form offers gets no more: other
fields, other verbs, other headers.
"""

import uuid
from typing import Any

from django.db import models
from django.test import Client

from quadline.accounts.models import ApiToken, User
from quadline.broadcasts.models import Broadcast
from quadline.consent.models import ConsentEntry
from quadline.conversations.models import Conversation, Message, MessageTemplate
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student
from tests.architecture.conftest import Enter
from tests.architecture.test_access import Case, Thing, address, cases, thing_of
from tests.architecture.test_api_access import MATRIX as OF_THE_API
from tests.architecture.test_api_access import address as address_of_the_api
from tests.architecture.test_api_access import written
from tests.cast import Cast, student
from tests.program import V1, Program

KINDS: list[type[models.Model]] = [
    User,
    ApiToken,
    Broadcast,
    Conversation,
    Message,
    MessageTemplate,
    SystemNumber,
    Student,
]
SPOOFS: dict[str, Any] = {
    "HTTP_HX_REQUEST": "true",
    "HTTP_HX_BOOSTED": "true",
    "HTTP_HX_TARGET": "log",
    "HTTP_X_REQUESTED_WITH": "XMLHttpRequest",
    "HTTP_X_FORWARDED_USER": "ada@alder.example",
    "HTTP_X_ORIGINAL_URL": "/manage/numbers/",
}
MUST_BE_DONE = {
    "profile-edit",
    "profile-preferences",
    "profile-office-phone",
    "profile-tokens",
    "template-edit",
    "compose",
    "student-message",
    "send_text",
}
CHANGES_OF_HIS_OWN = {
    "last_login",
    "office_phone",
    "name",
    "title",
    "pronouns",
    "signature",
    "emails_when_active",
    "enter_sends",
    "opens_on",
    "sessions_ended",
}


def own_thing(user: User) -> Thing:
    return thing_of(
        user, student("00200001", "Ann", "Own", advisor=user, mobile="+17345550161")
    )


def every_column(people: Cast) -> dict[str, str]:
    """A value for each column there is, the best one for somebody who wants more."""
    wished = {
        "role": "administrator",
        "office": str(people.omar.office_id),
        "office_id": str(people.omar.office_id),
        "inbox": str(people.omar.pk),
        "inbox_id": str(people.omar.pk),
        "status": "delivered",
        "state": "active",
        "direction": "inbound",
        "phone": "+17342349999",
        "body": "Hello",
        "channel": "text",
        "office_phone": "(734) 555-0123",
        "name": "Hi",
        "subject": "Hi",
    }
    columns = {
        field.attname: field for kind in KINDS for field in kind._meta.concrete_fields
    }
    of_omar = {
        name: str(people.omar.pk)
        for name in (
            "user",
            "author",
            "owner",
            "staff",
            "actor",
            "user_id",
            "author_id",
        )
    }
    others = dict.fromkeys(columns, "1") | {
        "student": str(people.kim.pk),
        "student_id": str(people.kim.pk),
    }
    return {
        **others,
        **of_omar,
        "owner_id": str(people.omar.pk),
        "staff_id": str(people.omar.pk),
        **wished,
    }


def rows(kind: type[models.Model], **which: Any) -> list[dict[str, Any]]:
    return list(kind._default_manager.filter(**which).order_by("pk").values())


def everybody(himself: User) -> list[dict[str, Any]]:
    """All of everyone, but of himself what his own pages change."""
    found = rows(User)
    for row in found:
        if row["id"] == himself.pk:
            for name in CHANGES_OF_HIS_OWN:
                del row[name]
    return found


def belongings(user: User) -> list[Any]:
    return [
        rows(Conversation, inbox__owner=user),
        rows(Message, conversation__inbox__owner=user),
        rows(Broadcast, author=user),
        rows(MessageTemplate, owner=user),
        rows(SystemNumber, inbox__owner=user),
        rows(ApiToken, user=user),
        rows(CaseloadEntry, staff=user),
        rows(Student),
    ]


def test_fields_that_no_form_has_change_nothing(enter: Enter, people: Cast) -> None:
    own, foreign = own_thing(people.theo), thing_of(people.omar, people.kim)
    browser = enter(people.theo)
    staff_before, omars_before = everybody(people.theo), belongings(people.omar)
    asked = [
        case
        for case in cases()
        if (case.role, case.whose, case.method) == ("advisor", "own", "POST")
    ]
    done = []
    for case in asked:
        wanted = every_column(people) | {
            "to": str(own.student.pk),
            "message_id": str(uuid.uuid4()),
        }
        code = browser.post(address(case.name, own), wanted).status_code
        assert code < 500, case
        done += [case.name] if code < 400 else []

    assert set(done) >= MUST_BE_DONE, "what the form is for is done; nothing else"
    assert everybody(people.theo) == staff_before
    assert belongings(people.omar) == omars_before
    assert (
        not Message.objects.filter(conversation__student=foreign.student)
        .exclude(pk=foreign.message.pk)
        .exists()
    )
    assert not Message.objects.exclude(author__in=[people.theo, people.omar]).exists()
    assert not Message.objects.filter(
        conversation__inbox__owner=people.theo, status__in=["delivered", "received"]
    ).exists()
    assert not SystemNumber.objects.filter(state="active").exists()
    assert not MessageTemplate.objects.filter(
        owner=None, office=people.omar.office
    ).exists()
    assert not ConsentEntry.objects.exists()


def test_fields_that_no_operation_has_change_nothing(
    enter: Enter, people: Cast
) -> None:
    own = own_thing(people.theo)
    thing_of(people.omar, people.kim)
    staff_before, omars_before = everybody(people.theo), belongings(people.omar)
    program = Program.of(people.theo)
    for case in cases(OF_THE_API):
        content = written(case.name, own)
        if (case.role, case.whose) == ("advisor", "own") and isinstance(content, dict):
            where = address_of_the_api(case.name, own).removeprefix(V1)
            more = {
                name: value
                for name, value in every_column(people).items()
                if name not in content and name != "channel"
            }
            program.ask(
                case.method,
                where,
                {
                    **more,
                    "actor": people.ada.email,
                    "staff": people.omar.email,
                    **content,
                },
            )

    assert everybody(people.theo) == staff_before
    assert belongings(people.omar) == omars_before
    assert not Message.objects.exclude(author__in=[people.theo, people.omar]).exists()
    assert not Message.objects.filter(
        author=people.theo, status__in=["sent", "delivered", "received"]
    ).exists()


def test_a_verb_that_an_address_does_not_have_does_nothing(
    enter: Enter, people: Cast
) -> None:
    """The same for one that is smuggled in a header or a field."""
    own = own_thing(people.ada)
    browser = enter(people.ada)
    before = [everybody(people.theo), belongings(people.ada)]
    known = {
        name: {case.method for case in cases() if case.name == name}
        for name in {case.name for case in cases()}
    }
    for name, methods in known.items():
        if name == "account_logout":
            continue
        where = address(name, own)
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW"):
            assert (
                browser.generic(
                    method,
                    where,
                    "body=x",
                    content_type="application/x-www-form-urlencoded",
                ).status_code
                == 405
            )
        if "GET" not in methods:
            for smuggled in ("POST", "DELETE"):
                answer = browser.get(
                    f"{where}?_method={smuggled}", HTTP_X_HTTP_METHOD_OVERRIDE=smuggled
                )
                assert answer.status_code == 405, where
    assert [everybody(people.theo), belongings(people.ada)] == before


def refused(role: str, whose: str) -> list[Case]:
    return [
        case
        for case in cases()
        if (case.role, case.whose) == (role, whose) and case.code in (403, 404)
    ]


def test_a_fragment_is_refused_to_whom_its_page_is(
    enter: Enter, people: Cast, actors: dict[str, User]
) -> None:
    """Every 403 and 404 of the access matrix once more, as
    a script of ours would ask.
    """
    about = {
        "own": None,
        "office": thing_of(people.maya, people.rosa),
        "foreign": thing_of(people.omar, people.kim),
    }
    MessageTemplate.objects.filter(owner=people.maya).update(
        owner=None, office=people.maya.office
    )
    form = {
        "body": "Hello",
        "name": "Hi",
        "office_phone": "",
        "message_id": str(uuid.uuid4()),
    }
    for role, actor in actors.items():
        browser: Client = enter(actor)
        for whose, thing in about.items():
            for case in refused(role, whose) if thing else []:
                assert thing is not None
                where = address(case.name, thing)
                asked = {"to": str(thing.student.pk), **form}
                ask = browser.get if case.method == "GET" else browser.post
                answer = ask(where, {} if case.method == "GET" else asked, **SPOOFS)
                assert answer.status_code == case.code, case
                assert thing.student.last_name not in answer.content.decode()
