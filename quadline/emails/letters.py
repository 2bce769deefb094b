"""One function per letter.

Each is sent at once and raises when the mail server refuses: callers are jobs.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.formats import date_format

from quadline.college.current import college_settings
from quadline.emails.outgoing import GENERATED, one_line


def number_is_late(
    *,
    to: Iterable[str],
    staff_name: str,
    hours: int,
    reason: str,
) -> None:
    """Tell the administrators that a number has not become active
    in the time it usually takes.
    """
    lines = [
        (
            f"The texting number of {staff_name} was requested {hours} hours ago and is"
            " not active yet."
        ),
        "Waiting texts are saved and go out automatically when it is active.",
        (
            f"Last known: {reason}"
            if reason
            else "The networks have not confirmed its registration."
        ),
        (
            f"See {settings.PUBLIC_URL}/manage/numbers/ for each step and what can be"
            " done."
        ),
    ]
    send_to_staff(f"Texting number of {staff_name} is not active yet", lines, to)


def number_is_delayed(
    *,
    to: Iterable[str],
    staff_name: str,
    reason: str,
) -> None:
    """Tell the administrators that setting up a number meets the same problem again and
    again.
    """
    lines = [
        f"The texting number of {staff_name} is not set up yet: {reason}",
        (
            "Quadline keeps trying. If this is something you can fix, fix it now: texts"
            " are waiting."
        ),
        f"See {settings.PUBLIC_URL}/manage/numbers/ for each step.",
    ]
    send_to_staff(f"Texting number of {staff_name} is delayed", lines, to)


def number_is_active(*, to: str, written: str) -> None:
    """Tell a staff user that their number works."""
    lines = [
        f"Your texting number {written} is active. Waiting texts are being sent.",
        (
            "Students may not know the number yet: an email to them first helps them"
            " trust it."
        ),
        f"Your profile: {settings.PUBLIC_URL}/me/",
    ]
    send_to_staff(f"Your texting number {written} is active", lines, [to])


def number_failed(
    *,
    to: Iterable[str],
    staff_name: str,
    reason: str,
) -> None:
    """Tell the administrators that a number could not be set up without them."""
    lines = [
        f"The texting number of {staff_name} could not be set up: {reason}",
        (
            "When that is fixed, choose Try again at"
            f" {settings.PUBLIC_URL}/manage/numbers/. Waiting texts are kept."
        ),
    ]
    send_to_staff(f"Texting number of {staff_name} needs you", lines, to)


def number_works(*, to: Iterable[str], staff_name: str) -> None:
    """Tell the administrators that a number they were told of is active now."""
    lines = [
        f"The texting number of {staff_name} is active now.",
        "Waiting texts are being sent. There is nothing left to do.",
    ]
    send_to_staff(f"Texting number of {staff_name} is active now", lines, to)


def number_troubles(*, to: Iterable[str], lines: list[str]) -> None:
    """Tell the administrators what is wrong with numbers, and was not before."""
    page = f"{settings.PUBLIC_URL}/manage/numbers/"
    send_to_staff(
        _subject(lines, "needs attention", "need attention"),
        [*lines, f"What you can do about it: {page}"],
        to,
    )


def number_troubles_over(*, to: Iterable[str], lines: list[str]) -> None:
    """Tell them that what they were told of is over."""
    told = [f"No longer: {line}" for line in lines]
    send_to_staff(
        _subject(lines, "is over", "are over"),
        [*told, "There is nothing left to do."],
        to,
    )


def _subject(lines: list[str], one: str, many: str) -> str:
    if len(lines) == 1:
        return f"A problem with texting numbers {one}"
    return f"{len(lines)} problems with texting numbers {many}"


def carrier_refuses(
    *,
    to: Iterable[str],
    words: str,
    carrier_code: str,
) -> None:
    """Tell the administrators that the carrier does not take texts
    until somebody fixes something.
    """
    lines = [
        f"The carrier refuses texts: {words} Its code is {carrier_code}.",
        "Texts are tried again for a while, then they go to the students as emails.",
        (
            "Look at the carrier's console, and at the settings of Quadline for it. You"
            " get this once an hour while it lasts."
        ),
    ]
    send_to_staff(f"The carrier refuses texts (code {carrier_code})", lines, to)


def texts_used_up(
    *,
    to: Iterable[str],
    cap: int,
    only_broadcasts: bool,
) -> None:
    """Tell the administrators that the daily cap was reached and what waits
    because of it.
    """
    what = "Broadcasts wait" if only_broadcasts else "All texts wait"
    lines = [
        (
            f"The college may send {cap:,} texts a day (TEXTS_PER_DAY, in segments)."
            f" {what} until tomorrow."
        ),
        (
            "A tenth of them is kept for single texts and answers to students."
            if only_broadcasts
            else (
                "Each waiting text says so, and is sent automatically when the day"
                " begins at midnight in Los Angeles."
            )
        ),
        (
            "If this happens often, ask the carrier for a higher daily limit for your"
            " brand."
        ),
    ]
    send_to_staff(
        f"The college's texts for today are used up: {what.lower()}", lines, to
    )


def passwords_guessed(
    *,
    to: Iterable[str],
    email: str,
    address: str,
) -> None:
    """Tell the administrators that sign-in was refused after too many wrong passwords.

    ``email``: "" when nobody's.
    """
    whose = (
        f"for {email}"
        if email
        else "for several accounts, or for accounts that do not exist"
    )
    lines = [
        (
            f"Too many wrong passwords were tried {whose}, the last from the address"
            f" {address or 'unknown'}."
        ),
        (
            "New sign-ins from there are refused for some minutes. Browsers that staff"
            " have used before still work, and so does Forgot your password."
        ),
        (
            "If they are locked out themselves, this lets them in at once: quadline"
            f" unlock {email}"
            if email
            else "If it goes on, block the address in front of Quadline."
        ),
        (
            "If they know nothing of it, somebody is guessing: make sure the password"
            " is a good one."
            if email
            else ""
        ),
        "You get this once an hour while it lasts.",
    ]
    send_to_staff(
        "Somebody is trying passwords" + (f" for {email}" if email else ""),
        [line for line in lines if line],
        to,
    )


def texts_held(
    *,
    to: Iterable[str],
    staff_name: str,
    count: int,
    why: str,
) -> None:
    """Tell who wrote texts that they are held, or the administrators when that account
    is switched off.
    """
    what = f"{count:,} text{'' if count == 1 else 's'} of {staff_name}"
    lines = [
        f"{what}, not sent yet, {'is' if count == 1 else 'are'} held. {why}",
        (
            "What is held is not sent, and no email goes out instead. It is sent"
            " automatically as soon as it can be, and is closed when it has waited too"
            " long."
        ),
        f"Each says so in its conversation: {settings.PUBLIC_URL}/inbox/",
    ]
    send_to_staff(f"{what} {'is' if count == 1 else 'are'} held", lines, to)


def password_link(*, to: str, link: str) -> None:
    """A link to set a password, for somebody who said that they forgot theirs."""
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    lines = [
        (
            "Somebody, probably you, asked to reset your password for texting at"
            f" {college_settings().college_name}."
        ),
        f"Choose a new one here, within {days} days:\n{link}",
        "Choosing a new password signs you out everywhere and ends your API tokens.",
        "If this was not you, ignore this email: nothing has changed.",
    ]
    send_to_staff("Reset your Quadline password", lines, [to])


def invitation(
    *,
    to: str,
    name: str,
    inviter: str,
    link: str,
) -> None:
    """A link to set the first password of an account, for its owner.

    ``inviter``: the administrator's name; "" when it is not known. ``link``: "" for
    who signs in with a campus account.
    """
    college = college_settings().college_name
    lines = [
        f"Hello {name},",
        (
            f"{inviter or 'Your administrator'} made you an account for texting with"
            f" students at {college}."
        ),
        *(_by_password(to, inviter, link) if link else [_by_campus_account()]),
        "If you did not expect this email, ignore it.",
    ]
    send_to_staff(f"Your account for texting at {college}", lines, [to])


def _by_password(to: str, inviter: str, link: str) -> list[str]:
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    return [
        f"Choose a password here, within {days} days:\n{link}",
        f"Then sign in with {to} at {settings.PUBLIC_URL}",
        (
            "The link works once. If it has expired, choose “Forgot your password?”"
            f" there, or ask {inviter or 'your administrator'} to send a new one."
        ),
    ]


def _by_campus_account() -> str:
    return (
        f"Sign in with your campus account at {settings.PUBLIC_URL}/accounts/login/."
        " You need no password for Quadline."
    )


def password_changed(
    *,
    to: str,
    at: datetime,
    tokens_ended: int,
) -> None:
    """Tell the owner that their password was changed,
    in case it was not they who did it.
    """
    local = at.astimezone(college_settings().zone)
    tokens = (
        f"{tokens_ended} API token{'' if tokens_ended == 1 else 's'} of yours stopped"
        " working."
    )
    college = college_settings().college_name
    lines = [
        (
            f"Your password for texting at {college} was changed on"
            f" {date_format(local, 'F j, Y')} at {date_format(local, 'g:i A')}."
        ),
        "You were signed out on every other device."
        + (f" {tokens} Make new ones under My profile." if tokens_ended else ""),
        "If this was you, there is nothing to do.",
        (
            "If this was not you, reset your password now at"
            f" {settings.PUBLIC_URL}/accounts/password/reset/ and tell your Quadline"
            " administrator."
        ),
    ]
    send_to_staff("Your Quadline password was changed", lines, [to])


def send_to_staff(
    subject: str,
    lines: list[str],
    to: Iterable[str],
) -> None:
    """A letter of paragraphs, at once. Nobody to send it to: nothing happens."""
    recipients = list(to)
    if recipients:
        EmailMessage(
            one_line(subject),
            "\n\n".join(lines),
            to=recipients,
            headers=GENERATED,
        ).send()
