"""Who gets in with a campus account, as a table."""

from dataclasses import replace

import pytest

from quadline.accounts.rules import Role
from quadline.accounts.single_sign_on.rules import (
    Admission,
    CampusIdentity,
    KnownAccount,
    NoEntry,
    OfficeRule,
    RoleRule,
    SignInRules,
    Unmapped,
    admit,
    domain_of,
    opens_by_password,
)

RULES = SignInRules(
    domains=frozenset({"alder.example"}),
    role_rules=(
        RoleRule("groups", "text-admins", Role.ADMINISTRATOR),
        RoleRule("groups", "text-leads", Role.LEAD),
        RoleRule("affiliation", "staff", Role.ADVISOR),
    ),
    office_claim="department",
    office_rules=(OfficeRule("NUR", "Nursing"),),
    links_accounts=True,
    creates_accounts=True,
    follows_claims=True,
)
MAYA = CampusIdentity(
    subject="00u1",
    email="maya@alder.example",
    email_verified=True,
    is_vouched_for=False,
    claims={"groups": ["text-leads"], "department": ["NUR"]},
)
KNOWN = KnownAccount(
    role=Role.ADVISOR,
    is_active=True,
    is_linked=False,
    is_linked_to_another=False,
    is_last_administrator=False,
    keeps_role=False,
)
LINKED = replace(KNOWN, is_linked=True)


def test_a_new_person_gets_the_role_and_office_of_their_claims() -> None:
    assert admit(MAYA, None, RULES) == Admission(
        Role.LEAD, "Nursing", makes_account=True
    )


def test_the_first_rule_that_holds_counts() -> None:
    both = replace(MAYA, claims={"groups": ["text-leads", "text-admins"]})

    assert admit(both, None, RULES) == Admission(
        Role.ADMINISTRATOR, None, makes_account=True
    )


def test_a_value_of_the_office_claim_is_an_office_when_there_is_no_table() -> None:
    admitted = admit(MAYA, None, replace(RULES, office_rules=()))

    assert admitted == Admission(Role.LEAD, "NUR", makes_account=True)


@pytest.mark.parametrize(
    ("identity", "refusal"),
    [
        (replace(MAYA, email=""), NoEntry.NO_ADDRESS),
        (replace(MAYA, email="maya"), NoEntry.NO_ADDRESS),
        (replace(MAYA, email="ma\x00ya@alder.example"), NoEntry.NO_ADDRESS),
        (replace(MAYA, email="x\nBcc: y@alder.example"), NoEntry.NO_ADDRESS),
        (replace(MAYA, email="x y@alder.example"), NoEntry.NO_ADDRESS),
        (replace(MAYA, email="\u200bmaya@alder.example"), NoEntry.NO_ADDRESS),
        (replace(MAYA, email=f"{'x' * 250}@alder.example"), NoEntry.NO_ADDRESS),
        (replace(MAYA, email="maya@evil.example"), NoEntry.OTHER_DOMAIN),
        (replace(MAYA, email="maya@sub.alder.example"), NoEntry.OTHER_DOMAIN),
        (
            replace(MAYA, email="maya@alder.example@evil.example"),
            NoEntry.OTHER_DOMAIN,
        ),
        (replace(MAYA, email_verified=None), NoEntry.NOT_VERIFIED),
        (replace(MAYA, email_verified=False), NoEntry.NOT_VERIFIED),
        (
            replace(MAYA, email_verified=False, is_vouched_for=True),
            NoEntry.NOT_VERIFIED,
        ),
        (replace(MAYA, claims={"groups": ["chess"]}), NoEntry.NO_ROLE),
        (replace(MAYA, claims={}), NoEntry.NO_ROLE),
    ],
)
@pytest.mark.parametrize("account", [None, KNOWN])
def test_who_is_not_surely_the_college_s_stays_out(
    identity: CampusIdentity, refusal: NoEntry, account: KnownAccount | None
) -> None:
    assert admit(identity, account, RULES) == refusal


def test_the_college_may_vouch_for_the_addresses_of_its_provider() -> None:
    vouched = replace(MAYA, email_verified=None, is_vouched_for=True)

    assert admit(vouched, KNOWN, RULES) == Admission(
        Role.LEAD, "Nursing", links_account=True
    )


