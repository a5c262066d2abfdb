"""Where things are in this project's folder."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def program(environment: str, name: str) -> Path:
    """A program of one of the environments under `.venvs/`, which `make` installs from the lock files."""
    return PROJECT / ".venvs" / environment / "bin" / name
