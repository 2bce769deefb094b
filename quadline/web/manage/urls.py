"""What administrators look after, under /manage/."""

from django.urls import include, path

from quadline.web.manage import numbers, strays

urlpatterns = [
    path("numbers/", numbers.numbers_page, name="manage_numbers"),
    path(
        "numbers/<int:number_id>/retry/",
        numbers.retry_number,
        name="retry_number",
    ),
    path("roster/", include("quadline.web.manage.roster.urls")),
    path("email/", strays.strays, name="manage_strays"),
    path("email/<int:email_id>/", strays.stray_source, name="stray_source"),
]
