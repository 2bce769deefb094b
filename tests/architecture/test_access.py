"""The access matrix: every address × role × whose it is. What somebody may not see
looks as if it were not there.
"""

import re
import uuid
from dataclasses import dataclass

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import reverse
from django.utils import timezone

from quadline.accounts.models import ApiToken, Office, User
from quadline.broadcasts.models import Broadcast
from quadline.conversations.models import Conversation, Message, MessageTemplate
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Direction, Status
from quadline.delivery.models import IncomingEmail
from quadline.inboxes.models import Departure
from quadline.numbers.models import NumberTrouble, SystemNumber
from quadline.roster.models import RosterMapping, RosterRun, RosterSource, Student
from tests.architecture.addresses import PUBLIC, is_of_the_api, names
from tests.architecture.conftest import Enter
from tests.cast import Cast, student
from tests.passkeys import SoftwarePasskey

# Theo advises, Lena leads, Ada administers, Iris audits. Three codes: their own, the
# office's (Maya's with Rosa), and the outsider's (Omar's with Kim). One code: there is
# no object, or everybody's is the same. Signing out is last: others go through the
# rows in their order with one session.
ROLES = ("advisor", "lead", "administrator", "auditor")
MATRIX = """
home                   GET   302          302          302          302
inbox                  GET   200          200          200          200
shell                  GET   200          200          200          200
help                   GET   200          200          200          200
profile                GET   200          200          200          200
profile-number         GET   200          200          200          200
contact-card           GET   302          302          302          302
announce               GET   200          200          200          200
announce               POST  422          422          422          422
announce-preview       POST  200          200          200          200
templates              GET   200          200          200          200
template-new           GET   200          200          200          200
template-new           POST  302          302          302          422
template-preview       POST  200          200          200          200
template-edit          GET   200/200/404  200/200/404  200/404/404  200/404/404
template-edit          POST  302/422/404  302/302/404  302/404/404  422/404/404
template-archive       POST  302/422/404  302/302/404  302/404/404  422/404/404
message_as_email       POST  302/404/404  302/404/404  302/404/404  422/404/404
profile-password       GET   200          200          200          200
profile-password       POST  422          422          422          422
profile-tokens         GET   200          200          200          200
profile-tokens         POST  200          200          200          200
profile-token-revoke   POST  302/404/404  302/404/404  302/404/404  302/404/404
mfa_index              GET   200          200          200          200
mfa_activate_totp      GET   200          200          200          200
mfa_activate_totp      POST  422          422          422          422
mfa_deactivate_totp    GET   404          404          404          404
mfa_deactivate_totp    POST  404          404          404          404
mfa_add_webauthn       GET   200          200          200          200
mfa_add_webauthn       POST  422          422          422          422
mfa_edit_webauthn      GET   200/404/404  200/404/404  200/404/404  200/404/404
mfa_edit_webauthn      POST  302/404/404  302/404/404  302/404/404  302/404/404
mfa_remove_webauthn    GET   200/404/404  200/404/404  200/404/404  200/404/404
mfa_remove_webauthn    POST  302/404/404  302/404/404  302/404/404  302/404/404
mfa_view_recovery_codes       GET  404    404          404          404
mfa_generate_recovery_codes   GET  200    200          200          200
mfa_generate_recovery_codes   POST 302    302          302          302
account_reauthenticate        GET  302    302          302          302
account_reauthenticate        POST 302    302          302          302
mfa_reauthenticate            GET  302    302          302          302
mfa_reauthenticate            POST 302    302          302          302
mfa_reauthenticate_webauthn   GET  200    200          200          200
mfa_reauthenticate_webauthn   POST 422    422          422          422
profile-office-phone   POST  302          302          302          302
profile-edit           GET   200          200          200          200
profile-edit           POST  302          302          302          302
profile-photo          POST  422          422          422          422
profile-photo-remove   POST  302          302          302          302
profile-preferences    GET   200          200          200          200
profile-preferences    POST  302          302          302          302
profile-sessions       GET   200          200          200          200
profile-session-end    POST  302/404/404  302/404/404  302/404/404  302/404/404
photo                  GET   404          404          404          404
account_logout         GET   200          200          200          200
compose                GET   200          200          200          200
compose                POST  302/404/404  302/302/404  302/302/302  422/422/422
compose-recipients     GET   200          200          200          200
compose-audience       POST  200/404/404  200/200/404  200/200/200  200/200/200
compose-pasted         POST  200          200          200          200
broadcasts             GET   200          200          200          200
broadcast              GET   200/404/404  200/200/404  200/200/200  200/200/200
broadcast-progress     GET   200/404/404  200/200/404  200/200/200  200/200/200
broadcast-recipients   GET   200/404/404  200/200/404  200/200/200  200/200/200
broadcast-results      GET   200/404/404  200/200/404  200/200/200  200/200/200
broadcast-review       GET  302/404/404  302/302/404  302/302/302  302/302/302
broadcast-review-recipients GET 200/404/404  200/404/404  200/404/404  200/404/404
broadcast-send         POST  302/404/404  302/404/404  302/404/404  302/404/404
broadcast-pause        POST  302/404/404  302/404/404  302/302/302  404/404/404
broadcast-resume       POST  302/404/404  302/404/404  302/302/302  404/404/404
broadcast-stop         GET  200/404/404  200/404/404  200/200/200  404/404/404
broadcast-stop         POST  302/404/404  302/404/404  302/302/302  404/404/404
broadcast-retry        POST  302/404/404  302/404/404  302/302/302  404/404/404
broadcast-discard      GET  302/404/404  302/404/404  302/404/404  302/404/404
broadcast-discard      POST  302/404/404  302/404/404  302/404/404  302/404/404
students               GET   200          200          200          200
student                GET   200/404/404  200/200/404  200/200/200  200/200/200
student-message        GET   200/404/404  200/200/404  200/200/200  200/200/200
student-message        POST  302/404/404  302/302/404  302/302/302  422/422/422
student-phone-consent  GET   200/404/404  200/200/404  200/200/200  403/403/403
student-phone-consent  POST  422/404/404  422/422/404  422/422/422  403/403/403
student-wrong-number   GET   200/404/404  200/200/404  200/200/200  403/403/403
student-wrong-number   POST  302/404/404  302/302/404  302/302/302  403/403/403
student-own-tags       POST  302/404/404  302/302/404  302/302/302  403/403/403
student-opt-out        GET   200/404/404  200/200/404  200/200/200  403/403/403
student-opt-out        POST  422/404/404  422/422/404  422/422/422  403/403/403
conversation           GET   200/404/404  200/200/404  200/200/200  200/200/200
conversation_since     GET   200/404/404  200/200/404  200/200/200  200/200/200
conversation_older     GET   200/404/404  200/200/404  200/200/200  200/200/200
conversation_read      POST  204/404/404  204/204/404  204/204/204  204/204/204
conversation_done      POST  302/404/404  302/404/404  302/404/404  302/404/404
conversation_answer    POST  302/404/404  302/404/404  302/404/404  403/404/404
conversation_draft     POST  204/404/404  204/404/404  204/404/404  204/404/404
send_text              POST  302/404/404  302/404/404  302/404/404  422/404/404
cancel_text            POST  302/404/404  302/404/404  302/404/404  302/404/404
retry_text             POST  302/404/404  302/404/404  302/404/404  422/404/404
manage_numbers         GET   403          403          200          403
manage_health          GET   403          403          200          403
manage_sign_in         GET   403          403          200          403
sign_in_openid         POST  403          403          422          403
sign_in_saml           POST  403          403          422          403
sign_in_rules          POST  403          403          422          403
sign_in_test           GET   403          403          302          403
sign_in_switch         POST  403          403          422          403
sign_in_forget         POST  403          403          422          403
manage_factors         GET   403          403          200          403
manage_factors_reset   GET   403          403          200          403
manage_factors_reset   POST  403          403          302          403
manage_directory       GET   403          403          200          403
manage_directory       POST  403          403          200          403
revoke_directory       POST  403          403          404          403
manage_strays          GET   403          403          200          403
stray_source           GET   403          403          404          403
manage-settings          GET   403          403          302          403
manage-settings-section  GET   403          403          200          403
manage-settings-section  POST  403          403          302          403
manage-settings-preview  POST  403          403          200          403
manage-logo              POST  403          403          302          403
manage-office-new        GET   403          403          200          403
manage-office-new        POST  403          403          302          403
manage-office            GET   403          403          200          403
manage-office            POST  403          403          422          403
manage_roster          GET   403          403          200          403
roster_upload          POST  403          403          422          403
roster_history         GET   403          403          200          403
roster_run             GET   403          403          200          403
roster_apply           POST  403          403          302          403
roster_discard         POST  403          403          302          403
roster_undo            POST  403          403          422          403
roster-faults-csv      GET   403          403          200          403
roster_source_new      GET   403          403          200          403
roster_source_new      POST  403          403          302          403
roster_source          GET   403          403          200          403
roster_source          POST  403          403          302          403
roster_mapping_new     POST  403          403          302          403
roster_mapping         GET   403          403          200          403
roster_mapping         POST  403          403          422          403
roster_mapping_remove  POST  403          403          302          403
whole_email            GET   200/404/404  200/200/404  200/200/200  200/200/200
retry_number           POST  403          403          302          403
manage_setup           GET   403          403          200          403
manage_setup_college   GET   403          403          200          403
manage_setup_college   POST  403          403          302          403
manage_setup_email     GET   403          403          200          403
manage_setup_test      POST  403          403          302          403
manage_setup_carrier   GET   403          403          200          403
manage_setup_check     POST  403          403          302          403
manage_setup_code      POST  403          403          302          403
manage_setup_students  GET   403          403          200          403
manage_setup_sample    POST  403          403          302          403
manage_setup_sample_remove POST 403       403          302          403
manage_real_texting    GET   403          403          200          403
manage_staff           GET   403          403          200          403
manage_invite          GET   403          403          200          403
manage_invite          POST  403          403          422          403
manage_invite_many     GET   403          403          200          403
manage_invite_many     POST  403          403          422          403
manage_staff_user      GET   403/403/403  403/403/403  200/200/200  403/403/403
manage_staff_user      POST  403/403/403  403/403/403  409/409/409  403/403/403
manage_invite_again    POST  403/403/403  403/403/403  302/302/302  403/403/403
manage_deactivate      GET   403/403/403  403/403/403  200/200/200  403/403/403
manage_deactivate      POST  403/403/403  403/403/403  422/302/302  403/403/403
manage_reactivate      POST  403/403/403  403/403/403  302/302/302  403/403/403
manage_number          GET   403          403          200          403
wake_number            POST  403          403          302          403
number_act             GET   403          403          200          403
number_act             POST  403          403          422          403
compare_numbers        POST  403          403          302          403
manage_departures        GET   403          403          200          403
manage_departure_new     GET   403/403/403  403/403/403  200/200/200  403/403/403
manage_departure_new     POST  403/403/403  403/403/403  422/422/422  403/403/403
manage_departure         GET   403          403          200          403
manage_departure_change  GET   403          403          200          403
manage_departure_change  POST  403          403          422          403
manage_departure_cancel  POST  403          403          302          403
manage_departure_return  POST  403          403          302          403
first-day                GET   200          200          200          403
first-day                POST  422          422          422          403
repair_number          POST  403          403          302          403
reports                    GET   200          200          200          200
report-opt-outs            GET   200/404/404  200/200/404  200/200/200  200/200/200
report-opt-outs-csv        GET   200/404/404  200/200/404  200/200/200  200/200/200
report-opt-out-history     GET   200/404/404  200/200/404  200/200/200  200/200/200
report-opt-out-history-csv GET   200/404/404  200/200/404  200/200/200  200/200/200
report-delivery            GET   200/404/404  200/200/404  200/200/200  200/200/200
report-delivery-rows       GET   200/404/404  200/200/404  200/200/200  200/200/200
report-delivery-csv        GET   200/404/404  200/200/404  200/200/200  200/200/200
report-responses           GET   200/404/404  200/200/404  200/200/200  200/200/200
report-response-rows       GET   200/404/404  200/200/404  200/200/200  200/200/200
report-response-csv        GET   200/404/404  200/200/404  200/200/200  200/200/200
profile-sessions-end   POST  302          302          302          302
"""
WHOSE = ("own", "office", "foreign")
# Addresses with an id that need only be one.
BY_NUMBER = (
    "retry_number",
    "manage_number",
    "wake_number",
    "stray_source",
    "revoke_directory",
)
OF_A_ROSTER = (
    "roster_run",
    "roster_apply",
    "roster_discard",
    "roster_undo",
    "roster-faults-csv",
)


