from __future__ import annotations

import threading
import time

import pytest

from deployment_notifier.rate_limiter import RateLimiter


class Time:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def limiter(now: Time) -> RateLimiter:
    return RateLimiter(5, now.clock, now.sleep)


def test_calls_are_spread_evenly_and_the_first_has_its_turn_at_once(limiter: RateLimiter, now: Time) -> None:
    limiter.wait()
    assert now.slept == []
    for _ in range(10):
        limiter.wait()
    assert now.slept == pytest.approx([0.2] * 10)


def test_a_call_that_took_longer_than_its_interval_is_followed_at_once(limiter: RateLimiter, now: Time) -> None:
    limiter.wait()
    now.seconds += 0.2
    limiter.wait()
    assert now.slept == []


def test_a_pause_allows_no_burst(limiter: RateLimiter, now: Time) -> None:
    limiter.wait()
    now.seconds += 60
    for _ in range(3):
        limiter.wait()
    assert now.slept == pytest.approx([0.2, 0.2])


def test_no_two_threads_get_the_same_turn() -> None:
    """The clock lets other threads run in the middle of taking a turn, as any two instructions may."""
    delays: list[float] = []

    def clock() -> float:
        time.sleep(0.0005)
        return 0.0

    limiter = RateLimiter(10, clock, delays.append)

    def call_often() -> None:
        for _ in range(4):
            limiter.wait()

    threads = [threading.Thread(target=call_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(delays) == pytest.approx([turn / 10 for turn in range(1, 32)])


def test_a_thread_that_waits_does_not_keep_others_from_taking_their_turn() -> None:
    asleep, wake = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        if seconds < 0.15:
            asleep.set()
            assert wake.wait(30)

    limiter = RateLimiter(10, lambda: 0.0, sleep)
    limiter.wait()
    sleeper = threading.Thread(target=limiter.wait)
    sleeper.start()
    assert asleep.wait(30)
    limiter.wait()  # would hang here if the sleeper held the lock
    wake.set()
    sleeper.join()
