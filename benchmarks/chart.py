"""The chart: the time of a sweep, as an SVG that is legible on a light and on a dark page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH = 900
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 64, 16, 84, 40, 26
_PLOT_HEIGHT = 240
HEIGHT = _TOP + _PLOT_HEIGHT + _BOTTOM
_LIFT = 9.0
_TWO_DIGITS = 10

_STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .quiet { fill: #59636e; }
  .value { font-size: 8.5px; }
  .line { stroke: #d1d9e0; stroke-width: 1; }
  .bar0 { fill: #9a6700; }
  .bar1 { fill: #0969da; }
  .bar2 { fill: #818b98; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .quiet { fill: #9198a1; }
    .line { stroke: #3d444d; }
    .bar0 { fill: #d29922; }
    .bar1 { fill: #4493f8; }
    .bar2 { fill: #656c76; }
  }
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of bars.

    Attributes:
        title: what it shows.
        groups: the labels of the groups of bars.
        values: for each series the seconds of each group.
    """

    title: str
    groups: Sequence[str]
    values: Sequence[Sequence[float]]


def draw(title: str, series: Sequence[str], panels: Sequence[Panel]) -> str:
    """Return the chart, with one scale for all panels, on which ten times as long is one step up.

    Args:
        title: what it shows.
        series: the name of each series of bars, up to three.
        panels: beside each other.
    """
    values = [value for panel in panels for row in panel.values for value in row if value > 0]
    lowest, highest = floor(log10(min(values))), max(ceil(log10(max(values))), floor(log10(min(values))) + 1)
    width = (WIDTH - _LEFT - _RIGHT - _GAP * (len(panels) - 1)) / len(panels)

    def height(seconds: float) -> float:
        return max(1.0, (log10(seconds) - lowest) / (highest - lowest) * _PLOT_HEIGHT) if seconds > 0 else 0.0

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="{_LEFT}" y="22">{escape(title)}</text>',
        *_legend(series),
    ]
    for power in range(lowest, highest + 1):
        y = _TOP + _PLOT_HEIGHT - height(10.0**power) if power > lowest else _TOP + _PLOT_HEIGHT
        lines.append(f'<line class="line" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text class="quiet" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g} s</text>')
    for number, panel in enumerate(panels):
        left = _LEFT + number * (width + _GAP)
        lines.append(
            f'<text x="{left + width / 2:.1f}" y="{_TOP - 12}" text-anchor="middle">{escape(panel.title)}</text>'
        )
        each = width / len(panel.groups)
        bar = each * 0.8 / len(panel.values)
        for group, label in enumerate(panel.groups):
            start = left + group * each + each * 0.1
            for index, row in enumerate(panel.values):
                tall = height(row[group])
                x, y = start + index * bar, _TOP + _PLOT_HEIGHT - tall
                lines.append(
                    f'<rect class="bar{index}" x="{x:.1f}" y="{y:.1f}" width="{bar - 1:.1f}" height="{tall:.1f}">'
                    f"<title>{escape(series[index])}, {escape(label)}: {_seconds(row[group])}</title></rect>"
                )
                # A number beside one of the same height would run into it.
                beside = (panel.values[other][group] for other in (index - 1, index + 1) if other < len(panel.values))
                lift = _LIFT if index % 2 and any(abs(tall - height(value)) < _LIFT for value in beside) else 0
                lines.append(
                    f'<text class="value" x="{x + bar / 2:.1f}" y="{y - 4 - lift:.1f}" text-anchor="middle">'
                    f"{_number(row[group])}</text>"
                )
            lines.append(
                f'<text class="quiet" x="{left + (group + 0.5) * each:.1f}" y="{_TOP + _PLOT_HEIGHT + 18}"'
                f' text-anchor="middle">{escape(label)}</text>'
            )
    return "\n".join([*lines, "</svg>", ""])


def _legend(series: Sequence[str]) -> Iterator[str]:
    x = float(_LEFT)
    for index, name in enumerate(series):
        yield f'<rect class="bar{index}" x="{x:.0f}" y="36" width="11" height="11"/>'
        yield f'<text x="{x + 17:.0f}" y="46">{escape(name)}</text>'
        x += 40 + 6.6 * len(name)


def _seconds(seconds: float) -> str:
    return f"{_number(seconds)} s"


def _number(seconds: float) -> str:
    return f"{seconds:,.{2 if seconds < 1 else 1 if seconds < _TWO_DIGITS else 0}f}"
