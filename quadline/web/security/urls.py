"""My profile, Security, below /me/security/. The names are those that allauth asks
for.
"""

from django.urls import path

from quadline.web.requests import form_methods_only
from quadline.web.security import pages

urlpatterns = [
    path("", pages.page, name="mfa_index"),
    path("app/", form_methods_only(pages.AddApp.as_view()), name="mfa_activate_totp"),
    path(
        "app/remove/",
        form_methods_only(pages.RemoveApp.as_view()),
        name="mfa_deactivate_totp",
    ),
    path(
        "passkeys/add/",
        form_methods_only(pages.AddPasskey.as_view()),
        name="mfa_add_webauthn",
    ),
    path(
        "passkeys/<int:pk>/",
        form_methods_only(pages.NamePasskey.as_view()),
        name="mfa_edit_webauthn",
    ),
    path(
        "passkeys/<int:pk>/remove/",
        form_methods_only(pages.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    path("codes/", pages.ShowCodes.as_view(), name="mfa_view_recovery_codes"),
    path(
        "codes/new/",
        form_methods_only(pages.MakeCodes.as_view()),
        name="mfa_generate_recovery_codes",
    ),
]
