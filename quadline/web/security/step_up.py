"""Which addresses ask to confirm again, when the last sign-in or confirmation is some
minutes ago (CONFIRM_AGAIN_MINUTES). One table; gate.py asks it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepUp:
    """``on_sight``: its page asks, too, not its form alone. ``is_file``: it is a
    download. ``has_secrets``: what was typed into its form is not kept meanwhile.
    """

    on_sight: bool = False
    is_file: bool = False
    has_secrets: bool = False


FORM = StepUp()
PAGE = StepUp(on_sight=True)
EXPORT = StepUp(on_sight=True, is_file=True)

ADDRESSES: dict[str, StepUp] = {
    # what opens an account, or Quadline itself
    "profile-tokens": FORM,
    "profile-token-revoke": FORM,
    "profile-password": StepUp(on_sight=True, has_secrets=True),
    "mfa_activate_totp": PAGE,
    "mfa_deactivate_totp": PAGE,
    "mfa_add_webauthn": PAGE,
    "mfa_edit_webauthn": FORM,
    "mfa_remove_webauthn": PAGE,
    "mfa_view_recovery_codes": PAGE,
    "mfa_generate_recovery_codes": PAGE,
    "manage_factors_reset": FORM,
    "manage_directory": FORM,
    "revoke_directory": FORM,
    # by whose word people come in, and as what
    "manage_sign_in": PAGE,
    "sign_in_openid": StepUp(has_secrets=True),
    "sign_in_saml": FORM,
    "sign_in_rules": FORM,
    "sign_in_switch": FORM,
    "sign_in_forget": FORM,
    # who may do and see what
    "manage_staff_user": FORM,
    "manage_invite": FORM,
    "manage_invite_many": PAGE,  # a file that was chosen cannot wait
    "manage_invite_again": FORM,
    "manage_deactivate": FORM,
    "manage_reactivate": FORM,
    "manage-settings-section": FORM,
    "manage_setup_college": FORM,
    # whose students they are
    "roster_apply": FORM,
    "roster_undo": FORM,
    "roster_source_new": FORM,
    "roster_source": FORM,
    "manage_departure_new": FORM,
    "manage_departure_change": FORM,
    "manage_departure_return": FORM,
    # what nothing takes back: a number that is given away is gone
    "number_act": FORM,
    "repair_number": FORM,
    # students' data leaves
    "broadcast-results": EXPORT,
    "report-opt-outs-csv": EXPORT,
    "report-opt-out-history-csv": EXPORT,
    "report-delivery-csv": EXPORT,
    "report-response-csv": EXPORT,
    "roster-faults-csv": EXPORT,
}


def asks(name: str, method: str) -> StepUp | None:
    """What an address asks for a method; None: nothing."""
    found = ADDRESSES.get(name)
    if found is None or (method in ("GET", "HEAD") and not found.on_sight):
        return None
    return found
