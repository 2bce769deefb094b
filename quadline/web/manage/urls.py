"""What administrators look after, under /manage/."""

from django.urls import include, path

from quadline.web.manage import (
    college_logo,
    directory,
    factors,
    health,
    invite,
    number_checks,
    number_page,
    numbers,
    offices,
    settings,
    sign_in,
    staff,
    staff_user,
    strays,
)

urlpatterns = [
    path("numbers/", numbers.numbers_page, name="manage_numbers"),
    path(
        "numbers/<int:number_id>/retry/",
        numbers.retry_number,
        name="retry_number",
    ),
    path("health/", health.health_page, name="manage_health"),
    path("sign-in/", sign_in.page, name="manage_sign_in"),
    path("sign-in/openid/", sign_in.openid, name="sign_in_openid"),
    path("sign-in/saml/", sign_in.saml, name="sign_in_saml"),
    path("sign-in/rules/", sign_in.rules, name="sign_in_rules"),
    path("sign-in/test/", sign_in.test, name="sign_in_test"),
    path("sign-in/switch/", sign_in.switch, name="sign_in_switch"),
    path("sign-in/forget/", sign_in.forget, name="sign_in_forget"),
    path("second-factors/", factors.factors_page, name="manage_factors"),
    path(
        "second-factors/<int:user_id>/reset/",
        factors.reset_page,
        name="manage_factors_reset",
    ),
    path("settings/", settings.first_section, name="manage-settings"),
    path("settings/logo/", college_logo.change, name="manage-logo"),
    path("settings/offices/new/", offices.new_office, name="manage-office-new"),
    path("settings/offices/<int:office_id>/", offices.office, name="manage-office"),
    path(
        "settings/<slug:slug>/", settings.section_page, name="manage-settings-section"
    ),
    path(
        "settings/<slug:slug>/preview/",
        settings.section_preview,
        name="manage-settings-preview",
    ),
    path("staff/", staff.staff_page, name="manage_staff"),
    path("staff/invite/", invite.invite_page, name="manage_invite"),
    path("staff/invite/many/", invite.invite_many, name="manage_invite_many"),
    path(
        "staff/<int:user_id>/",
        staff_user.staff_user_page,
        name="manage_staff_user",
    ),
    path(
        "staff/<int:user_id>/invite/",
        staff_user.invite_staff_again,
        name="manage_invite_again",
    ),
    path(
        "staff/<int:user_id>/deactivate/",
        staff_user.deactivate_page,
        name="manage_deactivate",
    ),
    path(
        "staff/<int:user_id>/reactivate/",
        staff_user.reactivate,
        name="manage_reactivate",
    ),
    path("directory/", directory.directory_page, name="manage_directory"),
    path(
        "directory/<int:token_id>/revoke/",
        directory.revoke_directory,
        name="revoke_directory",
    ),
    path("roster/", include("quadline.web.manage.roster.urls")),
    path("numbers/compare/", number_checks.compare, name="compare_numbers"),
    path(
        "numbers/differences/<int:trouble_id>/repair/",
        number_checks.repair,
        name="repair_number",
    ),
    path("numbers/<int:number_id>/", number_page.number_page, name="manage_number"),
    path("numbers/<int:number_id>/wake/", number_page.wake, name="wake_number"),
    path(
        "numbers/<int:number_id>/<str:act>/",
        number_page.number_act,
        name="number_act",
    ),
    path("departures/", include("quadline.web.manage.departures.urls")),
    path("setup/", include("quadline.web.manage.setup.urls")),
    path("email/", strays.strays, name="manage_strays"),
    path("email/<int:email_id>/", strays.stray_source, name="stray_source"),
]