def test_a_linked_account_is_found_by_its_subject_whatever_the_address() -> None:
    renamed = replace(MAYA, email="maya.alvarez@other.example", email_verified=None)

    assert admit(renamed, LINKED, RULES) == Admission(Role.LEAD, "Nursing")


def test_an_account_of_another_subject_is_not_given_to_a_namesake() -> None:
    taken = replace(KNOWN, is_linked_to_another=True)

    assert admit(MAYA, taken, RULES) == NoEntry.OTHER_PERSON


def test_an_address_alone_opens_no_account_unless_the_college_says_so() -> None:
    rules = replace(RULES, links_accounts=False)

    assert admit(MAYA, KNOWN, rules) == NoEntry.NOT_LINKED
    assert admit(MAYA, LINKED, rules) == Admission(Role.LEAD, "Nursing")
    assert admit(MAYA, None, rules) == Admission(
        Role.LEAD, "Nursing", makes_account=True
    )


@pytest.mark.parametrize("account", [KNOWN, LINKED])
def test_a_switched_off_account_never_gets_in(account: KnownAccount) -> None:
    assert admit(MAYA, replace(account, is_active=False), RULES) == (
        NoEntry.SWITCHED_OFF
    )


def test_nobody_learns_of_an_account_by_an_address_that_is_not_theirs() -> None:
    unproved = replace(MAYA, email_verified=False)
    off = replace(KNOWN, is_active=False)

    assert admit(unproved, off, RULES) == admit(unproved, None, RULES)


def test_no_account_is_made_unless_the_college_says_so() -> None:
    assert admit(MAYA, None, replace(RULES, creates_accounts=False)) == (
        NoEntry.NO_ACCOUNT
    )


def test_who_has_no_role_by_claims_may_be_an_advisor_by_rule() -> None:
    nobody = replace(MAYA, claims={})
    rules = replace(RULES, unmapped=Unmapped.ADVISOR)

    assert admit(nobody, None, rules) == Admission(
        Role.ADVISOR, None, makes_account=True
    )


def test_roles_stay_as_they_are_unless_they_follow_the_claims() -> None:
    auditor = replace(LINKED, role=Role.AUDITOR)
    rules = replace(RULES, follows_claims=False)

    assert admit(MAYA, auditor, rules) == Admission(Role.AUDITOR, None)
    assert admit(replace(MAYA, claims={}), auditor, rules) == Admission(
        Role.AUDITOR, None
    )
    assert admit(MAYA, auditor, RULES) == Admission(Role.LEAD, "Nursing")


@pytest.mark.parametrize("claims", [{}, {"groups": ["text-leads"]}])
def test_the_last_administrator_is_not_lost_to_a_claim(
    claims: dict[str, list[str]],
) -> None:
    last = replace(LINKED, role=Role.ADMINISTRATOR, is_last_administrator=True)

    assert admit(replace(MAYA, claims=claims), last, RULES) == Admission(
        Role.ADMINISTRATOR, None, kept_last_administrator=True
    )


def test_a_named_administrator_keeps_their_role() -> None:
    named = replace(LINKED, role=Role.ADMINISTRATOR, keeps_role=True)

    assert admit(MAYA, named, RULES) == Admission(Role.ADMINISTRATOR, None)


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("Maya@Alder.Example", "alder.example"),
        (" maya@alder.example ", "alder.example"),
        ("@alder.example", ""),
        ("alder.example", ""),
        ("", ""),
    ],
)
def test_the_domain_of_an_address(email: str, domain: str) -> None:
    assert domain_of(email) == domain


@pytest.mark.parametrize(
    ("email", "named", "rules", "may"),
    [
        ("maya@alder.example", False, None, True),
        ("maya@alder.example", False, RULES, True),
        ("maya@alder.example", False, replace(RULES, passwords_off=True), False),
        ("MAYA@ALDER.EXAMPLE", False, replace(RULES, passwords_off=True), False),
        ("maya@alder.example", True, replace(RULES, passwords_off=True), True),
        ("pat@contractor.example", False, replace(RULES, passwords_off=True), True),
    ],
)
def test_whose_password_opens(
    email: str, named: bool, rules: SignInRules | None, may: bool
) -> None:
    assert opens_by_password(email, is_named=named, rules=rules) is may
