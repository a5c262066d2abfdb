"""The generated tests for as long as NOTIFIER_SOAK_SECONDS says, with one seed after the other: `make soak`."""

from __future__ import annotations

import itertools
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from tests.harness.hypothesis_settings import SOAK_SECONDS, SOAK_SEED
from tests.reliability.test_faults_time import test_no_sweep_outlasts_the_function as sweep_time
from tests.reliability.test_fuzz_answers import SOURCES, fuzzing
from tests.reliability.test_fuzz_items import (
    test_no_item_stops_a_sweep_or_leads_to_one_that_dynamodb_refuses as fuzz_items,
)
from tests.reliability.test_state_machine import MACHINES, exploring_events


def test_other_seeds_find_nothing_either() -> None:
    end = time.monotonic() + SOAK_SECONDS
    # Each seed has a process of its own, because what Hypothesis and boto3 keep adds up to gigabytes in an hour.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:
        for number in itertools.count(SOAK_SEED):
            print(f"seed {number}", flush=True)  # noqa: T201 - says how far it came
            failure = processes.submit(failure_of, number).result()
            if failure:
                pytest.fail(f"{failure}\nNOTIFIER_SOAK_SEED={number} finds this again.", pytrace=False)
            if time.monotonic() >= end:
                return


def failure_of(number: int) -> str:
    """Try one seed; return the traceback of what it found, or nothing."""
    try:
        for machine in MACHINES:
            run_state_machine_as_test(seed(number)(machine), settings=exploring_events)
        for test in (sweep_time, *map(fuzzing, SOURCES), fuzz_items):
            seed(number)(test)()
    except BaseException:  # noqa: BLE001 - also what pytest raises, which is no Exception
        return traceback.format_exc()
    return ""