@dataclass(frozen=True)
class Case:
    name: str
    method: str
    role: str
    whose: str
    code: int


def cases(matrix: str = MATRIX) -> list[Case]:
    found = []
    for line in matrix.strip().splitlines():
        name, method, *cells = line.split()
        for role, cell in zip(ROLES, cells, strict=True):
            for whose, code in zip(WHOSE, cell.split("/"), strict=False):
                found.append(Case(name, method, role, whose, int(code)))
    return found


@dataclass(frozen=True)
class Thing:
    """One student, the conversation with them, a text in it, the number it was written
    from, and a broadcast under way.
    """

    student: Student
    conversation: Conversation
    message: Message
    number: SystemNumber
    broadcast: Broadcast
    template: MessageTemplate
    token: ApiToken
    passkey: Authenticator
    session: UserSession
    roster: RosterRun
    source: RosterSource
    mapping: RosterMapping
    trouble: NumberTrouble
    departure: Departure


def thing_of(owner: User, person: Student) -> Thing:
    now = timezone.now()
    number = SystemNumber.objects.create(
        inbox=owner.inbox, requested_at=now, state="failed"
    )
    conversation = open_conversation(inbox=owner.inbox, student=person, now=now)
    message = Message.objects.create(
        id=uuid.uuid4(),
        conversation=conversation,
        direction=Direction.OUTBOUND,
        author=owner,
        student_phone=person.mobile,
        body="Are you free on Monday?",
        status=Status.FAILED,
        created_at=now,
        system_number=number,
    )
    IncomingEmail.objects.create(
        header_id=uuid.uuid4().hex,
        kind="reply",
        message=message,
        words="Yes",
        received_at=now,
    )
    broadcast = Broadcast.objects.create(
        author=owner, body="Hello all", state="running", created_at=now, launched_at=now
    )
    template = MessageTemplate.objects.create(
        owner=owner, channel="text", name="Hello", body="Hello"
    )
    token = ApiToken.objects.create(
        user=owner, name="Roster", prefix="ql_", digest=uuid.uuid4().hex, created_at=now
    )
    passkey = Authenticator.objects.create(
        user=owner,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Phone", "credential": SoftwarePasskey().kept()},
    )
    session = UserSession.objects.create(
        user=owner, session_key=uuid.uuid4().hex, ip="203.0.113.7", user_agent=""
    )
    roster, source, mapping = roster_things(owner)
    trouble = NumberTrouble.objects.create(
        kind="unpointed", number=number, carrier_number_id=uuid.uuid4().hex, since=now
    )
    return Thing(
        person,
        conversation,
        message,
        number,
        broadcast,
        template,
        token,
        passkey,
        session,
        roster=roster,
        source=source,
        mapping=mapping,
        trouble=trouble,
        departure=departure_of(owner),
    )


