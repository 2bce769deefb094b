"""What a simulator with a data folder remembers, and what its clock does."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from quadline.simulator.store import RecordStore
from quadline.simulator.tests.college import College
from quadline.simulator.tests.conftest import running
from quadline.simulator.tests.driver import STUDENT, Simulator
from quadline.simulator.tests.letters import SALLY, letter, post
from quadline.simulator.tests.test_registration import ask_to_be_told

ROSTER = """Institutional ID,First Name,Last Name,Preferred_Name,pronouns,email,mobile,landline
00417733,Sally,Student-Taynor,,she/her,sally@alder.example,(734) 555-0177,
00417734,Robert,Okonkwo,Bo,he/him,bo@alder.example,734.555.0178,734-555-0199
"""


def test_everything_is_there_after_a_restart(tmp_path: Path, college: College) -> None:
    with running("--data", str(tmp_path), "--registration-delay", "3600") as url:
        before = Simulator(url)
        before.post("settings", callback_delay=0)
        number = before.rent(college, registered=False)
        sid = before.send(number).sid
        before.final(sid)
        before.text(number, "STOP")
        before.post("fast-forward", hours=0.5)
        lines = before.ledger()
    with running("--data", str(tmp_path)) as url:
        after = Simulator(url)
        assert after.ledger()[: len(lines)] == lines
        assert after.client.messages(sid).fetch().error_code == 30034
        assert after.client.incoming_phone_numbers.list()[0].phone_number == number
        assert after.refused(number) == 21610
        assert after.get("numbers")[0]["registration"] == "pending"
        after.post("fast-forward", hours=0.6)
        assert after.get("numbers")[0]["registration"] == "registered"
        assert after.get(f"phones/{STUDENT}")["threads"][0]["opted_out"]


def test_a_text_on_its_way_arrives_after_a_restart(
    tmp_path: Path, college: College
) -> None:
    with running("--data", str(tmp_path)) as url:
        before = Simulator(url)
        number = before.rent(college)
        before.post("settings", callback_delay=0.5)
        sid = before.send(number, college).sid
        college.wait_for("/status", 1)
    with running("--data", str(tmp_path)) as url:
        Simulator(url).post("fast-forward", seconds=10)
        assert college.statuses(sid)[-1] == "delivered"


def test_how_a_registration_ended_is_told_after_a_restart_if_nobody_heard(
    tmp_path: Path, college: College
) -> None:
    college.answers["/events"] = lambda: (503, "")
    with running("--data", str(tmp_path)) as url:
        before = Simulator(url)
        ask_to_be_told(before, college)
        before.rent(college)
        college.wait_for("/events", 2)
    college.forget()
    for _ in range(2):
        with running("--data", str(tmp_path)) as url:
            college.wait_for("/events", 1)
            Simulator(url).post("fast-forward", seconds=1)
    [told] = college.at("/events")
    assert b"number-registration.successful" in told.body


def test_mailboxes_are_there_after_a_restart(tmp_path: Path) -> None:
    message = letter()
    with running("--data", str(tmp_path), "--mail-intake", "lmtp://127.0.0.1:1") as url:
        post(Simulator(url), message)
    with running("--data", str(tmp_path), "--mail-intake", "lmtp://127.0.0.1:2") as url:
        after = Simulator(url)
        assert [
            mail["message_id"] for mail in after.get(f"mailboxes/{SALLY}")["mails"]
        ] == [message["Message-ID"]]
        assert after.get("settings")["mail_intake"] == "lmtp://127.0.0.1:2"
        post(after, message)
        assert after.get(f"mailboxes/{SALLY}")["mails"][0]["arrivals"] == 2


def test_a_roster_names_the_phones(tmp_path: Path) -> None:
    roster = tmp_path / "students.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    with running("--students", str(roster)) as url:
        simulator = Simulator(url)
        assert [each["name"] for each in simulator.get("phones")["phones"]] == [
            "Bo Okonkwo",
            "Bo Okonkwo (home)",
            "Sally Student-Taynor",
        ]
        assert (
            simulator.get("phones?q=sally")["phones"][0]["detail"]
            == "she/her · 00417733"
        )
        assert simulator.get("phones?q=555-0178")["total"] == 1
        assert [
            each["address"] for each in simulator.get("mailboxes")["mailboxes"]
        ] == [
            "bo@alder.example",
            "sally@alder.example",
        ]
        assert (
            simulator.get("students/bo@alder.example")["phone_number"] == "+17345550178"
        )
        simulator.post("reset")
        assert simulator.get("phones")["total"] == 3


def test_the_ledger_is_read_on_from_a_line(
    simulator: Simulator, advisor_number: str
) -> None:
    sid = simulator.send(advisor_number).sid
    simulator.final(sid)
    lines = simulator.ledger()
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    assert simulator.get("ledger?after=3&limit=1")[0]["n"] == 4
    assert {line["kind"] for line in simulator.ledger("accept", "attach")} == {
        "accept",
        "attach",
    }


def test_fast_forward_does_everything_due_in_order(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.post("settings", callback_delay=600)
    sids = [simulator.send(advisor_number, college).sid for _ in range(3)]
    assert simulator.ledger("status") == []
    before = simulator.get("healthz")["at"]
    assert simulator.post("fast-forward", hours=1)["now"] - before >= 3600
    steps = [line["status"] for line in simulator.ledger("status")]
    assert steps == ["queued"] * 3 + ["sending"] * 3 + ["sent"] * 3 + ["delivered"] * 3
    assert all(college.statuses(sid)[-1] == "delivered" for sid in sids)


def test_what_was_taken_for_the_store_is_written_though_no_thread_was_free(
    tmp_path: Path,
) -> None:
    busy = Event()

    async def told_to_stop_meanwhile() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        loop.run_in_executor(None, busy.wait, 120)
        store = RecordStore(tmp_path)
        store.append(1, "accept", "{}")
        running = asyncio.create_task(store.run())
        while store._lines:
            await asyncio.sleep(0.01)
        running.cancel()
        loop.call_soon(busy.set)
        await asyncio.gather(running, return_exceptions=True)
        store.close()

    asyncio.run(told_to_stop_meanwhile())
    assert list(RecordStore(tmp_path).ledger_lines()) == [("accept", "{}")]
