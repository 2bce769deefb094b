"""One function per letter. Each is sent at once and raises when the mail server refuses: callers are jobs."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage

from quadline.emails.outgoing import GENERATED, one_line


def number_is_late(*, to: Iterable[str], staff_name: str, hours: int, reason: str) -> None:
    """Tell the administrators that a number has not become active in the time it usually takes."""
    lines = [
        f"The texting number of {staff_name} was asked for {hours} hours ago and is not active yet.",
        "Texts that wait for it are kept, and go out by themselves when it is.",
        f"Last known: {reason}" if reason else "The networks have not confirmed its registration.",
        f"See {settings.PUBLIC_URL}/manage/numbers/ for each step and what can be done.",
    ]
    _send(f"Texting number of {staff_name} is not active yet", lines, to)


def number_is_delayed(*, to: Iterable[str], staff_name: str, reason: str) -> None:
    """Tell the administrators that setting up a number meets the same problem again and again."""
    lines = [
        f"The texting number of {staff_name} is not set up yet: {reason}",
        "Quadline keeps trying. If this is something you can fix, fix it now: texts are waiting.",
        f"See {settings.PUBLIC_URL}/manage/numbers/ for each step.",
    ]
    _send(f"Texting number of {staff_name} is delayed", lines, to)


def number_is_active(*, to: str, written: str) -> None:
    """Tell a staff user that their number works."""
    lines = [
        f"Your texting number {written} is active. Texts that waited for it are on their way.",
        "Students may not know the number yet: an email to them first helps them trust it.",
        f"Your profile: {settings.PUBLIC_URL}/me/",
    ]
    _send(f"Your texting number {written} is active", lines, [to])


def number_failed(*, to: Iterable[str], staff_name: str, reason: str) -> None:
    """Tell the administrators that a number could not be set up without them."""
    lines = [
        f"The texting number of {staff_name} could not be set up: {reason}",
        f"When that is mended, choose Try again at {settings.PUBLIC_URL}/manage/numbers/. Waiting texts are kept.",
    ]
    _send(f"Texting number of {staff_name} needs you", lines, to)


def carrier_refuses(*, to: Iterable[str], words: str, carrier_code: str) -> None:
    """Tell the administrators that the carrier does not take texts until somebody mends something."""
    lines = [
        f"The carrier refuses texts: {words} Its code is {carrier_code}.",
        "Texts are tried again for a while, then they go to the students as emails.",
        "Look at the carrier's console, and at the settings of Quadline for it. You get this once an hour while it lasts.",
    ]
    _send(f"The carrier refuses texts (code {carrier_code})", lines, to)


def texts_used_up(*, to: Iterable[str], cap: int, only_broadcasts: bool) -> None:
    """Tell the administrators that the daily cap was reached and what waits because of it."""
    what = "Broadcasts wait" if only_broadcasts else "All texts wait"
    lines = [
        f"The college may send {cap:,} texts a day (TEXTS_PER_DAY, in segments). {what} until tomorrow.",
        "A tenth of them is kept for single texts and answers to students."
        if only_broadcasts
        else "Each waiting text says so, and leaves by itself when the day begins anew at midnight in Los Angeles.",
        "If this happens often, ask the carrier for a higher daily limit for your brand.",
    ]
    _send(f"The college's texts for today are used up: {what.lower()}", lines, to)


def passwords_guessed(*, to: Iterable[str], email: str, address: str) -> None:
    """Tell the administrators that sign-in was refused after too many wrong passwords. ``email``: "" when nobody's."""
    whose = f"for the account {email}" if email else "for accounts that do not exist"
    lines = [
        f"Too many wrong passwords were tried {whose}, the last from the address {address or 'unknown'}.",
        "Even the right password is refused for some minutes. Nobody has to do anything for it to pass.",
        f"If it was they themselves, this lets them in at once: quadline unlock {email}"
        if email
        else "If it goes on, refuse the address in front of Quadline.",
        "If they know nothing of it, somebody is guessing: see that the password is a good one. You get this once an hour."
        if email
        else "You get this once an hour while it lasts.",
    ]
    _send("Somebody is trying passwords" + (f" for {email}" if email else ""), lines, to)


def texts_held(*, to: Iterable[str], staff_name: str, count: int, why: str) -> None:
    """Tell who wrote texts that they are held, or the administrators when that account is switched off."""
    what = f"{count:,} text{'' if count == 1 else 's'} of {staff_name}"
    lines = [
        f"{what}, not sent yet, {'is' if count == 1 else 'are'} held. {why}",
        "What is held is not sent, and no email goes out instead. It goes on by itself as soon as it may again, and is "
        "closed when it has waited too long.",
        f"Each says so in its conversation: {settings.PUBLIC_URL}/inbox/",
    ]
    _send(f"{what} {'is' if count == 1 else 'are'} held", lines, to)


def about_an_account(*, to: str, subject: str, body: str) -> None:
    """A link for a new password, or word that it was changed; written where people sign in."""
    _send(subject, [body], [to])


def _send(subject: str, lines: list[str], to: Iterable[str]) -> None:
    recipients = list(to)
    if recipients:
        EmailMessage(one_line(subject), "\n\n".join(lines), to=recipients, headers=GENERATED).send()