def departure_of(follows: User, words: str = "Leah Leaver") -> Departure:
    """A planned one, of somebody else."""
    leaver = User.objects.create_user(f"{uuid.uuid4().hex}@alder.example", name=words)
    departure = Departure.objects.create(
        staff=leaver,
        leaves_on="2026-08-31",
        rest_days=90,
        answer=words,
        waiting_texts="hand_over",
        planned_by=follows,
        planned_at=timezone.now(),
        problem=words,
    )
    departure.successors.create(inbox=follows.inbox)
    return departure


def roster_things(
    owner: User, words: str = "Nightly"
) -> tuple[RosterRun, RosterSource, RosterMapping]:
    """A roster that waits, a source of others, and a mapping that is being made."""
    now = timezone.now()
    others = RosterMapping.objects.count()
    name = f"{words} {others}"  # no two have the same
    mapping = RosterMapping.objects.create(
        name=name,
        header=[words],
        sample=[["1"]],
        created_by=owner,
        changed_at=now,
    )
    source = RosterSource.objects.create(
        name=name,
        folder=f"nightly-{others}",
        created_at=now,
    )
    run = RosterRun.objects.create(
        way="upload",
        state="shown",
        actor=owner,
        file_names=words,
        created_at=now,
        counts={"changed": 1, "faults": 1},
        losses=[words],
        notes=[words],
    )
    run.changes.create(
        position=1,
        kind="changed",
        institutional_id="00100001",
        name=words,
        before={"program": ""},
        after={"program": words},
    )
    run.faults.create(position=0, file=words, row=2, value=words, reason=words)
    return run, source, mapping


