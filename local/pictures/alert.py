"""An alert as people see it in Slack: what the product's own renderers make of failing devices."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.event import encode
from deployment_notifier.model import DEFAULT_STACK_NAME, Alert, FailureReason, Kind, ResultsSummary, StackIdentity
from deployment_notifier.slack.slack_message import slack_message
from deployment_notifier.slack.sns_record import SnsRecord
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from local.pictures.slack_text import Run, Style, lines_of
from local.pictures.svg import MONO, SANS, element, picture, text, width
from local.simulator.fleet import NO_SPACE, NO_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WIDE = 840
_LEFT = 66
_INSET = 18
_SIZE = 14.5
_TITLE_SIZE = 17
_CODE_SIZE = 12
_LINE = 22
_GAP = 9
_FOLD = 645
"""Where Slack folds a long message."""
_BASE = 15
"""From the top of a line to the line that its letters stand on."""

_SIGNS = {"🔴": "#e01e5a", "🟠": "#f2a33a", "🔵": "#36a3d9", "⚪": "#a0a0a0"}
"""The signs of a severity, which not every reader's fonts have."""

_COLOURS = {
    "card": ("#ffffff", "#1a1d21"),
    "edge": ("#d0d7de", "#3d444d"),
    "ink": ("#1d1c1d", "#d1d2d3"),
    "dim": ("#616061", "#9a9b9d"),
    "code": ("#b3123f", "#f0a15a"),
    "well": ("#f6f6f6", "#222529"),
    "link": ("#1264a3", "#6fb7ea"),
}
_RULES = (
    ".card{fill:var(--card);stroke:var(--edge)}"
    f"text{{font-family:{SANS};font-size:{_SIZE}px;fill:var(--ink)}}"
    f".t{{font-size:{_TITLE_SIZE}px;font-weight:700}}.b{{font-weight:700}}.d{{fill:var(--dim);font-size:12px}}"
    f".c{{font-family:{MONO};font-size:{_CODE_SIZE}px;fill:var(--code)}}"
    f".k{{font-family:{MONO};font-size:{_CODE_SIZE}px;fill:var(--ink)}}"
    ".w{fill:var(--well);stroke:var(--edge)}.l{fill:var(--link)}.a{fill:#2f855a}.i{fill:none;stroke:#fff;stroke-width:2.4}"
)


def example() -> tuple[Alert, StackIdentity]:
    """A deployment of Greengrass V2 to 400 devices, of which 37 have failed, and 10 were asked why."""
    counts = {"InProgress": 40, "Succeeded": 323, "Failed": 37}
    alert = Alert(
        "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9",
        datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC),
        GREENGRASS_V2.name,
        Kind.DEVICES_FAILED,
        from_status="ACTIVE",
        to_status="ACTIVE",
        metrics=GREENGRASS_V2.to_metrics({f"numberOf{name}Things": count for name, count in counts.items()}),
        results=ResultsSummary(
            succeeded=323,
            failed=37,
            unfinished=40,
            reasons=(
                FailureReason(
                    NO_SPACE.error_stack[-1], NO_SPACE.reason, 7, ("line7-core-041", "line7-core-107", "line7-core-112")
                ),
                FailureReason(NO_VERSION.error_stack[-1], NO_VERSION.reason, 3, ("line7-core-230", "line7-core-233")),
            ),
        ),
        details={
            "deploymentName": "line7-app 1.4.0",
            "targetArn": "arn:aws:iot:eu-west-1:123456789012:thinggroup/line7",
            "targetName": "line7",
            "revisionId": "7",
            "iotJobId": "6f0e9a3b-52d1-4c87-9e0f-3b8a7d2c1e45",
        },
    )
    return alert, StackIdentity("aws", "eu-west-1", "123456789012", "function", "table", DEFAULT_STACK_NAME)


