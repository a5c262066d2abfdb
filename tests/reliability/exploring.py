"""How far Hypothesis explores: the same quick way each time, or far and anew with HYPOTHESIS_PROFILE=thorough."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def exploring(examples: int, steps: int = 50) -> settings:
    """The settings of a test.

    Args:
        examples: how many are tried in the quick way; the thorough one tries ten times as many.
        steps: the steps of a state machine.
    """
    return settings(
        max_examples=examples * (10 if IS_THOROUGH else 1),
        stateful_step_count=steps,
        # Without a database and with a fixed seed CI tries the same each time, so that a red run is about the change.
        derandomize=not IS_THOROUGH,
        database=None,
        deadline=None,
        # Looking for the shortest story that fails takes minutes: only where somebody asked to explore.
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if IS_THOROUGH else [])],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
