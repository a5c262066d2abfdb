"""What the oracle notes of each watch, each sweep and each publish."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.harness.notifier_harness import SECONDS, START
from tests.reliability.reference_model import status_of
from tests.reliability.source_model import SourceAnswers, SourceModel

if TYPE_CHECKING:
    from datetime import datetime

    from tests.reliability.events import RunSweep
    from tests.reliability.reference_model import CheckAnswer, History


@dataclass
class Life:
    """A deployment's watch from the moment it was put, and how much of its history each version knew."""

    history: History
    lengths: dict[str | None, int] = field(default_factory=lambda: {None: 0})
    versions: list[int] = field(default_factory=lambda: [0])
    transitions: list[tuple[str | None, str]] = field(default_factory=list)


@dataclass
class Sent:
    """One publish that SNS carried out."""

    alert_id: str
    by: Run
    answer_lost: bool = False


@dataclass
class Run:
    """One sweep, or one batch of events: what it met and what it did.

    Attributes:
        called_at: the time of its last call.
        decided_at: the time at which what it stores now was decided.
    """

    plan: RunSweep
    owner: str
    leased_until: datetime = START
    calls: Counter[str] = field(default_factory=Counter)
    remaining: float = SECONDS
    called_at: datetime = START
    decided_at: datetime = START
    is_dead: bool = False
    is_over: bool = False
    is_alone: bool = True
    saw_jump: bool = False
    met_fault: bool = False
    checks: dict[str, CheckAnswer] = field(default_factory=dict)
    read: dict[str, tuple[Life, int]] = field(default_factory=dict)
    source: SourceModel | None = None
    discovered: int = 0
    listed: set[str] = field(default_factory=set)
    list_pages: int = 0
    listing_failed: bool | None = None
    tried_to_store: set[str] = field(default_factory=set)
    stored_transitions: int = 0
    refused: set[str] = field(default_factory=set)
    published: int = 0

    def known_status(self, deployment_id: str) -> str | None:
        """Return the last status of a deployment that it knew when it asked about it."""
        life, length = self.read.get(deployment_id, (None, 0))
        return status_of(life.history.steps[:length]) if life else None

    def answered(self, deployment_id: str) -> bool:
        """Whether it was answered about a deployment."""
        return deployment_id in self.checks and self.checks[deployment_id].is_answered

    @property
    def source_answers(self) -> SourceAnswers:
        """What the source answered it."""
        is_watched = bool(self.read) or self.discovered > 0
        return SourceAnswers(tuple(self.checks.values()), is_watched, self.list_pages, self.listing_failed)
