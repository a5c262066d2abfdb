"""The architecture: what triggers which function, and what each one reads, stores and publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.pictures.connections import ALARMS, GREENGRASS, SCHEDULE, Arrow, arrows, boxes, is_optional
from local.pictures.svg import SANS, element, picture, text
from local.template import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SIZE = (1000, 404)
_WIDE, _HIGH = 164, 58
_COLUMNS = (102, 301, 500, 699, 898)
_ROWS = (58, 178, 298)

_TITLE = (
    "Architecture: a schedule and events of failed devices start two Lambda functions. Both ask AWS IoT Greengrass,"
    " store state and alert in one DynamoDB table, and publish to one SNS topic with subscribers by email and Slack."
)


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a box stands, and what is written in it.

    Attributes:
        column, row: of its middle.
        name: in a few words.
        note: what it is or does; `{}` is a figure of the template.
        colour: the class of its kind.
    """

    column: int
    row: int
    name: str
    note: str
    colour: str


_BOXES: Mapping[str, _Box] = {
    SCHEDULE: _Box(0, 0, "Scheduler", "{}", "trigger"),
    GREENGRASS: _Box(0, 1, "IoT Greengrass", "V2 and its jobs, V1", "watched"),
    "DeviceEventsRule": _Box(0, 2, "EventBridge rule", "a device failed", "trigger"),
    "NotifierFunction": _Box(1, 0, "Lambda: sweep", "checks each deployment", "function"),
    "DeviceEvents": _Box(1, 2, "SQS queue", "collects for 5 seconds", "message"),
    "DeviceEventsFunction": _Box(2, 2, "Lambda: push", "checks in seconds", "function"),
    "Table": _Box(2, 1, "DynamoDB table", "state and alert together", "store"),
    "AlertTopic": _Box(3, 1, "SNS topic", "at least once", "message"),
    ALARMS: _Box(3, 0, "CloudWatch alarms", "{} on the notifier", "trigger"),
    "NotificationDeadLetters": _Box(3, 2, "SQS queue", "not delivered", "message"),
    "NotifierDashboard": _Box(2, 0, "Dashboard", "metrics and log", "store"),
    "AlertEmailSubscription": _Box(4, 0, "Email", "one address", "reader"),
    "SlackFunction": _Box(4, 1, "Lambda: Slack", "posts to the webhook", "function"),
    "SlackUndelivered": _Box(4, 2, "SQS queue", "not posted", "message"),
}
"""Each box of the template."""

_LEFT, _RIGHT = -_WIDE / 2, _WIDE / 2
_TOP, _BOTTOM = -_HIGH / 2, _HIGH / 2


def _at(name: str, dx: float = 0, dy: float = 0) -> tuple[float, float]:
    box = _BOXES[name]
    return _COLUMNS[box.column] + dx, _ROWS[box.row] + dy


_ROUTES: Mapping[Arrow, tuple[tuple[float, float], ...]] = {
    (SCHEDULE, "NotifierFunction"): (_at(SCHEDULE, _RIGHT), _at("NotifierFunction", _LEFT)),
    ("NotifierFunction", GREENGRASS): (
        _at("NotifierFunction", -30, _BOTTOM),
        (_at("NotifierFunction", -30)[0], _ROWS[1] - 14),
        _at(GREENGRASS, _RIGHT, -14),
    ),
    (GREENGRASS, "DeviceEventsRule"): (_at(GREENGRASS, 0, _BOTTOM), _at("DeviceEventsRule", 0, _TOP)),
    ("DeviceEventsRule", "DeviceEvents"): (_at("DeviceEventsRule", _RIGHT), _at("DeviceEvents", _LEFT)),
    ("DeviceEvents", "DeviceEventsFunction"): (_at("DeviceEvents", _RIGHT), _at("DeviceEventsFunction", _LEFT)),
    ("DeviceEventsFunction", GREENGRASS): (
        _at("DeviceEventsFunction", -50, _TOP),
        (_at("DeviceEventsFunction", -50)[0], _ROWS[1] + 58),
        (_COLUMNS[1] + 6, _ROWS[1] + 58),
        (_COLUMNS[1] + 6, _ROWS[1] + 14),
        _at(GREENGRASS, _RIGHT, 14),
    ),
    ("NotifierFunction", "Table"): (
        _at("NotifierFunction", 50, _BOTTOM),
        (_at("NotifierFunction", 50)[0], _ROWS[1] - 8),
        _at("Table", _LEFT, -8),
    ),
    ("DeviceEventsFunction", "Table"): (_at("DeviceEventsFunction", 0, _TOP), _at("Table", 0, _BOTTOM)),
    ("NotifierFunction", "AlertTopic"): (
        _at("NotifierFunction", 66, _BOTTOM),
        (_at("NotifierFunction", 66)[0], _ROWS[0] + 60),
        (_at("AlertTopic", -50)[0], _ROWS[0] + 60),
        _at("AlertTopic", -50, _TOP),
    ),
    ("DeviceEventsFunction", "AlertTopic"): (
        _at("DeviceEventsFunction", 50, _TOP),
        (_at("DeviceEventsFunction", 50)[0], _ROWS[1] + 58),
        (_at("AlertTopic", -50)[0], _ROWS[1] + 58),
        _at("AlertTopic", -50, _BOTTOM),
    ),
    (ALARMS, "AlertTopic"): (_at(ALARMS, 20, _BOTTOM), _at("AlertTopic", 20, _TOP)),
    ("AlertTopic", "NotificationDeadLetters"): (
        _at("AlertTopic", 20, _BOTTOM),
        _at("NotificationDeadLetters", 20, _TOP),
    ),
    ("AlertTopic", "AlertEmailSubscription"): (
        _at("AlertTopic", _RIGHT, -12),
        (_at("AlertTopic", _RIGHT + 17)[0], _ROWS[1] - 12),
        (_at("AlertTopic", _RIGHT + 17)[0], _ROWS[0]),
        _at("AlertEmailSubscription", _LEFT),
    ),
    ("AlertTopic", "SlackFunction"): (_at("AlertTopic", _RIGHT, 8), _at("SlackFunction", _LEFT, 8)),
    ("SlackFunction", "SlackUndelivered"): (_at("SlackFunction", 0, _BOTTOM), _at("SlackUndelivered", 0, _TOP)),
}
"""The way of each arrow of the template, as corners."""

