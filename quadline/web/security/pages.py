"""My profile, Security: what I sign in with. allauth's pages, each change one act."""

from typing import Any
from urllib.parse import quote

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import (
    GenerateRecoveryCodesView,
    ViewRecoveryCodesView,
)
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib.messages import error
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_safe

from quadline import clock
from quadline.accounts.codes import LAST_STEP
from quadline.accounts.factors import (
    TOTP,
    LastFactor,
    check_removable,
    factor_state,
    has_factor,
    lacks_required_factor,
    note_change,
)
from quadline.accounts.sessions import end_other_sessions
from quadline.web.requests import StaffRequest
from quadline.web.security.addresses import passkey_data, why_no_passkeys
from quadline.web.security.gate import GO_ON

SECURITY_HOME = reverse_lazy("mfa_index")


@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """What there is; for somebody who must set one up first, that alone."""
    must = lacks_required_factor(request.user)
    shown = {
        "factors": factor_state(request.user),
        "why_no_passkeys": why_no_passkeys(request),
    }
    template = "security/set_up.html" if must else "security/page.html"
    return render(request, template, shown)


class FactorChange:
    """A mixin: the change of a form, its audit entry and its email are one act."""

    request: StaffRequest
    change = ""

    def form_valid(self, form: Any) -> HttpResponseBase:
        me = self.request.user
        with transaction.atomic():
            had_one = has_factor(me)
            answer: HttpResponseBase = super().form_valid(form)  # type: ignore[misc]
            detail = self.detail(form)
            if not had_one and has_factor(me):
                # Somebody who had only the password may sit in another of them.
                detail["sessions_ended"] = end_other_sessions(self.request, me)
            note_change(self.change, user=me, actor=me, at=clock.now(), **detail)
        return answer

    def form_invalid(self, form: Any) -> HttpResponseBase:
        shown = self.get_context_data(form=form)  # type: ignore[attr-defined]
        answer: HttpResponseBase = self.render_to_response(shown, status=422)  # type: ignore[attr-defined]
        return answer

    def detail(self, form: Any) -> dict[str, Any]:
        return {}


class Laid:
    """A mixin: on a page of its own for somebody who may see no other yet."""

    request: StaffRequest

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        must = lacks_required_factor(self.request.user)
        shown: dict[str, Any] = super().get_context_data(**more)  # type: ignore[misc]
        return {**shown, "layout": "security/bare.html" if must else "security/in.html"}


class AddApp(Laid, FactorChange, ActivateTOTPView):  # type: ignore[misc]  # allauth is untyped
    template_name = "security/add_app.html"
    change = "authenticator app added"

    def form_valid(self, form: Any) -> HttpResponseBase:
        with transaction.atomic():
            answer = super().form_valid(form)
            # The code that was just typed is not one to sign in with.
            app = Authenticator.objects.get(user=self.request.user, type=TOTP)
            app.data[LAST_STEP] = form.step
            app.save(update_fields=["data"])
        return answer


class RemoveApp(FactorChange, DeactivateTOTPView):  # type: ignore[misc]
    template_name = "security/remove.html"
    change = "authenticator app removed"
    extra_context = {"what": "your authenticator app", "layout": "security/in.html"}

    @transaction.atomic
    def post(self, *args: Any, **parts: Any) -> HttpResponseBase:
        """What the form asks, and the removal, in one transaction."""
        answer: HttpResponseBase = super().post(*args, **parts)
        return answer


class AddPasskey(Laid, FactorChange, AddWebAuthnView):  # type: ignore[misc]
    template_name = "security/add_passkey.html"
    change = "passkey added"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        shown = super().get_context_data(**more)
        # Not as allauth asks: each of ours can be used without a password.
        options = begin_registration(self.request.user, True)
        form = more.get("form") or self.get_form()
        return {**shown, "form": form, **passkey_data(self.request, options)}

    def detail(self, form: Any) -> dict[str, Any]:
        return {"name": form.cleaned_data["name"]}


class NamePasskey(EditWebAuthnView):  # type: ignore[misc]
    template_name = "security/name_passkey.html"
    success_url = SECURITY_HOME


class RemovePasskey(FactorChange, RemoveWebAuthnView):  # type: ignore[misc]
    template_name = "security/remove.html"
    success_url = SECURITY_HOME
    change = "passkey removed"
    extra_context = {"what": "this passkey", "layout": "security/in.html"}

    @transaction.atomic
    def post(self, *args: Any, **parts: Any) -> HttpResponseBase:
        removed = self.get_object()
        try:
            check_removable(removed)
        except LastFactor as refused:
            error(self.request, str(refused))
            return redirect("mfa_index")
        self.name = removed.wrap().name
        answer: HttpResponseBase = super().post(*args, **parts)
        return answer

    def detail(self, form: Any) -> dict[str, Any]:
        return {"name": self.name}


class MakeCodes(FactorChange, GenerateRecoveryCodesView):  # type: ignore[misc]
    template_name = "security/make_codes.html"
    change = "recovery codes made"


class ShowCodes(ViewRecoveryCodesView):  # type: ignore[misc]
    """Once, and then never again: new ones can be made."""

    template_name = "security/codes.html"
    http_method_names = ["get"]

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().get_context_data(**more)
        lines = ["Quadline recovery codes, each good for one sign-in", ""]
        file = "\n".join([*lines, *shown["unused_codes"], ""])
        go_on = self.request.session.pop(GO_ON, "")
        return {
            **shown,
            "file": f"data:text/plain;charset=utf-8,{quote(file)}",
            "go_on": go_on or reverse("mfa_index"),
        }
