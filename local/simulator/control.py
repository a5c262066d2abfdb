"""The control API, under `/_simulator`: for tests and people in another process, never for the notifier.

GET    /_simulator               the time, the scenarios, the deployments
POST   /_simulator/deployments   {"scenario": "fails", "deployment_id": ..., "age_seconds": ..., "tags": {...}}
                                 {"scenario": "fleet-fails", "deployment_id": ..., "age_seconds": ..., "target": ...}
POST   /_simulator/faults        {"kind": "throttled", "deployment_id": ..., "operation": ..., "times": ..., ...}
DELETE /_simulator/faults        all of them; one with /_simulator/faults/<fault_id>
GET    /_simulator/calls         how many calls there were, by operation and by deployment
POST   /_simulator/advance       {"seconds": 60}
POST   /_simulator/reset         forget everything
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from local.simulator.fleet import FLEET_SCENARIOS
from local.simulator.library import SCENARIOS
from local.simulator.protocol import Answer, JsonObject, Request

if TYPE_CHECKING:
    from local.simulator.simulator import Simulator

PREFIX: Final = "/_simulator"


def answer(simulator: Simulator, request: Request) -> Answer:
    """What a request to the control API does and is answered; 400 says what is wrong with it."""
    try:
        content = request.json_object()
        resource = request.path.removeprefix(PREFIX).strip("/")
        return _answer(simulator, f"{request.method} {resource}", content)
    except (KeyError, TypeError, ValueError) as error:
        return Answer.json({"error": f"{type(error).__name__}: {error}"}, 400)


def _answer(simulator: Simulator, what: str, content: JsonObject) -> Answer:
    match what.split("/"):
        case ["GET "]:
            return Answer.json(_state(simulator))
        case ["POST deployments"]:
            scenario = content.pop("scenario")
            play = simulator.play_fleet if scenario in FLEET_SCENARIOS else simulator.play
            return Answer.json({"deployment_id": play(scenario, **content)})
        case ["POST faults"]:
            return Answer.json({"fault_id": simulator.fault(content.pop("kind"), **content)})
        case ["DELETE faults"]:
            simulator.clear()
        case ["DELETE faults", number]:
            simulator.clear(int(number))
        case ["GET calls"]:
            return Answer.json(_calls(simulator))
        case ["POST advance"]:
            simulator.advance(float(content["seconds"]))
        case ["POST reset"]:
            simulator.reset()
        case _:
            return Answer.json({"error": f"there is no {what!r} here"}, 404)
    return Answer.json({})


def _state(simulator: Simulator) -> JsonObject:
    return {
        "seconds": simulator.now,
        "speed": simulator.speed,
        "scenarios": {name: each.summary for name, each in (SCENARIOS | FLEET_SCENARIOS).items()},
        "deployments": simulator.statuses(),
    }


def _calls(simulator: Simulator) -> JsonObject:
    calls = simulator.calls
    return {
        "total": len(calls),
        "by_operation": Counter(call.operation for call in calls if call.operation),
        "by_deployment": Counter(call.deployment_id for call in calls if call.deployment_id),
    }
