"""Where the doors are. Webhooks and live events are mounted beside Django, in asgi.py."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("quadline.web.account_urls")),
    path("", include("quadline.web.urls")),
]
