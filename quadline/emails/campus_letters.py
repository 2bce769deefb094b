"""One function per email about signing in with a campus account."""

from collections.abc import Iterable

from django.conf import settings

from quadline.emails.letters import send_to_staff

SETTINGS_PAGE = "/manage/sign-in/"


def campus_sign_in_refused(*, to: Iterable[str], about: str, why: str) -> None:
    """Tell the administrators whom the campus sign-in did not let in, and why.

    ``about``: an address, or the domain of one that nobody vouches for, or "".
    """
    lines = [
        f"Somebody signed in with a campus account ({about or 'no address'}) and did"
        " not get into Quadline.",
        f"They read: {why}",
        f"Who gets in, and as what: {settings.PUBLIC_URL}{SETTINGS_PAGE}",
        "You get this at most once an hour for each reason.",
    ]
    send_to_staff("A campus account was not let in", lines, to)


def campus_account_linked(*, to: str, tokens: int) -> None:
    """Tell the owner that their account opens with their campus account now."""
    lines = [
        "Your Quadline account is now linked to your campus account: you sign in with"
        " that.",
        (
            f"{tokens} API token{'s' if tokens != 1 else ''} made before still"
            f" work{'s' if tokens == 1 else ''}:"
            f" {settings.PUBLIC_URL}/me/tokens/"
            if tokens
            else ""
        ),
        "If this was not you, tell your Quadline administrator at once.",
    ]
    send_to_staff(
        "Your Quadline account is linked to your campus account",
        [line for line in lines if line],
        [to],
    )


def break_glass_used(*, to: Iterable[str], email: str, address: str) -> None:
    """Tell all administrators that one of them came in by a password."""
    lines = [
        f"{email} signed in with a password, from {address or 'an unknown address'},"
        " while everybody else signs in with a campus account.",
        "This is meant for when the campus sign-in is away. If they know nothing of it,"
        " deactivate the account and change its password.",
        f"Who may: {settings.PUBLIC_URL}{SETTINGS_PAGE}",
    ]
    send_to_staff(f"{email} signed in with a password", lines, to)


def last_administrator_kept(*, to: Iterable[str], email: str) -> None:
    """Tell the administrators that a claim would have cost the college its last one."""
    lines = [
        f"By the groups of their campus account, {email} is no administrator any more."
        " They stay one, because nobody else is.",
        "Make somebody else an administrator, or correct the groups or the rules:"
        f" {settings.PUBLIC_URL}{SETTINGS_PAGE}",
    ]
    send_to_staff("Your last Quadline administrator keeps the role", lines, to)


def password_not_used(*, to: str) -> None:
    """Somebody asked for a password link, and signs in with a campus account."""
    lines = [
        "Somebody, probably you, asked to reset your Quadline password. You sign in"
        " with your campus account, so there is no password to reset.",
        f"Sign in here: {settings.PUBLIC_URL}/accounts/login/",
        "If you cannot sign in there, your IT help desk can help.",
    ]
    send_to_staff("You sign in to Quadline with your campus account", lines, [to])
