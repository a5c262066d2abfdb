"""How far Hypothesis searches: the same examples in each run; or others, by `make soak` (local/soak.py)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

IS_SOAK = "NOTIFIER_SOAK" in os.environ

# The machines that run this are shared, so that how long one example takes says nothing. Each run tries the same, so
# that a failure is due to the change.
settings.register_profile("default", deadline=None, derandomize=not IS_SOAK, database=None)
settings.load_profile("default")


def exploring(examples: int, steps: int = 50) -> settings:
    """Return the settings of a test that plays whole sweeps.

    Args:
        examples: how many are tried; in a soak, before the next seed.
        steps: the steps of a state machine.
    """
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        # To shrink a failing example takes minutes.
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if IS_SOAK else [])],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
