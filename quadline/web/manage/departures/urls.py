"""Manage, Leaving, under /manage/departures/."""

from django.urls import path

from quadline.web.manage.departures import planning, views

urlpatterns = [
    path("", views.departures_page, name="manage_departures"),
    path("new/", planning.new_departure, name="manage_departure_new"),
    path("<int:departure_id>/", views.departure_page, name="manage_departure"),
    path(
        "<int:departure_id>/change/",
        planning.change_page,
        name="manage_departure_change",
    ),
    path(
        "<int:departure_id>/cancel/", views.cancel_plan, name="manage_departure_cancel"
    ),
    path(
        "<int:departure_id>/return/", views.back_today, name="manage_departure_return"
    ),
]
