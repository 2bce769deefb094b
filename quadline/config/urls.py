"""Where the doors are.

Webhooks and live events are mounted beside Django, in asgi.py.
"""

from django.urls import include, path

from quadline.webhooks.mail.routes import mail_service

handler500 = "quadline.web.faults.failed"
urlpatterns = [
    path("mail/<path:door>", mail_service, name="mail_service"),
    path("api/v1/", include("quadline.api.urls")),
    path("scim/v2/", include("quadline.api.scim.urls")),
    path("accounts/", include("quadline.web.account.urls")),
    path("", include("quadline.web.urls")),
]
