"""allauth's forms of second factors, with our words and our limits: MFA_FORMS."""

import json
from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError

from quadline import clock
from quadline.accounts.codes import MAX_CODE, accept_code, step_of
from quadline.accounts.factors import MAX_PASSKEYS, WEBAUTHN, note_change
from quadline.accounts.guessing import TooManyTries
from quadline.accounts.sign_in import in_words

TOO_MANY_CODES = (
    "This code was not checked: there were too many wrong ones. Try again in {wait}."
)
WRONG_NEW_CODE = (
    "This code doesn't match. Nothing was added. Check the time on your phone, and type"
    " the code it shows now."
)
ANY_CODE = "From your authenticator app, or one of your recovery codes."
NO_PASSKEY = "Your passkey was not recognized. Try again, or use another way."
TOO_MANY_PASSKEYS = (
    f"You have {MAX_PASSKEYS} passkeys, the most there can be. Remove one first."
)
MAX_PASSKEY_NAME = 80
MAX_CREDENTIAL = 20_000  # characters; with an attestation it has some thousand
# What a made-up credential breaks when it is read.
NO_CREDENTIAL = (
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)


def code_field(label: str, help_text: str = "") -> forms.CharField:
    typed = {
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "autocapitalize": "off",
        "spellcheck": "false",
    }
    return forms.CharField(
        label=label,
        max_length=MAX_CODE,
        widget=forms.TextInput(attrs=typed),
        help_text=help_text,
    )


class LimitedCodes(forms.Form):
    code = code_field("Code", ANY_CODE)
    user: Any

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        try:
            found = accept_code(context.request, self.user, code)
        except TooManyTries as refused:
            wait = in_words(refused.wait)
            raise ValidationError(TOO_MANY_CODES.format(wait=wait)) from refused
        if found is None:
            raise get_adapter().validation_error("incorrect_code")
        found.user = self.user
        self.authenticator = found
        return code

    def save(self) -> None:
        super().save()  # type: ignore[misc]  # of allauth's form
        if self.authenticator.type == Authenticator.Type.RECOVERY_CODES:
            note_change(
                "recovery code used",
                user=self.user,
                actor=self.user,
                at=clock.now(),
                left=len(self.authenticator.wrap().get_unused_codes()),
            )


class CodeForm(LimitedCodes, AuthenticateForm):  # type: ignore[misc]  # allauth is untyped
    """The step after the password."""


class ConfirmCodeForm(LimitedCodes, ReauthenticateForm):  # type: ignore[misc]
    """Who sits there shows it again."""


class ConfirmPasswordForm(PasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)


class AppForm(ActivateTOTPForm):  # type: ignore[misc]
    """An authenticator app shows that it has the key."""

    code = code_field("Code from the app")
    step = 0

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        typed = "".join(code.split())
        step = step_of(self.secret, typed, after=0, now=clock.now())
        if step is None:
            raise ValidationError(WRONG_NEW_CODE)
        self.step = step
        return code


class ReadCredential(forms.Form):
    """What a browser's passkey answered. Hostile words are wrong words."""

    credential = forms.JSONField(
        widget=forms.HiddenInput, error_messages={"required": NO_PASSKEY}
    )

    def _clean_fields(self) -> None:
        try:
            if len(self.data.get("credential", "")) > MAX_CREDENTIAL:
                raise ValueError("longer than any credential")
            super()._clean_fields()  # type: ignore[misc]
        except NO_CREDENTIAL:
            self.add_error(None, NO_PASSKEY)

    def _clean_form(self) -> None:
        try:
            super()._clean_form()  # type: ignore[misc]
        except NO_CREDENTIAL:
            self.add_error(None, NO_PASSKEY)

    @property
    def problems(self) -> list[str]:
        """Of the form and of its hidden field, in our words."""
        return [NO_PASSKEY] if self.errors else []


class PasskeySignInForm(ReadCredential, LoginWebAuthnForm):  # type: ignore[misc]
    """Instead of a password."""


class PasskeyStepForm(ReadCredential, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The step after the password."""


class ConfirmPasskeyForm(ReadCredential, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Who sits there shows it again."""


def name_field() -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=MAX_PASSKEY_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="So that you know later which one it is.",
    )


class PasskeyForm(ReadCredential, AddWebAuthnForm):  # type: ignore[misc]
    """Each passkey is kept on its device and asks for finger, face or PIN."""

    name = name_field()
    passwordless = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_passwordless(self) -> bool:
        return True

    def clean(self) -> dict[str, Any]:
        mine = Authenticator.objects.filter(user_id=self.user.pk, type=WEBAUTHN)
        if mine.count() >= MAX_PASSKEYS:
            raise ValidationError(TOO_MANY_PASSKEYS)
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("credential"):
            cleaned["credential"] = bare_credential(cleaned["credential"])
        return cleaned

    @property
    def problems(self) -> list[str]:
        if TOO_MANY_PASSKEYS in self.non_field_errors():
            return [TOO_MANY_PASSKEYS]
        return [] if set(self.errors) <= {"name"} else [NO_PASSKEY]


class PasskeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    name = name_field()


def bare_credential(credential: dict[str, Any]) -> dict[str, Any]:
    """What is needed later, and nothing else that a browser may have sent.

    Raises KeyError and ValueError: a database keeps no NUL.
    """
    response = credential["response"]
    kept = {
        "id": credential["id"],
        "rawId": credential["rawId"],
        "type": credential["type"],
        "response": {
            "clientDataJSON": response["clientDataJSON"],
            "attestationObject": response["attestationObject"],
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
    if "\\u0000" in json.dumps(kept):
        raise ValueError("has a NUL")
    return kept
