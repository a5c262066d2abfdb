"""The pictures of the documents, made from what the product sends and from the template: `make pictures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.pictures.alert import draw_alert
from local.pictures.architecture import draw_architecture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PICTURES: Mapping[str, Callable[[], str]] = {"alert.svg": draw_alert, "architecture.svg": draw_architecture}
"""What draws each file of docs/pictures/."""
