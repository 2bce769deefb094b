"""What administrators look after, under /manage/."""

from django.urls import include, path

from quadline.web.manage import (
    college_logo,
    directory,
    factors,
    invite,
    numbers,
    offices,
    settings,
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
    path("setup/", include("quadline.web.manage.setup.urls")),
    path("email/", strays.strays, name="manage_strays"),
    path("email/<int:email_id>/", strays.stray_source, name="stray_source"),
]
