"""An answer of the identity provider that opens nothing, and why, in plain words."""

from enum import StrEnum

from django.core.exceptions import PermissionDenied

from quadline.accounts.single_sign_on.rules import NoEntry


class Fault(StrEnum):
    CANCELLED = "cancelled"  # by the person, at the provider
    REFUSED = "refused"  # by the provider
    NOT_WAITED_FOR = "not waited for"  # used before, too old, or never asked for
    OTHER_KEY = "other key"  # the signature is not the provider's
    OTHER_AUDIENCE = "other audience"  # it was made for somebody else
    OTHER_ISSUER = "other issuer"  # from another provider
    EXPIRED = "expired"  # on the way, or by a clock that is ahead
    NOT_YET_VALID = "not yet valid"  # by a clock that is behind
    NO_SUBJECT = "no subject"  # nothing in it says for good who it is
    UNREADABLE = "unreadable"  # or not whole
    AWAY = "away"  # the provider does not answer the server
    SEAL_BROKEN = "seal broken"  # sealed with another SECRET_KEY


class AnswerFault(PermissionDenied):
    """Nobody is signed in. ``detail``: what an administrator needs to fix it; without
    anybody's name.
    """

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
        self.fault = fault
        self.detail = detail


START_AGAIN = "Go back and sign in again."
TELL_IT = "Tell your Quadline administrator or your IT help desk."
# Each says what the person can do: most can only start again or tell somebody. The
# reason that helps to repair it is for the log and for a test sign-in.
ANSWER_FAULT_WORDS: dict[Fault, str] = {
    Fault.CANCELLED: (
        "Signing in was canceled at the campus sign-in page, or that account may not"
        " use Quadline. Start again when you are ready."
    ),
    Fault.REFUSED: (
        f"The campus sign-in page did not let you through to Quadline. {TELL_IT}"
    ),
    Fault.NOT_WAITED_FOR: (
        "This sign-in was already used, took over ten minutes, or was started in"
        f" another browser. {START_AGAIN}"
    ),
    Fault.OTHER_KEY: (
        "The answer of the campus sign-in was signed with a key that Quadline does not"
        f" know. {TELL_IT}"
    ),
    Fault.OTHER_AUDIENCE: (
        f"The answer of the campus sign-in was meant for another service. {TELL_IT}"
    ),
    Fault.OTHER_ISSUER: (
        f"The answer came from another identity provider than the college's. {TELL_IT}"
    ),
    Fault.EXPIRED: (
        "The answer of the campus sign-in had expired when it arrived. "
        f"{START_AGAIN} If it happens again, the clocks of the two servers differ:"
        " tell your IT help desk."
    ),
    Fault.NOT_YET_VALID: (
        "The answer of the campus sign-in is dated in the future: the clocks of the two"
        f" servers differ. {TELL_IT}"
    ),
    Fault.NO_SUBJECT: (
        "The campus sign-in did not say who you are in a way that lasts. " + TELL_IT
    ),
    Fault.UNREADABLE: (
        f"Quadline could not read the answer of the campus sign-in. {START_AGAIN}"
    ),
    Fault.AWAY: (
        "The campus sign-in does not answer. Try again in a few minutes. Texts and"
        " replies are kept."
    ),
    Fault.SEAL_BROKEN: (
        f"Quadline can no longer read its own secret for the campus sign-in. {TELL_IT}"
    ),
}
# They say of an account no more than its owner may know: the address was proved before.
REFUSAL_WORDS: dict[NoEntry, str] = {
    NoEntry.NO_ADDRESS: f"Your campus account has no email address. {TELL_IT}",
    NoEntry.OTHER_DOMAIN: (
        "The email address of this campus account is not one that Quadline accepts."
        " If you have another campus account, use that one."
    ),
    NoEntry.NOT_VERIFIED: (
        f"Nobody has confirmed the email address of your campus account. {TELL_IT}"
    ),
    NoEntry.SWITCHED_OFF: (
        "This account is deactivated. Ask your Quadline administrator to reactivate it."
    ),
    NoEntry.OTHER_PERSON: (
        "Your email address belongs to a Quadline account that is linked to another"
        f" campus account. {TELL_IT}"
    ),
    NoEntry.NOT_LINKED: (
        "There is a Quadline account with your email address, and it is not linked to"
        " your campus account. Sign in with your password, or ask your Quadline"
        " administrator."
    ),
    NoEntry.NO_ACCOUNT: (
        "You have no Quadline account yet. Ask your Quadline administrator for one."
    ),
    NoEntry.NO_ROLE: (
        "Your campus account is in no group that uses Quadline. Ask your Quadline"
        " administrator to add you."
    ),
}
