"""Settings of ``quadline dev``: templates are read each time,
and errors are shown to this machine.

DEBUG stays off, so that everything else is as in a deployment.
"""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from quadline.config.settings import *  # noqa: F403  # all of them, and these besides
from quadline.config.settings import ENV, MIDDLEWARE, TEMPLATES


def _is_of_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if not _is_of_this_machine(urlsplit(ENV.public_url).hostname or ""):
    raise SystemExit(
        "Errors are shown with their values: only for a PUBLIC_URL of this machine,"
        " such as make dev has."
    )

_engine: dict[str, Any] = TEMPLATES[0]
_engine["APP_DIRS"] = False  # which stands for these loaders, cached
_engine["OPTIONS"]["loaders"] = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
MIDDLEWARE.append("quadline.demo.error_pages.ErrorPages")
