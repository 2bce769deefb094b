"""What administrators look after, under /manage/."""

from django.urls import path

from quadline.web.manage import college_logo, numbers, offices, settings, strays

urlpatterns = [
    path("numbers/", numbers.numbers_page, name="manage_numbers"),
    path(
        "numbers/<int:number_id>/retry/",
        numbers.retry_number,
        name="retry_number",
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
    path("email/", strays.strays, name="manage_strays"),
    path("email/<int:email_id>/", strays.stray_source, name="stray_source"),
]