@pytest.fixture
def actors(people: Cast) -> dict[str, User]:
    return {
        "advisor": people.theo,
        "lead": people.lena,
        "administrator": people.ada,
        "auditor": people.iris,
    }


def thing(case: Case, people: Cast, actors: dict[str, User]) -> Thing:
    if case.whose == "own":
        actor = actors[case.role]
        return thing_of(
            actor,
            student("00200001", "Ann", "Own", advisor=actor, mobile="+17345550161"),
        )
    if case.whose == "foreign":
        return thing_of(people.omar, people.kim)
    about = thing_of(people.maya, people.rosa)
    MessageTemplate.objects.filter(pk=about.template.pk).update(
        owner=None, office=people.maya.office
    )
    return about


OF_STAFF = (
    "manage_staff_user",
    "manage_invite_again",
    "manage_deactivate",
    "manage_reactivate",
)


def address(name: str, about: Thing) -> str:
    if name == "student" or name.startswith("student-"):
        return reverse(name, args=[about.student.pk])
    if name.startswith("conversation") or name == "send_text":
        return reverse(name, args=[about.conversation.pk])
    if name in ("cancel_text", "retry_text", "message_as_email", "whole_email"):
        return reverse(name, args=[about.message.pk])
    if name.startswith("broadcast-") or name == "broadcast":
        return reverse(name, args=[about.broadcast.pk])
    if name in ("template-edit", "template-archive"):
        return reverse(name, args=[about.template.pk])
    if name in ("manage-settings-section", "manage-settings-preview"):
        return reverse(name, args=["texting"])
    if name == "manage-office":
        return reverse(name, args=[Office.objects.earliest("pk").pk])
    if name == "profile-session-end":
        return reverse(name, args=[about.session.pk])
    if name in ("profile-photo", "photo"):
        return reverse(name, args=["a-name"])
    if name == "manage_departure_new":
        return f"{reverse(name)}?staff={about.conversation.inbox_id}"
    if name.startswith("manage_departure") and name != "manage_departures":
        return reverse(name, args=[about.departure.pk])
    if name in OF_STAFF:
        return reverse(name, args=[about.conversation.inbox_id])
    if name == "profile-token-revoke":
        return reverse(name, args=[about.token.pk])
    if name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        return reverse(name, args=[about.passkey.pk])
    if name == "manage_factors_reset":
        return reverse(name, args=[about.passkey.user_id])
    if name in ("roster_source", "roster_mapping", "roster_mapping_remove"):
        about_it = about.source if name == "roster_source" else about.mapping
        return reverse(name, args=[about_it.pk])
    if name in OF_A_ROSTER:
        return reverse(name, args=[about.roster.pk])
    if name.startswith("report-"):
        return f"{reverse(name)}?staff={about.conversation.inbox_id}"
    if name == "number_act":
        return reverse(name, args=[about.number.pk, "release"])
    if name == "repair_number":
        return reverse(name, args=[about.trouble.pk])
    return reverse(name, args=[about.number.pk] if name in BY_NUMBER else [])


