"""What happens to deployments that people watch, to Greengrass and to SNS: the plays of some scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reliability.calls import Call, aws_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.reliability.world import World


def deployments_end(world: World) -> Iterator[None]:
    """One fails, one is Failed when first seen, one completes."""
    world.watch("rollout", "second", "third")
    world.deployment("rollout", "Running", processed=1)
    world.deployment("second", "Failed", error="No service role")
    world.deployment("third", "Running", processed=1)
    yield
    world.pass_minutes(15)
    world.deployment("rollout", "Failed", processed=3, invalid=2, error="Input file missing")
    world.deployment("third", "Completed", processed=2)
    yield


def invalid_records_pile_up(world: World) -> Iterator[None]:
    """Told at the threshold, at twice as many, and once more at the end."""
    world.watch("rollout")
    for status, processed, invalid in (("Running", 2, 2), ("Running", 4, 4), ("Completed", 6, 5)):
        world.deployment("rollout", status, processed, invalid)
        yield
        world.pass_minutes(15)


def a_deployment_stalls_resumes_and_is_stopped(world: World) -> Iterator[None]:
    """Each in a sweep of its own."""
    world.watch("rollout")
    world.deployment("rollout", "Running", processed=1)
    yield
    world.pass_minutes(75)
    yield
    world.pass_minutes(15)
    world.deployment("rollout", "Running", processed=2)
    yield
    world.pass_minutes(15)
    world.deployment("rollout", "Stopped", processed=2)
    yield


def an_id_is_refused(world: World) -> Iterator[None]:
    """Nothing else is watched, so only Greengrass's listing can tell that it answers."""
    world.watch("lost")
    yield
    world.pass_minutes(15)
    yield


def checks_of_one_deployment_fail(world: World) -> Iterator[None]:
    """Those of another go on, whose counts alone change; later both can be checked again."""
    world.watch("rollout", "other")
    world.deployment("other", "Running", processed=1)
    world.deployment("rollout", "Running", processed=1)
    fault = world.simulator.fault("server-error", deployment_id="rollout")
    yield
    world.pass_minutes(15)
    world.deployment("other", "Running", processed=2)
    yield
    world.simulator.clear(fault)
    world.pass_minutes(15)
    yield


def greengrass_goes_away_for_a_moment(world: World) -> Iterator[None]:
    """For so short that nobody is told."""
    world.watch("rollout")
    world.deployment("rollout", "Running", processed=1)
    fault = world.simulator.fault("denied")
    yield
    world.simulator.clear(fault)
    yield


def greengrass_goes_away_and_comes_back(world: World) -> Iterator[None]:
    """A deployment fails meanwhile; another goes on, so that there is still something to ask Greengrass."""
    world.watch("other", "rollout")
    world.deployment("other", "Running", processed=1)
    world.deployment("rollout", "Running", processed=1)
    fault = world.simulator.fault("denied")
    yield
    world.pass_minutes(15)
    world.deployment("rollout", "Failed", processed=1)
    yield
    world.simulator.clear(fault)
    world.pass_minutes(15)
    yield


def sns_is_throttled(world: World) -> Iterator[None]:
    """An alert rests after a failure, and then comes from the queue: leased, published, marked."""
    world.watch("rollout")
    world.deployment("rollout", "Failed")
    world.container.tap.answer = _refuses("Throttling", 429)
    yield
    world.container.tap.answer = aws_answers
    world.pass_minutes(15)
    yield


def sns_never_takes_an_alert_as_it_is(world: World) -> Iterator[None]:
    """It goes out in its plainest form."""
    world.watch("rollout")
    world.deployment("rollout", "Failed")
    world.container.tap.answer = _refuses("InvalidParameter", 400, occurrence=1)
    yield
    world.container.tap.answer = aws_answers


def a_sweep_has_no_time_to_publish(world: World) -> Iterator[None]:
    """It leaves its alerts, leased to nobody, to the next one."""
    world.watch("rollout", "second")
    world.deployment("rollout", "Failed")
    world.deployment("second", "Stopped", invalid=3)
    world.leave_no_time_to_publish()
    yield
    world.answer_at_once()
    world.pass_minutes(15)
    yield


def a_finished_watch_is_put_again(world: World) -> Iterator[None]:
    """Its story is told anew, after the old one."""
    world.watch("rollout")
    world.deployment("rollout", "Failed")
    yield
    world.pass_minutes(15)
    world.watch("rollout")
    yield


def _refuses(code: str, status: int, occurrence: int | None = None) -> Callable[[Call], tuple[int, str] | None]:
    """SNS answers each Publish, or only the first about a deployment, with an error."""

    def answer(call: Call) -> tuple[int, str] | None:
        refused = call.operation == "sns:Publish" and occurrence in (None, call.occurrence)
        return (status, code) if refused else None

    return answer
