"""What administrators look after, under /manage/."""

from django.urls import path

from quadline.web.manage import number_checks, number_page, numbers, strays

urlpatterns = [
    path("numbers/", numbers.numbers_page, name="manage_numbers"),
    path(
        "numbers/<int:number_id>/retry/",
        numbers.retry_number,
        name="retry_number",
    ),
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
    path("email/", strays.strays, name="manage_strays"),
    path("email/<int:email_id>/", strays.stray_source, name="stray_source"),
]
