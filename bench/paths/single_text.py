"""A single text while a broadcast runs:
from Send in the browser until the carrier accepts it.
"""

import http.client
import time
import uuid
from urllib.parse import urlencode, urlsplit

from django.utils import timezone

from bench import calling, college, stand_in_log
from bench.figures import Figures, Reach, Row, Work, p95
from bench.house import web, worker
from bench.sessions import CSRF, cookies_of
from quadline.accounts.models import User
from quadline.conversations.models import Conversation
from quadline.delivery.sending.sender import send_due_texts
from quadline.jobs import enqueue

TITLE = "single text, p95"
ROWS = (Row(TITLE, "ms", "the same while nothing else is sent", Reach(at_most=2)),)
SENDERS = 50  # of the broadcast; the one after them writes the single texts
STUDENTS = 500
WARM_UP = 3
FEWEST = 10  # texts beside a running broadcast, for a p95 of them
PATIENCE_SECONDS = 180


def measure(work: Work) -> Figures:
    count = work.of(60, quick=25)
    broadcast = work.of(50_000, quick=12_000)
    return {TITLE: _p95(count, broadcast=broadcast)}


def limit(work: Work) -> Figures:
    count = work.of(60, quick=25)
    return {TITLE: _p95(count, broadcast=0)}


def _p95(count: int, *, broadcast: int) -> float:
    _college(broadcast)
    writer = User.objects.get(pk=SENDERS + 1)
    cookie = cookies_of([writer])[writer.pk]
    port = calling.free_port()
    with web(port) as (address, _), worker():
        _wait_for(set(_send(address, cookie, WARM_UP)))
        _begin(broadcast)
        began = _send(address, cookie, count)
        _wait_for(set(began))
    if broadcast:
        began = _while_it_ran(began, stand_in_log.end_of_broadcast())
    taken_at = {text.first_word: text.at for text in stand_in_log.taken()}
    seconds = [taken_at[word] - at for word, at in began.items()]
    return 1000 * p95(seconds)


def _while_it_ran(began: dict[str, float], ended: float) -> dict[str, float]:
    found = {word: at for word, at in began.items() if at < ended}
    if len(found) < FEWEST:
        raise RuntimeError(
            f"the broadcast was over after {len(found)} single texts: give it more"
        )
    return found


def _college(broadcast: int) -> None:
    now = timezone.now()
    everyone = broadcast + STUDENTS
    college.empty()
    college.staff(SENDERS + 1, now=now)
    whose = f"CASE WHEN g > {broadcast} THEN {SENDERS + 1} ELSE 1 + g % {SENDERS} END"
    college.students(everyone, whose=whose)
    college.conversations(everyone, whose=whose, now=now)
    college.texts(everyone, status="delivered", now=now)  # nobody's first text
    college.settle()


def _begin(broadcast: int) -> None:
    """The worker has begun when this returns."""
    if not broadcast:
        return
    before = stand_in_log.how_many()
    college.texts(
        broadcast, status="waiting", now=timezone.now(), reason="'turn'", due_at="now()"
    )
    enqueue(send_due_texts)
    stand_in_log.wait_for(before + 1, seconds=30)


def _send(address: str, cookie: str, count: int) -> dict[str, float]:
    """Send so many texts, ten a second at most; the first word of each,
    and when Send was pressed.
    """
    first = (
        Conversation.objects.filter(inbox=SENDERS + 1)
        .order_by("pk")
        .values_list("pk", flat=True)[0]
    )
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    headers = {
        "Cookie": cookie,
        "X-CSRFToken": CSRF,
        "HX-Request": "true",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    began = {}
    for place in range(count):
        word = uuid.uuid4().hex
        form = urlencode(
            {
                "message_id": str(uuid.uuid4()),
                "channel": "text",
                "body": f"{word} {college.WORDS}",
            }
        )
        conversation = first + place % STUDENTS
        began[word] = time.monotonic()
        connection.request("POST", f"/inbox/c/{conversation}/texts/", form, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"Send was answered with {answer.status}")
        time.sleep(max(0, began[word] + 0.1 - time.monotonic()))
    connection.close()
    return began


def _wait_for(words: set[str]) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while missing := words - _first_words_taken():
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"{len(missing)} single texts were not taken")
        time.sleep(0.2)


def _first_words_taken() -> set[str]:
    return {text.first_word for text in stand_in_log.taken()}
