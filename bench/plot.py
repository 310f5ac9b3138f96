"""Draws bar charts and dot plots as SVG, for light and dark color schemes."""

import math
from collections.abc import Callable, Sequence
from html import escape

# (CSS class, value) of each dot in a row.
Dots = Sequence[tuple[str, float]]

WIDTH, LEFT, RIGHT, LINE, TOP = 860, 250, 70, 26, 64

STYLE = """
  svg { font: 13px system-ui, sans-serif; }
  .background { fill: #ffffff; } .text { fill: #24292f; } .muted { fill: #57606a; }
  .grid { stroke: #d0d7de; } .limit { stroke: #cf222e; stroke-dasharray: 5 4; }
  .first { fill: #2f6fb2; } .second { fill: #d0782a; } .faint { fill-opacity: 0.45; }
  @media (prefers-color-scheme: dark) {
    .background { fill: #0d1117; } .text { fill: #e6edf3; } .muted { fill: #9198a1; }
    .grid { stroke: #3d444d; } .limit { stroke: #ff7b72; }
    .first { fill: #6cb0f5; } .second { fill: #f0a45d; }
  }
"""


def bar_chart(title: str, axis: str, rows: Sequence[tuple[str, str, float]]) -> str:
    """Draws one bar per row on a scale from 0 to 100 percent. A row is (CSS class, label, percent)."""
    ticks = [(share, f"{share} %") for share in range(0, 101, 20)]
    shapes = _grid(ticks, len(rows), lambda share: share / 100)
    for index, (css_class, label, percent) in enumerate(rows):
        y = TOP + index * LINE
        width = min(percent, 100) / 100 * (WIDTH - LEFT - RIGHT)
        size = f'width="{width:.1f}" height="{LINE - 8}"'
        shapes += [
            _text(LEFT - 10, y + 17, label, anchor="end"),
            f'<rect class="{css_class}" x="{LEFT}" y="{y + 4}" {size} rx="2"/>',
            _text(LEFT + width + 6, y + 17, f"{percent:.0f} %"),
        ]
    return _svg(title, axis, len(rows), shapes)


def dot_plot(
    title: str, axis: str, limit: float, rows: Sequence[tuple[str, Dots]], legend: dict[str, str]
) -> str:
    """Draws rows of (label, dots) on a logarithmic scale, with a line at `limit`.

    `legend` maps CSS classes to their meaning.
    """
    values = [value for _, row in rows for _, value in row]
    lowest, highest = min(0.5, *values), max(2.0, *values)
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if lowest <= tick <= highest]

    def position(value: float) -> float:
        return math.log(value / lowest) / math.log(highest / lowest)

    shapes = _grid([(tick, f"{tick:g} ×") for tick in ticks], len(rows), position)
    x = LEFT + position(limit) * (WIDTH - LEFT - RIGHT)
    shapes += [f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{TOP + len(rows) * LINE}"/>']
    shapes += [_text(x, TOP - 6, f"{limit:g} ×", "muted", "middle")]
    for index, (label, row) in enumerate(rows):
        y = TOP + index * LINE + LINE / 2
        shapes.append(_text(LEFT - 10, y + 4, label, anchor="end"))
        for css_class, value in row:
            x = LEFT + position(value) * (WIDTH - LEFT - RIGHT)
            radius = 4 if "faint" in css_class else 6
            shapes.append(f'<circle class="{css_class}" cx="{x:.1f}" cy="{y}" r="{radius}"/>')
    x = WIDTH - RIGHT
    for css_class, meaning in reversed(legend.items()):
        shapes.append(_text(x, 26, meaning, "muted", "end"))
        x -= 7 * len(meaning) + 12
        shapes.append(f'<circle class="{css_class}" cx="{x}" cy="22" r="5"/>')
        x -= 14
    return _svg(title, axis, len(rows), shapes)


def _grid(ticks: Sequence[tuple[float, str]], rows: int, position: Callable[[float], float]) -> list[str]:
    shapes = []
    bottom = TOP + rows * LINE
    for value, label in ticks:
        x = LEFT + position(value) * (WIDTH - LEFT - RIGHT)
        shapes.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
        shapes.append(_text(x, bottom + 18, label, "muted", "middle"))
    return shapes


def _text(x: float, y: float, text: str, css_class: str = "text", anchor: str = "start") -> str:
    return f'<text class="{css_class}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, axis: str, rows: int, shapes: Sequence[str]) -> str:
    height = TOP + rows * LINE + 52
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="background" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="text" x="16" y="28" font-size="15" font-weight="600">{escape(title)}</text>',
        _text(WIDTH / 2, height - 12, axis, "muted", "middle"),
        *shapes,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
