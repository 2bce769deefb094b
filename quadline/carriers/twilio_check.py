"""What an administrator asks of a Twilio account before real texts: does it work, and
what is missing. Only reads, and only what costs nothing.

Shapes: https://www.twilio.com/docs/iam/api/account,
https://www.twilio.com/docs/messaging/api/service-resource and
https://www.twilio.com/docs/messaging/api/usapptoperson-resource, as twilio 9.13 has
them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from quadline.carriers import twilio_shapes as shapes
from quadline.carriers.protocol import AccountFinding, FindingState, NumberProblem
from quadline.carriers.twilio_setup import Ask, CallbackPlace, MessagingService

CREDENTIALS, SERVICE = "credentials", "service"
CAMPAIGN, CALLBACKS = "campaign", "webhooks"
UNAUTHORIZED = "20003"
NOT_FOUND = "20404"
LATER = "Looked at once the lines above work."
CAMPAIGN_WAITS = frozenset({"PENDING", "IN_PROGRESS"})
AccountQuestion = Callable[[], AccountFinding]


def account_findings(
    ask: Ask,
    service: MessagingService,
    place: CallbackPlace,
    *,
    account_sid: str,
    setup_faults: Callable[[], Sequence[str]],
) -> list[AccountFinding]:
    """One for each thing, in the order in which they are set up. What depends on a
    thing that does not work is not asked.
    """
    questions: dict[str, AccountQuestion] = {
        CREDENTIALS: lambda: _credentials(ask, account_sid),
        SERVICE: lambda: _service(ask, service, place),
        CAMPAIGN: lambda: _campaign(ask, service),
        CALLBACKS: lambda: _callbacks(setup_faults),
    }
    found: list[AccountFinding] = []
    for about, question in questions.items():
        # A campaign that is missing or waits keeps nobody from the webhooks.
        needed = [each for each in found if each.about != CAMPAIGN]
        if all(each.state is FindingState.OK for each in needed):
            found.append(_answered(about, question))
        else:
            found.append(AccountFinding(about, FindingState.UNKNOWN, LATER))
    return found


def _answered(about: str, question: AccountQuestion) -> AccountFinding:
    try:
        return question()
    except NumberProblem as problem:
        # What passes is not called wrong: nobody would know what to correct.
        state = FindingState.WRONG if problem.is_final else FindingState.UNKNOWN
        return AccountFinding(about, state, problem.words, "Check again in a minute.")


def _credentials(ask: Ask, account_sid: str) -> AccountFinding:
    if not account_sid:
        return AccountFinding(
            CREDENTIALS,
            FindingState.WRONG,
            "No account is set.",
            "Put TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN into the settings.",
        )
    try:
        account = ask(lambda client: client.api.accounts(account_sid).fetch())
    except NumberProblem as problem:
        # A wrong account answers as one that is not there.
        if problem.carrier_code not in (UNAUTHORIZED, NOT_FOUND):
            raise
        return AccountFinding(
            CREDENTIALS,
            FindingState.WRONG,
            "Twilio does not accept this account with this token.",
            "Copy both again from the Twilio console, under Account Info, into"
            " TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
        )
    shapes.agrees(account, sid=account_sid)
    if account.status != "active":
        return AccountFinding(
            CREDENTIALS,
            FindingState.WRONG,
            f"Twilio says that this account is {account.status}.",
            "Ask Twilio's support, or use another account.",
        )
    # 21608: a trial account refuses every phone that was not verified by hand.
    if account.type == "Trial":
        return AccountFinding(
            CREDENTIALS,
            FindingState.WRONG,
            "This is a trial account: it texts verified phones only.",
            "Upgrade it in the Twilio console, under Billing.",
        )
    return AccountFinding(
        CREDENTIALS, FindingState.OK, "The account and its token are accepted."
    )


def _service(
    ask: Ask, service: MessagingService, place: CallbackPlace
) -> AccountFinding:
    if not place.service_sid:
        return AccountFinding(
            SERVICE,
            FindingState.WRONG,
            "No Messaging Service is set.",
            "Make one in the Twilio console, under Messaging, and put its SID into"
            " TWILIO_MESSAGING_SERVICE_SID.",
        )
    try:
        found = ask(lambda client: service(client).fetch())
    except NumberProblem as problem:
        if problem.carrier_code != NOT_FOUND:
            raise
        return AccountFinding(
            SERVICE,
            FindingState.WRONG,
            "This account has no such Messaging Service.",
            "Copy its SID, which begins with MG, into TWILIO_MESSAGING_SERVICE_SID.",
        )
    shapes.agrees(found, sid=place.service_sid)
    return AccountFinding(SERVICE, FindingState.OK, "The Messaging Service is there.")


def _campaign(ask: Ask, service: MessagingService) -> AccountFinding:
    found = ask(lambda client: service(client).us_app_to_person.list(limit=20))
    # A service has one campaign at a time; a refused one may still be listed.
    states = [str(each.campaign_status) for each in found]
    if "VERIFIED" in states:
        return AccountFinding(
            CAMPAIGN, FindingState.OK, "The networks know your campaign."
        )
    if CAMPAIGN_WAITS & set(states):
        return AccountFinding(
            CAMPAIGN,
            FindingState.WAITING,
            "The campaign is being reviewed. It takes 10 to 15 business days.",
        )
    if states:
        # Twilio's own words: they name the field that was refused.
        reasons = [_reason(error) for each in found for error in each.errors or []]
        return AccountFinding(
            CAMPAIGN,
            FindingState.WRONG,
            " ".join(["The campaign was refused.", *filter(None, reasons)])[:500],
            "Correct what was refused and send it in again.",
        )
    return AccountFinding(
        CAMPAIGN,
        FindingState.WRONG,
        "The Messaging Service has no campaign, so US networks block its texts.",
        "Register your brand and a campaign.",
    )


def _callbacks(setup_faults: Callable[[], Sequence[str]]) -> AccountFinding:
    faults = setup_faults()
    if faults:
        return AccountFinding(
            CALLBACKS,
            FindingState.WRONG,
            " ".join(faults),
            "Point the webhooks here.",
        )
    return AccountFinding(
        CALLBACKS,
        FindingState.OK,
        "Replies and registration news are sent to this address.",
    )


def _reason(error: Any) -> str:
    """Of a refused campaign, as Twilio says it."""
    return str(error.get("description", "")) if isinstance(error, dict) else ""
