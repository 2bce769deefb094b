"""However a first text is sent and whatever dies meanwhile: one number, one
text. Held against the carrier's ledger.
"""

import http.cookiejar
import threading
import urllib.parse
import urllib.request
import uuid

from django.utils import timezone

from quadline.conversations.models import Message
from quadline.delivery.outbox.accepting import accept_text
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry
from tests.cast import PASSWORD, Cast
from tests.house import House, eventually

# seconds: a worker is missed after 30, an attempt without an outcome after 60
RECOVERY = 300.0


def test_twenty_first_sends_at_once_buy_one_number(
    the_house: House, people: Cast
) -> None:
    windows = [Window(the_house.url, people.maya.email) for _ in range(4)]
    start = threading.Barrier(20)
    answers: list[int] = []

    def send(window: Window, words: str) -> None:
        start.wait()
        answers.append(window.text(people.sally.pk, words))

    clicks = [
        threading.Thread(target=send, args=(windows[i % 4], f"Setup test {i}"))
        for i in range(20)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    assert answers == [200] * 20
    eventually(lambda: Message.objects.filter(status="delivered").count() == 20)
    assert len(the_house.simulator.purchases()) == 1
    assert SystemNumber.objects.filter(inbox__owner=people.maya).count() == 1
    bodies = [
        text["body"] for text in the_house.simulator.accepts(to=people.sally.mobile)
    ]
    assert len(bodies) == len(set(bodies)) == 20
    assert len([body for body in bodies if "Reply STOP" in body]) == 1


def test_a_worker_killed_after_buying_and_after_a_hand_over_repeats_neither(
    the_house: House, people: Cast
) -> None:
    simulator = the_house.simulator
    CaseloadEntry.objects.create(staff=people.theo, student=people.rosa)
    first_text(people.theo, people.sally, "Theo is set up")
    eventually(lambda: simulator.accepts(to=people.sally.mobile))

    # The carrier buys for Maya and takes Theo's text, and answers neither; every
    # callback of that text is lost too.
    simulator.fault(kind="purchase_then_hang", seconds=25)
    simulator.fault(kind="accept_then_hang", seconds=25, to=people.rosa.mobile)
    simulator.fault(kind="callback_lost", to=people.rosa.mobile)
    text = first_text(people.theo, people.rosa, "Are you coming?")
    first_text(people.maya, people.sally, "Setup test")
    eventually(
        lambda: (
            len(simulator.purchases()) == 2 and simulator.accepts(to=people.rosa.mobile)
        )
    )
    the_house.kill("worker")
    simulator.clear_faults()
    the_house.start("worker")

    eventually(
        lambda: SystemNumber.objects.filter(
            inbox__owner=people.maya, state="active"
        ).exists(),
        within=RECOVERY,
    )
    eventually(lambda: len(simulator.accepts(to=people.sally.mobile)) == 2)
    eventually(
        lambda: Message.objects.get(pk=text.pk).status in ("sent", "delivered"),
        within=RECOVERY,
    )
    assert len(simulator.purchases()) == 2, "Theo's and Maya's, none twice"
    assert len(simulator.accepts(to=people.rosa.mobile)) == 1
    owned = {entry["phone_number"] for entry in simulator.purchases()}
    assert owned == set(SystemNumber.objects.values_list("phone", flat=True)), (
        "what was bought is what is recorded"
    )


def first_text(author: object, student: object, words: str) -> Message:
    return accept_text(
        author=author,  # type: ignore[arg-type]
        student=student,  # type: ignore[arg-type]
        message_id=uuid.uuid4(),
        body=words,
        now=timezone.now(),
    )


class Window:
    """A signed-in browser window without the browser: forms as they are posted."""

    def __init__(self, url: str, email: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar)
        )
        self.opener.open(f"{url}/accounts/login/").read()
        self._post("/accounts/login/", login=email, password=PASSWORD)

    def text(self, student_id: int, words: str) -> int:
        return self._post(
            f"/students/{student_id}/message/", message_id=str(uuid.uuid4()), body=words
        )

    def get(self, path: str) -> str:
        with self.opener.open(f"{self.url}{path}") as answer:
            return str(answer.read().decode())

    def _post(self, path: str, **fields: str) -> int:
        token = next(cookie.value for cookie in self.jar if cookie.name == "csrftoken")
        form = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        with self.opener.open(
            urllib.request.Request(f"{self.url}{path}", data=form)
        ) as answer:
            return int(answer.status)
