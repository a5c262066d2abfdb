"""Tables of cases: one row a case, its reason first."""

from __future__ import annotations

from typing import Any

import pytest


def cases(names: str, *rows: tuple[Any, ...]) -> pytest.MarkDecorator:
    """Run a test once for each row.

    Args:
        names: the test's arguments, separated by commas.
        rows: the reason of a case, which becomes its id, and the arguments' values.
    """
    return pytest.mark.parametrize(names, [pytest.param(*values, id=reason) for reason, *values in rows])
