"""The simulator's one web application: Twilio's API, the control API and the screens."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from quadline.simulator.api.calls import answer_json
from quadline.simulator.api.routes import api_routes
from quadline.simulator.carrier import Carrier
from quadline.simulator.control import control_routes
from quadline.simulator.errors import Refusal
from quadline.simulator.screens import screen_routes


def build_app(carrier: Carrier) -> Starlette:
    app = Starlette(
        routes=[*api_routes(), *control_routes(), *screen_routes()],
        exception_handlers={404: _unknown},
    )
    app.router.redirect_slashes = False
    app.state.carrier = carrier
    return app


async def _unknown(request: Request, error: Exception) -> Response:
    words = f"The requested resource {request.url.path} was not found"
    return answer_json(Refusal(20404, words).body(), 404)
