"""The screens: one page around a student's phone and mailbox.

What moves on it comes from the control API.
"""

from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent
_TEMPLATES = _HERE / "templates"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def screen_routes() -> list[BaseRoute]:
    return [
        Route("/", home_view),
        Route("/phones", phones),
        Route("/phones/{phone}", phones),
        Mount("/static", StaticFiles(directory=_HERE / "static")),
    ]


async def home_view(request: Request) -> Response:
    return RedirectResponse("/phones")


async def phones(request: Request) -> Response:
    page = Template((_TEMPLATES / "phones.html").read_text("utf-8"))
    parts = {
        part.stem: part.read_text("utf-8")
        for part in (_TEMPLATES / "parts").glob("*.html")
    }
    options = request.app.state.carrier.options
    html = page.substitute(parts, zone=escape(options.time_zone))
    return HTMLResponse(html, headers=_HEADERS)
