"""The one account that the simulator has."""

from starlette.responses import Response

from quadline.simulator.api.calls import ApiCall, answer_json


async def fetch(call: ApiCall) -> Response:
    account = call.carrier.options.account_sid
    return answer_json(
        {
            "sid": account,
            "owner_account_sid": account,
            "friendly_name": "Quadline, simulated",
            "status": "active",
            "type": "Full",
            "uri": f"/2010-04-01/Accounts/{account}.json",
        }
    )
