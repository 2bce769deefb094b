"""The one address of SCIM; the library knows what lies beneath it."""

from django.urls import path

from quadline.api.scim.views import scim

urlpatterns = [
    path("", scim, name="scim-root"),
    path("<path:path>", scim, name="scim"),
]
