"""What each operation may answer, for the description: what it answers when all is
well, and each problem it can have.
"""

from typing import Any

from quadline.api.problems import Problem

WITH_BODY = (400, 413, 415)  # a body can be unreadable, too large, or not JSON


def answers(
    status: int,
    answer: Any,
    *refusals: int,
    with_body: bool = False,
) -> dict[int, Any]:
    """401 and 503 always: a caller without a token gets nothing, and the database may
    be away. 422: what is not as described.
    """
    problems = sorted({401, 503, *refusals, *(WITH_BODY if with_body else ())})
    return {status: answer} | dict.fromkeys(problems, Problem)


def leads_to(status: int, **links: tuple[str, str]) -> dict[str, Any]:
    """For the description: which operation goes on with which part of an answer.
    ``get_message=("message_id", "id")``.
    """
    written = {
        name: {
            "operationId": name,
            "parameters": {parameter: f"$response.body#/{part}"},
        }
        for name, (parameter, part) in links.items()
    }
    return {"responses": {status: {"links": written}}}
