"""The generated tests for as long as NOTIFIER_SOAK_SECONDS says, with one seed after the other: `make soak`."""

from __future__ import annotations

import itertools
import time

from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from tests.harness.hypothesis_settings import SOAK_SECONDS, SOAK_SEED
from tests.reliability.test_faults_time import test_no_sweep_outlasts_the_function as sweep_time
from tests.reliability.test_fuzz_answers import test_no_answer_stops_a_sweep_or_gets_where_it_does_harm as fuzz_answers
from tests.reliability.test_fuzz_items import (
    test_no_item_stops_a_sweep_or_leads_to_one_that_dynamodb_refuses as fuzz_items,
)
from tests.reliability.test_state_machine import Sweeps


def test_other_seeds_find_nothing_either() -> None:
    end = time.monotonic() + SOAK_SECONDS
    for number in itertools.count(SOAK_SEED):
        print(f"seed {number}")  # noqa: T201 - says how far it came
        try:
            run_state_machine_as_test(seed(number)(Sweeps))
            for test in (sweep_time, fuzz_answers, fuzz_items):
                seed(number)(test)()
        except BaseException as error:
            error.add_note(f"NOTIFIER_SOAK_SEED={number} finds this again.")
            raise
        if time.monotonic() >= end:
            return
