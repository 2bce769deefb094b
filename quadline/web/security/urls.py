"""My profile, Security, below /me/security/. The names are those that allauth asks
for.
"""

from django.urls import path

from quadline.web.security import pages

urlpatterns = [
    path("", pages.page, name="mfa_index"),
    path("app/", pages.AddApp.as_view(), name="mfa_activate_totp"),
    path("app/remove/", pages.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("passkeys/add/", pages.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/", pages.NamePasskey.as_view(), name="mfa_edit_webauthn"),
    path(
        "passkeys/<int:pk>/remove/",
        pages.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("codes/", pages.ShowCodes.as_view(), name="mfa_view_recovery_codes"),
    path("codes/new/", pages.MakeCodes.as_view(), name="mfa_generate_recovery_codes"),
]
