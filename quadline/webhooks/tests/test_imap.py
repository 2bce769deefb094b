"""Emails fetched from a mailbox: filed, then marked as read; what cannot be filed stays
unread and keeps back no other.
"""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.delivery.inbound import inbound_email
from quadline.delivery.models import IncomingEmail
from quadline.emails import tokens
from quadline.emails.tests import hostile
from quadline.emails.tests.letters import plain, with_files
from quadline.webhooks.mail import imap
from tests.cast import Cast

FETCH = re.compile(rb"UID FETCH (\d+) \((RFC822\.SIZE|BODY\.PEEK\[\](?:<0\.(\d+)>)?)\)")


@dataclass
class Mailbox:
    """An IMAP server with one user and one folder: as much of RFC 3501 as
    is asked of it, over a real socket.
    """

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)  # what it cannot give
    port: int = 0

    @property
    def url(self) -> str:
        return f"imap://quadline%40alder:se%2Fcret@127.0.0.1:{self.port}/Answers"

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line, line.makefile("rwb") as talk:
                self._talk(talk)

    def _talk(self, talk: object) -> None:
        read, write = talk.readline, talk.write  # type: ignore[attr-defined]
        write(b"* OK ready\r\n")
        talk.flush()  # type: ignore[attr-defined]
        while said := read():
            tag, _, command = said.strip().partition(b" ")
            answers, done = self._answer(command)
            write(b"".join(answers) + tag + b" " + done + b"\r\n")
            talk.flush()  # type: ignore[attr-defined]
            if command == b"LOGOUT":
                return

    def _answer(self, command: bytes) -> tuple[list[bytes], bytes]:
        if command.startswith(b"LOGIN"):
            is_known = command == b'LOGIN quadline@alder "se/cret"'
            return [], b"OK in" if is_known else b"NO who are you"
        if command.startswith(b"SELECT"):
            return (
                ([b"* 1 EXISTS\r\n"], b"OK done")
                if command == b'SELECT "Answers"'
                else ([], b"NO there is none")
            )
        if command == b"UID SEARCH UNSEEN":
            unseen = " ".join(str(uid) for uid in self.mails if uid not in self.seen)
            return [f"* SEARCH {unseen}\r\n".encode()], b"OK done"
        if (found := FETCH.fullmatch(command)) and int(found[1]) in self.broken:
            return [], b"NO it cannot be read"
        if found:
            return [self._fetched(int(found[1]), found[2], found[3])], b"OK done"
        if stored := re.fullmatch(
            rb"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command
        ):
            self.seen.append(int(stored[1]))
            return [], b"OK done"
        return (
            [b"* CAPABILITY IMAP4rev1\r\n"] if command == b"CAPABILITY" else []
        ), b"OK done"

    def _fetched(self, uid: int, what: bytes, most: bytes | None) -> bytes:
        self.fetched.append(what.decode())
        content = self.mails[uid]
        if what == b"RFC822.SIZE":
            return f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(content)})\r\n".encode()
        content = content[: int(most)] if most else content
        return (
            f"* {uid} FETCH (UID {uid} BODY[] {{{len(content)}}}\r\n".encode()
            + content
            + b")\r\n"
        )


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        box = Mailbox(port=listener.getsockname()[1])
        thread = Thread(target=box.serve, args=[listener], daemon=True)
        thread.start()
        yield box
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.fixture
def token(people: Cast, settings: Settings) -> str:
    settings.ENV = settings.ENV.model_copy(
        update={"email_reply_to": "reply@mail.alder.example"}
    )
    conversation = open_conversation(
        inbox=people.maya.inbox, student=people.bo, now=timezone.now()
    )
    return tokens.reply_address(conversation.pk)


def bodies() -> list[str]:
    return list(Message.objects.order_by("position").values_list("body", flat=True))


