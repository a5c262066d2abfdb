from __future__ import annotations

import threading

import pytest

from deployment_notifier.pace import Budget, Pace


class Time:
    """A monotonic clock that only sleeping moves; threads share it."""

    def __init__(self, seconds: float = 1000.0) -> None:
        self.seconds = seconds
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def test_the_first_call_has_its_turn_at_once() -> None:
    time = Time()

    Pace(5, time.clock, time.sleep).wait()

    assert time.slept == []


def test_calls_are_spread_evenly() -> None:
    time = Time()
    pace = Pace(5, time.clock, time.sleep)

    for _ in range(11):
        pace.wait()

    assert time.seconds - 1000 == pytest.approx(2.0)
    assert time.slept == pytest.approx([0.2] * 10)


def test_a_call_that_took_longer_than_its_interval_is_followed_at_once() -> None:
    time = Time()
    pace = Pace(5, time.clock, time.sleep)

    pace.wait()
    time.seconds += 0.7
    pace.wait()

    assert time.slept == []


def test_a_pause_gives_no_credit_for_a_burst() -> None:
    time = Time()
    pace = Pace(5, time.clock, time.sleep)

    pace.wait()
    time.seconds += 60
    for _ in range(3):
        pace.wait()

    assert time.slept == pytest.approx([0.2, 0.2])


def test_threads_share_one_pace() -> None:
    # A clock that stands still, so that each wait shows the turn that it got.
    delays: list[float] = []
    pace = Pace(10, lambda: 0.0, delays.append)

    def call_often() -> None:
        for _ in range(25):
            pace.wait()

    threads = [threading.Thread(target=call_often) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # 200 calls have 200 different turns; the first of them needs no sleep.
    assert sorted(delays) == pytest.approx([turn / 10 for turn in range(1, 200)])


def test_a_waiting_thread_does_not_keep_others_from_taking_their_turn() -> None:
    asleep, wake = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        if seconds < 0.15:
            asleep.set()
            assert wake.wait(5)

    pace = Pace(10, lambda: 0.0, sleep)
    pace.wait()
    sleeper = threading.Thread(target=pace.wait)
    sleeper.start()
    assert asleep.wait(5)

    pace.wait()  # would hang here, if the sleeper held the lock

    wake.set()
    sleeper.join()


def test_the_longest_wait_grows_with_the_threads() -> None:
    assert Pace(5).longest_wait(4) == pytest.approx(0.8)


def test_a_budget_allows_what_ends_in_time() -> None:
    left = [50.0]
    budget = Budget(lambda: left[0])

    left[0] = 7.0

    assert budget.total == 50.0
    assert budget.allows(6.9)
    assert budget.allows(7.0)
    assert not budget.allows(7.1)