def message() -> dict[str, Any]:
    """Return what the Slack function posts about the example."""
    alert, identity = example()
    record = SnsRecord("message-1", None, json.dumps(encode(alert, identity)), alert.severity.value, {})
    return slack_message(record, identity)


def draw_alert() -> str:
    """Return the picture: the title, and the attachment as far as it is seen before one opens a long message."""
    posted = message()
    (attachment,) = posted["attachments"]
    sign, _, title = posted["blocks"][0]["text"]["text"].partition(" ")
    parts = list(_sender(example()[0]))
    y = 46.0
    for number, line in enumerate(lines_of(title, _WIDE - _LEFT - 40, _TITLE_SIZE * 1.08)):
        parts.append(text("".join(run.text for run in line), _LEFT + 24, y + _BASE, "t"))
        if not number:
            parts.append(element("circle", cx=_LEFT + 9, cy=y + 9, r=7, fill=_SIGNS[sign]))
        y += _LINE + 2
    top = y = y + _GAP
    for row in _rows(attachment["blocks"]):
        if y + row.height > _FOLD:
            break
        parts += row.draw(y)
        y += row.height
    y += _GAP
    parts += [text("Show more", _LEFT + _INSET, y + _BASE, "l")]
    y += _LINE
    bar = element("rect", x=_LEFT, y=top, width=4, height=y - top, rx=2, fill=attachment["color"])
    return picture(posted["text"].replace("\u2060", ""), (_WIDE, int(y + 20)), _COLOURS, _RULES, [*parts, bar])


def _sender(alert: Alert) -> Iterator[str]:
    """The app that posts: a bell, its name, and the time."""
    yield element("rect", x=18, y=18, width=36, height=36, rx=6, class_="a")
    yield element(
        "path", d="M28 41h16c-2.6-2.4-2.6-5-2.6-8a5.4 5.4 0 0 0-10.8 0c0 3 0 5.600-2.600 8zM34 44.500h4", class_="i"
    )
    name = "Deployment alerts"
    yield text(name, _LEFT, 32, "b")
    x = _LEFT + width(name, _SIZE, is_bold=True) + 6
    yield element("rect", x=x, y=20, width=34, height=16, rx=3, class_="w")
    yield text("APP", x + 17, 32, "d", text_anchor="middle")
    yield text(f"{alert.at:%H:%M}", x + 44, 32, "d")


@dataclass(frozen=True, slots=True)
class _Row:
    """A part of a message that is not divided: its height, and what draws it below a given height."""

    height: float
    draw: Callable[[float], list[str]]


def _rows(blocks: list[dict[str, Any]]) -> Iterator[_Row]:
    for number, block in enumerate(blocks):
        if number:
            yield _Row(_GAP, lambda _: [])
        if block["type"] != "section":
            return  # the button and what is below it: Slack has folded the message before
        for line in lines_of(block["text"]["text"], _WIDE - _LEFT - _INSET - 30, _SIZE):
            is_block = line[0].style is Style.BLOCK
            yield _code_block(line[0]) if is_block else _Row(_LINE, partial(_text_line, line))


def _code_block(run: Run) -> _Row:
    x, wide = _LEFT + _INSET, _WIDE - _LEFT - _INSET - 22
    columns = int((wide - 20) / width("0", _CODE_SIZE, is_code=True))
    lines = textwrap.wrap(run.text, columns, break_on_hyphens=False)
    high = 18 * len(lines) + 12

    def draw(y: float) -> list[str]:
        box = element("rect", x=x, y=y + 1, width=wide, height=high, rx=4, class_="w")
        return [box, *(text(each, x + 10, y + 19 + 18 * number, "k") for number, each in enumerate(lines))]

    return _Row(high + 6, draw)


def _text_line(line: list[Run], y: float) -> list[str]:
    spans = "".join(element("tspan", escape(run.text, quote=False), class_=run.style.value) for run in line)
    return [element("text", spans, x=_LEFT + _INSET, y=y + _BASE, **{"xml:space": "preserve"})]
