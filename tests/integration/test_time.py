"""What a sweep does with the time that it has."""

from __future__ import annotations

from typing import Any

import pytest

from deployment_notifier.model import Failure, Policy, Refusal
from tests.fakes import RUNNING, FakeSource
from tests.integration.aws_calls import operations
from tests.integration.world import World, at, slow


def test_of_200_watches_most_fit_into_one_sweep_at_the_sources_pace_and_the_rest_come_in_the_next(
    world: World,
) -> None:
    """Five calls a second, and at the end of the 50 seconds there must be time for the slowest check and its write."""
    source = FakeSource()
    for number in range(200):
        world.register_known(f"id-{number:03}")
        source.outcomes[f"id-{number:03}"] = RUNNING

    report = world.sweep(source=source, free_pace=False)

    assert report.checked >= 170
    assert report.as_dict() == {
        "watches": 200,
        "checked": report.checked,
        "accomplished": report.checked,
        "deferred": 200 - report.checked,
    }
    assert operations(world.calls) == {"Query": 2}

    world.sweep(source=source, free_pace=False, shuffle=lambda watches: watches.reverse())

    assert set(source.asked) == set(source.outcomes)


def test_a_sweep_without_time_defers_all_watches_and_says_nothing_about_the_source(world: World) -> None:
    for number in range(5):
        world.play(at(0), deployment_id=f"id-{number}")
    world.simulator.fault("denied")

    report = world.sweep(seconds=5)

    assert (report.watches, report.deferred, report.failed) == (5, 5, 0)
    assert operations(world.calls) == {"Query": 2}
    assert world.item("source:greengrass-bulk", "SOURCE") is None


def test_a_sweep_that_must_defer_some_starves_none(world: World) -> None:
    source = FakeSource()
    for number in range(6):
        source.outcomes[f"id-{number}"] = RUNNING
        world.register(f"id-{number}")
    world.sweep(seconds=5)

    for turn in range(6):

        def rotate(watches: list[Any], turn: int = turn) -> None:
            watches.sort(key=lambda watch: watch.deployment_id)
            watches[:] = watches[turn:] + watches[:turn]

        # Time for one check: the next finds less than it may need.
        source.outcomes[f"id-{turn}"] = slow(world, 15, RUNNING)
        world.sweep(source=source, seconds=28, shuffle=rotate)

    assert source.asked == sorted(source.outcomes)


@pytest.mark.parametrize("seconds", [0.1, 1, 2, 5, 7])
@pytest.mark.parametrize("count", [10, 60, 200])
def test_a_source_that_answers_nothing_is_told_of_however_long_its_calls_take(
    world: World, seconds: float, count: int
) -> None:
    """A sweep that uses up its time with calls that time out must still be able to say so."""
    world.policy = Policy(unchecked_after_minutes=0)
    source = FakeSource(listing=Failure("down"))
    for number in range(count):
        source.outcomes[f"id-{number}"] = slow(world, seconds, Failure("ReadTimeoutError"))
        world.register(f"id-{number}")

    world.sweep(source=source, free_pace=False)
    world.advance(minutes=1)
    world.sweep(source=source, free_pace=False)

    assert world.told("source:greengrass-bulk") == ["SOURCE_UNREACHABLE"]


@pytest.mark.parametrize("count", [10, 150, 400])
def test_a_watch_that_is_refused_is_told_of_however_many_others_there_are(world: World, count: int) -> None:
    world.policy = Policy(unchecked_after_minutes=0)
    source = FakeSource()
    for number in range(count):
        source.outcomes[f"id-{number:03}"] = slow(world, 0.05, RUNNING)
        world.register_known(f"id-{number:03}")
    source.outcomes["id-005"] = Refusal("BadRequestException: unknown")

    world.sweep(source=source, free_pace=False)

    assert world.told("id-005") == ["LOST"]


@pytest.mark.parametrize("count", [1, 30, 200])
@pytest.mark.parametrize("seconds", [0.1, 5, 7])
def test_a_sweep_ends_in_time_however_slow_the_source_is(world: World, count: int, seconds: float) -> None:
    source = FakeSource()
    for number in range(count):
        kind = (RUNNING, Refusal("unknown"), Failure("time-out"))[number % 3]
        source.outcomes[f"id-{number:03}"] = slow(world, seconds, kind)
        world.register_known(f"id-{number:03}")
    began = world.clock.seconds

    world.sweep(source=source, free_pace=False)

    assert world.clock.seconds - began <= 50


_SLOWEST_WRITE = 6.4
"""Just within the time that one call to DynamoDB is said to take at most."""
_SLOWEST_PUBLISH = 6.9


def make_table_slow(world: World) -> None:
    world.before("UpdateItem", "TransactWriteItems", happens=lambda _: world.advance(_SLOWEST_WRITE))


@pytest.mark.parametrize("seconds", [31.5, 40, 50])
def test_a_sweep_ends_in_time_however_slow_the_table_is(world: World, seconds: float) -> None:
    """Here each write takes as long as it may, among them the one that ends the trouble of a source."""
    world.policy = Policy(unchecked_after_minutes=0)
    source = FakeSource(outcomes={"id-0": Failure("time-out"), "id-1": Failure("time-out")})
    for number in range(2):
        world.register_known(f"id-{number}")
    world.sweep(source=source)
    assert world.kinds_received() == ["SOURCE_UNREACHABLE"]
    source.outcomes["id-0"] = RUNNING
    make_table_slow(world)
    began = world.clock.seconds

    world.sweep(source=source, seconds=seconds)

    assert world.clock.seconds - began <= seconds


@pytest.mark.parametrize("seconds", [31.5, 40, 50])
@pytest.mark.parametrize("code", ["InternalError", "InvalidParameter"])
def test_a_sweep_ends_in_time_however_slow_table_and_sns_are(world: World, seconds: float, code: str) -> None:
    """What SNS refuses as it is goes out a second time in its plainest form; that takes time too."""
    world.play(at(0, "Failed"))
    world.break_sns(400, code)
    make_table_slow(world)
    world.before("Publish", happens=lambda _: world.advance(_SLOWEST_PUBLISH))
    for _ in range(2):
        began = world.clock.seconds
        world.sweep(seconds=seconds)

        assert world.clock.seconds - began <= seconds
        world.advance(minutes=2)
