"""All Students on My Caseload: what the review promised is, student by
student, what phones and mailboxes got.
"""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import PlannedOutcome
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student
from tests.browser import Person
from tests.cast import Cast, student
from tests.house import House, eventually

Arrive = Callable[..., Person]


def a_caseload_of_every_kind(people: Cast) -> list[Student]:
    """Texted or opted out, a landline, no phone, neither phone nor email, a
    long and a foreign name, a shared phone.
    """
    maya = people.maya
    made = [
        student(
            "00300001", "Wanda", "Sharing-One", advisor=maya, mobile="+13135550001"
        ),
        student("00300002", "Will", "Sharing-Two", advisor=maya, mobile="+13135550001"),
        student("00300003", "Nobody", "Reaches", advisor=maya, email=""),
        student(
            "00300004",
            "Łucja",
            "Wiśniewska-Þórsdóttir " * 3,
            advisor=maya,
            mobile="+13135550004",
            email="lucja@alder.example",
        ),
        student(
            "00300005",
            "明",
            "王",
            advisor=maya,
            mobile="+13135550005",
            email="wang@alder.example",
        ),
    ]
    made += [
        student(
            f"003001{index:02d}",
            "Student",
            f"Number {index}",
            advisor=maya,
            mobile=f"+131355501{index:02d}",
        )
        for index in range(20)
    ]
    return [*made, people.rosa, people.bo, people.gus, people.nell]


def test_the_review_equals_what_arrived_student_by_student(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    simulator = the_house.simulator
    caseload = a_caseload_of_every_kind(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/students/{people.sally.pk}/message/")
    page.get_by_role("textbox", name=re.compile("Text Message")).fill("Setup test")
    page.get_by_role("button", name="Send", exact=True).click()
    eventually(
        lambda: SystemNumber.objects.filter(
            inbox__owner=people.maya, state="active"
        ).exists()
    )
    number = SystemNumber.objects.get(inbox__owner=people.maya)
    eventually(lambda: simulator.accepts(to=people.sally.mobile))
    simulator.text(people.bo.mobile, number.phone, "STOP")

    here.open("/inbox/new/")
    page.get_by_role("combobox", name="To", exact=True).click()
    page.get_by_role(
        "option", name=re.compile(rf"All Students on My Caseload \({len(caseload)}\)")
    ).click()
    page.get_by_role("textbox", name=re.compile("Text Message")).fill(
        "Hi [Student Name], registration opens Monday. Maya Alvarez"
    )
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Send 25 texts and 3 emails").click()
    expect(page.locator("#progress")).to_contain_text("Finished")

    broadcast = Broadcast.objects.get()
    promised = {
        row.student_id: row for row in broadcast.recipients.select_related("student")
    }
    assert (
        set(promised)
        == {each.pk for each in caseload}
        == set(CaseloadEntry.objects.values_list("student", flat=True))
        - {people.kim.pk}
    )
    bodies_at: dict[str, list[str]] = {}
    for accept in simulator.ledger("accept"):
        bodies_at.setdefault(accept["to"], []).append(accept["body"])
    for row in promised.values():
        greeting = f"Hi {row.student.first}, registration opens Monday. Maya Alvarez"
        texts = [
            body
            for body in bodies_at.get(row.student.mobile, [])
            if body.startswith(greeting)
        ]
        letters = (
            [
                mail
                for mail in simulator.mail(row.student.email)
                if greeting in mail["text"]
            ]
            if row.student.email
            else []
        )
        got = (len(texts), len(letters))
        assert (
            got
            == {
                PlannedOutcome.TEXT: (1, 0),
                PlannedOutcome.EMAIL: (0, 1),
                PlannedOutcome.NOTHING: (0, 0),
            }[PlannedOutcome(row.outcome)]
        ), row.student
        if texts:
            assert texts[0] == (
                f"{row.body}\n\n{row.notice}" if row.notice else row.body
            )
    outcomes = {
        person.pk: promised[person.pk].outcome
        for person in (people.bo, people.gus, people.nell, caseload[2])
    }
    assert outcomes == {
        people.bo.pk: "email",
        people.gus.pk: "email",
        people.nell.pk: "email",
        caseload[2].pk: "nothing",
    }
