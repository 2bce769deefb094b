"""The parts of django-allauth that staff need: sign in, sign out, a
forgotten password. Nothing else is reachable.
"""

from allauth.account import views
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from quadline.web.account.sign_in import NewPassword, forgotten, unless_too_busy
from quadline.web.requests import form_methods_only
from quadline.web.security import confirming, second_step

urlpatterns = [
    path(
        "login/", login_not_required(unless_too_busy(views.login)), name="account_login"
    ),
    path(
        "second-step/",
        login_not_required(form_methods_only(second_step.SecondStep.as_view())),
        name="mfa_authenticate",
    ),
    path(
        "passkey/",
        login_not_required(form_methods_only(second_step.PasskeySignIn.as_view())),
        name="mfa_login_webauthn",
    ),
    path(
        "confirm/",
        form_methods_only(confirming.ConfirmByPassword.as_view()),
        name="account_reauthenticate",
    ),
    path(
        "confirm/code/",
        form_methods_only(confirming.ConfirmByCode.as_view()),
        name="mfa_reauthenticate",
    ),
    path(
        "confirm/passkey/",
        form_methods_only(confirming.ConfirmByPasskey.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path("logout/", views.logout, name="account_logout"),
    path(
        "inactive/", login_not_required(views.account_inactive), name="account_inactive"
    ),
    path(
        "password/reset/", login_not_required(forgotten), name="account_reset_password"
    ),
    path(
        "password/reset/done/",
        login_not_required(views.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login_not_required(NewPassword.as_view()),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        login_not_required(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
