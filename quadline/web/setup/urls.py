"""The first run, below /setup/."""

from django.urls import path

from quadline.web.setup import pages

urlpatterns = [
    path("", pages.setup_page, name="setup"),
    path("administrator/", pages.administrator_page, name="setup_administrator"),
]