def test_unread_emails_are_filed_and_marked(mailbox: Mailbox, token: str) -> None:
    mailbox.mails = {
        3: plain("One", To=token),
        4: plain("Two", To=token, Message_ID="<2@x>"),
    }
    assert imap.fetch_emails(mailbox.url) == 2
    assert (bodies(), mailbox.seen) == (["One", "Two"], [3, 4])
    assert imap.fetch_emails(mailbox.url) == 0
    assert Conversation.objects.get().unread_count == 2


def test_one_that_was_filed_but_not_marked_is_there_once(
    mailbox: Mailbox, token: str
) -> None:
    mailbox.mails = {3: plain("One", To=token)}
    imap.fetch_emails(mailbox.url)
    mailbox.seen.clear()
    imap.fetch_emails(mailbox.url)
    assert bodies() == ["One"]


def test_one_that_cannot_be_filed_stays_unread_and_keeps_back_no_other(
    mailbox: Mailbox, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.mails = {
        3: plain("One", To=token),
        4: plain("Two", To=token, Message_ID="<2@x>"),
    }

    def not_the_first(raw: bytes, **facts: object) -> IncomingEmail:
        if b"One" in raw:
            raise RuntimeError("not this one")
        return inbound_email.file_email(raw, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(imap, "file_email", not_the_first)
    assert imap.fetch_emails(mailbox.url) == 1
    assert (bodies(), mailbox.seen) == (["Two"], [4])


def test_one_that_the_mail_server_cannot_give_keeps_back_no_other(
    mailbox: Mailbox, token: str
) -> None:
    mailbox.mails = {
        3: plain("One", To=token),
        4: plain("Two", To=token, Message_ID="<2@x>"),
    }
    mailbox.broken = [3]
    assert imap.fetch_emails(mailbox.url) == 1
    assert (bodies(), mailbox.seen) == (["Two"], [4])


@pytest.mark.parametrize(
    "name", ["2,000 parts within parts", "nested quotes", "many headers"]
)
def test_a_poisonous_email_is_fetched_once_and_keeps_back_no_other(
    mailbox: Mailbox, token: str, name: str
) -> None:
    mailbox.mails = {
        3: hostile.QUICK[name],
        4: plain("Two", To=token, Message_ID="<2@x>"),
    }
    assert imap.fetch_emails(mailbox.url) == 2
    assert mailbox.seen == [3, 4]
    assert imap.fetch_emails(mailbox.url) == 0
    assert bodies()[-1] == "Two"


def test_of_an_email_that_is_too_large_the_words_are_kept(
    mailbox: Mailbox, token: str
) -> None:
    letter = with_files("See the film", "film.mov", size=22_000_000).replace(
        b"To: reply@mail.alder.example", f"To: {token}".encode()
    )
    mailbox.mails = {3: letter}
    assert imap.fetch_emails(mailbox.url) == 1
    assert bodies() == ["See the film\n\n[Attachment: film.mov was not kept]"]
    assert mailbox.fetched == ["RFC822.SIZE", "BODY.PEEK[]<0.1000000>"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("se%2Fcret", "cannot be read"),
        ("/Answers", "no folder"),
        ("quadline%40alder", "cannot be read"),
    ],
)
def test_a_mailbox_that_cannot_be_read_says_why(
    mailbox: Mailbox, token: str, change: str, words: str
) -> None:
    with pytest.raises(imap.MailboxFault, match=words):
        imap.fetch_emails(
            mailbox.url.replace(change, "/Other" if change[0] == "/" else "wrong")
        )


def test_nobody_there_is_a_fault_in_words(mailbox: Mailbox) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(imap.MailboxFault, match="could not be reached"):
            imap.fetch_emails(f"imap://a:b@127.0.0.1:{nobody.getsockname()[1]}/INBOX")


def test_the_command_fetches_once(
    mailbox: Mailbox, token: str, settings: Settings
) -> None:
    mailbox.mails = {3: plain("One", To=token)}
    settings.ENV = settings.ENV.model_copy(update={"mail_intake_url": mailbox.url})
    call_command("mail_intake", "--once", stdout=StringIO())
    assert bodies() == ["One"]


def test_the_command_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="MAIL_INTAKE_URL"):
        call_command("mail_intake")
