"""The control API, with which people start deployments beside `make local`: never for the notifier.

POST /_simulator/deployments   {"scenario": "fails", "deployment_id": ..., "age_seconds": ..., "tags": {...}}
                               {"scenario": "fleet-fails", "deployment_id": ..., "age_seconds": ..., "target": ...}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from local.simulator.fleet import FLEET_SCENARIOS
from local.simulator.library import SCENARIOS
from local.simulator.protocol import Answer, Request

if TYPE_CHECKING:
    from local.simulator.simulator import Simulator

PREFIX: Final = "/_simulator"


def answer(simulator: Simulator, request: Request) -> Answer:
    """What a request to the control API does and is answered; 400 says what is wrong with it."""
    if (request.method, request.path) != ("POST", f"{PREFIX}/deployments"):
        return Answer.json({"error": f"there is no {request.method} {request.path} here"}, 404)
    try:
        content = request.json_object()
        scenario = str(content.pop("scenario", ""))
        if scenario not in (known := [*FLEET_SCENARIOS, *SCENARIOS]):
            return Answer.json({"error": f"there is no scenario {scenario!r}, but: {', '.join(known)}"}, 400)
        play = simulator.play_fleet if scenario in FLEET_SCENARIOS else simulator.play
        return Answer.json({"deployment_id": play(scenario, **content)})
    except (TypeError, ValueError) as error:
        return Answer.json({"error": f"{type(error).__name__}: {error}"}, 400)