@pytest.mark.parametrize(
    "case",
    cases(),
    ids=lambda case: f"{case.name}-{case.method}-{case.role}-{case.whose}",
)
def test_each_role_gets_what_the_matrix_says(
    enter: Enter, people: Cast, actors: dict[str, User], case: Case
) -> None:
    about = thing(case, people, actors)
    written = {
        "body": "Hello",
        "message_id": str(uuid.uuid4()),
        "to": str(about.student.pk),
        "office_phone": "",
        "name": "Hi",
    }
    browser = enter(actors[case.role])
    where = address(case.name, about)
    answer = (
        browser.get(where) if case.method == "GET" else browser.post(where, written)
    )

    assert answer.status_code == case.code


def test_every_address_has_a_row() -> None:
    rows = {case.name for case in cases()}

    assert (
        {name for name in names() if not is_of_the_api(name)} - PUBLIC
        <= rows
        <= set(names())
    )


def test_every_address_that_takes_a_form_has_a_row_for_it(
    enter: Enter, people: Cast
) -> None:
    """By asking each that has none: it knows no POST."""
    rows = {case.name for case in cases() if case.method == "POST"}
    about, browser = thing_of(people.maya, people.rosa), enter(people.maya)
    silent = {case.name for case in cases()} - rows - PUBLIC
    answers = {
        name: browser.post(address(name, about)).status_code for name in sorted(silent)
    }

    assert {name: code for name, code in answers.items() if code != 405} == {}


