"""The simulator's one web application: Twilio's API,
the control API and the screens.
"""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from quadline.simulator.api.calls import answer_json
from quadline.simulator.api.routes import api_routes
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.control import control_routes
from quadline.simulator.errors import Refusal
from quadline.simulator.gate import Gate
from quadline.simulator.mail.control import mail_routes
from quadline.simulator.mail.port import MailPort
from quadline.simulator.mail.postman import Postman
from quadline.simulator.screens import screen_routes


def build_app(carrier: SimulatedCarrier) -> Starlette:
    app = Starlette(
        routes=[*api_routes(), *control_routes(), *mail_routes(), *screen_routes()],
        exception_handlers={404: _unknown},
        middleware=[Middleware(Gate)],
    )
    app.router.redirect_slashes = False
    postman = Postman(carrier)
    options = carrier.options
    app.state.carrier = carrier
    app.state.postman = postman
    app.state.mail_port = MailPort(carrier, postman, options.host, options.smtp_port)
    return app


async def _unknown(request: Request, error: Exception) -> Response:
    path = request.url.path
    refusal = Refusal(20404, f"The requested resource {path} was not found")
    return answer_json(refusal.body(), 404)
