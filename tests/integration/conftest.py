"""Whole sweeps in emulated AWS."""

from tests.emulated.fixtures import emulators, stack

__all__ = ["emulators", "stack"]