NOT_THERE = [case for case in cases() if case.code == 404 and case.method == "GET"]


@pytest.mark.parametrize(
    "case", NOT_THERE, ids=lambda case: f"{case.name}-{case.role}-{case.whose}"
)
def test_what_is_foreign_looks_exactly_like_what_is_not_there(
    enter: Enter, people: Cast, actors: dict[str, User], case: Case
) -> None:
    about = thing(case, people, actors)
    browser = enter(actors[case.role])
    foreign = browser.get(address(case.name, about))
    missing = browser.get(re.sub(r"\d+", "99999999", address(case.name, about)))

    assert (foreign.status_code, foreign.content) == (
        missing.status_code,
        missing.content,
    )


@pytest.mark.parametrize(
    "page",
    [
        "/students/?scope=all&q={}",
        "/students/?q={}",
        "/inbox/new/?q={}",
        "/inbox/?whose=all&q={}",
    ],
)
@pytest.mark.parametrize(
    ("who", "sees"), [("theo", False), ("lena", False), ("omar", True)]
)
def test_a_search_never_names_a_student_of_somebody_else(
    enter: Enter, people: Cast, page: str, who: str, sees: bool
) -> None:
    thing_of(people.omar, people.kim)
    Conversation.objects.update(last_message=Message.objects.get())
    answer = enter(getattr(people, who)).get(page.format("kim"))

    assert answer.status_code == 200
    assert ("Kim Park" in answer.content.decode()) is sees


@pytest.mark.parametrize("who", ["theo", "lena"])
def test_a_text_to_a_foreign_student_leaves_no_trace(
    enter: Enter, people: Cast, who: str
) -> None:
    browser = enter(getattr(people, who))
    for where in (reverse("compose"), reverse("student-message", args=[people.kim.pk])):
        written = {
            "body": "Hello",
            "message_id": str(uuid.uuid4()),
            "to": str(people.kim.pk),
        }
        assert browser.post(where, written).status_code == 404

    assert not Message.objects.exists()
    assert not SystemNumber.objects.exists()
    assert not Conversation.objects.exists()
