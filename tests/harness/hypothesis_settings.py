"""How far Hypothesis searches: the same examples in each run; or others, from a seed and for a time (soak.py).

NOTIFIER_SOAK_SECONDS  how long to search; 0, which is the default, leaves it at the examples of each run
NOTIFIER_SOAK_SEED     where to start, a whole number; the same seed finds the same
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

SOAK_SECONDS = float(os.environ.get("NOTIFIER_SOAK_SECONDS") or 0)
SOAK_SEED = int(os.environ.get("NOTIFIER_SOAK_SEED") or 0)


def exploring(examples: int, steps: int = 50) -> settings:
    """Return the settings of a test.

    Args:
        examples: how many are tried; in a soak, before the next seed.
        steps: the steps of a state machine.
    """
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        # Each run tries the same, so that a failure is due to the change.
        derandomize=True,
        database=None,
        deadline=None,
        # To shrink a failing example takes minutes.
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SOAK_SECONDS else [])],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