_LABELS = (
    ("asks", _COLUMNS[0] + 126, _ROWS[1] - 20),
    ("asks", _COLUMNS[0] + 126, _ROWS[1] + 30),
    ("publishes", _COLUMNS[2], _ROWS[0] + 54),
    ("publishes", _COLUMNS[2] + 112, _ROWS[1] + 74),
)
"""What some arrows mean, and where it is written."""

_COLOURS = {
    "card": ("#ffffff", "#161b22"),
    "edge": ("#d0d7de", "#3d444d"),
    "ink": ("#1f2328", "#e6edf3"),
    "dim": ("#59636e", "#9da7b3"),
    "line": ("#6e7781", "#8b949e"),
    "function": ("#fff1e0", "#4a2f12"),
    "message": ("#fde8f1", "#4a1c33"),
    "store": ("#e3efff", "#14304f"),
    "trigger": ("#efe9fd", "#33265a"),
    "watched": ("#e2f5e6", "#143d24"),
    "reader": ("#eef1f4", "#2a313a"),
}
_RULES = (
    ".card{fill:var(--card);stroke:var(--edge)}"
    f"text{{font-family:{SANS};fill:var(--ink);text-anchor:middle}}"
    ".n{font-size:14px;font-weight:600}.s{font-size:12px;fill:var(--dim)}.f{text-anchor:start}"
    "path{fill:none;stroke:var(--line);stroke-width:1.5}.h{fill:var(--line);stroke:none}"
    "rect{stroke:var(--line)}.o{stroke-dasharray:5 4}"
    + "".join(
        f".{name}{{fill:var(--{name})}}" for name in ("function", "message", "store", "trigger", "watched", "reader")
    )
)


def draw_architecture(template: dict[str, Any] | None = None) -> str:
    """Return the picture of a template.

    Args:
        template: by default that of the project.

    Raises:
        ValueError: a resource or a connection of the template has no place in the picture, or the other way round.
    """
    read = load_template() if template is None else template
    for what, drawn, there in (("box", set(_BOXES), boxes(read)), ("arrow", set(_ROUTES), arrows(read))):
        if drawn != there:
            raise ValueError(f"{what}: only drawn: {drawn - there}; only in the template: {there - drawn}")
    return picture(_TITLE, _SIZE, _COLOURS, _RULES, [*_drawn_arrows(), *_drawn_boxes(read), *_legend()])


def _drawn_arrows() -> Iterator[str]:
    for corners in _ROUTES.values():
        (x0, y0), (x, y) = corners[-2:]
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
        way = "M" + "L".join(f"{cx:g} {cy:g}" for cx, cy in (*corners[:-1], (x - 6 * dx, y - 6 * dy)))
        yield element("path", d=way)
        back, side = (x - 8 * dx, y - 8 * dy), (4 * dy, 4 * dx)
        head = f"M{x:g} {y:g}L{back[0] + side[0]:g} {back[1] + side[1]:g}L{back[0] - side[0]:g} {back[1] - side[1]:g}Z"
        yield element("path", d=head, class_="h")


def _drawn_boxes(template: dict[str, Any]) -> Iterator[str]:
    alarms = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and not is_optional(template, name)
    ]
    period = template["Parameters"]["CheckEveryMinutes"]["Default"]
    figures = {SCHEDULE: "every minute" if period == "1" else f"every {period} minutes", ALARMS: len(alarms)}
    for name, box in _BOXES.items():
        x, y = _at(name)
        optional = " o" if is_optional(template, name) else ""
        yield element(
            "rect", x=x + _LEFT, y=y + _TOP, width=_WIDE, height=_HIGH, rx=7, class_=f"{box.colour}{optional}"
        )
        yield text(box.name, x, y - 4, "n")
        yield text(box.note.format(figures.get(name, "")), x, y + 16, "s")


def _legend() -> Iterator[str]:
    for words, middle, base in _LABELS:
        yield text(words, middle, base, "s")
    x, y = _COLUMNS[0] + _LEFT, _ROWS[2] + 68
    yield text("Arrows point from who acts to what is started, asked, filled or told.", x, y, "s f")
    yield text("Dashed: only with the setting that asks for it. Any other SNS subscriber can join.", x, y + 20, "s f")
