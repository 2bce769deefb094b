"""What administrators look after, under /manage/."""

from django.urls import path

from quadline.web.manage import factors, numbers, strays

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
    path("email/", strays.strays, name="manage_strays"),
    path("email/<int:email_id>/", strays.stray_source, name="stray_source"),
]
