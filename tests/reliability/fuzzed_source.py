"""What a source contributes to fuzzing: answers of any form to each of its operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tests.harness.hostile_text import Json

IDENTIFIERS = ("d-1", "<!here>", "x" * 1024, "`*_~` 'd' \u202e\n", "../../groups", "a/b?c=d#e", "%2e")

identifiers: st.SearchStrategy[str] = st.shared(st.sampled_from(IDENTIFIERS), key="the deployment's id")
"""The same id wherever it is drawn for one example, so that answers can speak of the deployment."""

listed_ids: Json = st.sampled_from(["sound", "a", "x" * 1024, "x" * 2048]) | identifiers


@dataclass(frozen=True)
class FuzzedSource:
    """A source, and what its operations may answer.

    Attributes:
        name: its name.
        deployed: what its fake's `deploy` takes for a deployment with an alert to come.
        answers: about a deployment.
        pages: what its other operations answer, by their names.
        largest: the answers that take most room in a message, by operation; that about the deployment by "".
    """

    name: str
    deployed: Mapping[str, Any]
    answers: Json
    pages: Mapping[str, Json]
    largest: Mapping[str, Any]
