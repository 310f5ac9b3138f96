"""Two kinds of pictures, as SVG that can be read by day and by night."""

import math
from collections.abc import Callable, Sequence
from html import escape

# Of each the class, which says how it looks, and the value.
Dots = Sequence[tuple[str, float]]

WIDTH, LEFT, RIGHT, LINE, TOP = 860, 250, 70, 26, 64

STYLE = """
  svg { font: 13px system-ui, sans-serif; }
  .ground { fill: #ffffff; } .text { fill: #24292f; } .soft { fill: #57606a; }
  .grid { stroke: #d0d7de; } .bound { stroke: #cf222e; stroke-dasharray: 5 4; }
  .one { fill: #2f6fb2; } .two { fill: #d0782a; } .small { fill-opacity: 0.45; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .text { fill: #e6edf3; } .soft { fill: #9198a1; }
    .grid { stroke: #3d444d; } .bound { stroke: #ff7b72; }
    .one { fill: #6cb0f5; } .two { fill: #f0a45d; }
  }
"""


def bars(title: str, axis: str, rows: Sequence[tuple[str, str, float]]) -> str:
    """A bar a row, in percent; of each the class, the name and the value."""
    ticks = [(share, f"{share} %") for share in range(0, 101, 20)]
    shapes = _scale(ticks, len(rows), lambda share: share / 100)
    for index, (kind, name, percent) in enumerate(rows):
        y = TOP + index * LINE
        width = min(percent, 100) / 100 * (WIDTH - LEFT - RIGHT)
        shapes += [
            _text(LEFT - 10, y + 17, name, anchor="end"),
            f'<rect class="{kind}" x="{LEFT}" y="{y + 4}" width="{width:.1f}" height="{LINE - 8}" rx="2"/>',
            _text(LEFT + width + 6, y + 17, f"{percent:.0f} %"),
        ]
    return _picture(title, axis, len(rows), shapes)


def dots(title: str, axis: str, bound: float, rows: Sequence[tuple[str, Dots]], key: dict[str, str]) -> str:
    """Dots in each row, on a scale where each doubling is as wide; `key` names the classes of dots."""
    values = [value for _, found in rows for _, value in found]
    least, most = min(0.5, *values), max(2.0, *values)
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if least <= tick <= most]

    def place(value: float) -> float:
        return math.log(value / least) / math.log(most / least)

    shapes = _scale([(tick, f"{tick:g} ×") for tick in ticks], len(rows), place)
    x = LEFT + place(bound) * (WIDTH - LEFT - RIGHT)
    shapes += [f'<line class="bound" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{TOP + len(rows) * LINE}"/>']
    shapes += [_text(x, TOP - 6, f"{bound:g} ×", "soft", "middle")]
    for index, (name, found) in enumerate(rows):
        y = TOP + index * LINE + LINE / 2
        shapes.append(_text(LEFT - 10, y + 4, name, anchor="end"))
        for kind, value in found:
            x = LEFT + place(value) * (WIDTH - LEFT - RIGHT)
            shapes.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y}" r="{4 if "small" in kind else 6}"/>')
    x = WIDTH - RIGHT
    for kind, meaning in reversed(key.items()):
        shapes.append(_text(x, 26, meaning, "soft", "end"))
        x -= 7 * len(meaning) + 12
        shapes.append(f'<circle class="{kind}" cx="{x}" cy="22" r="5"/>')
        x -= 14
    return _picture(title, axis, len(rows), shapes)


def _scale(ticks: Sequence[tuple[float, str]], rows: int, place: Callable[[float], float]) -> list[str]:
    shapes = []
    bottom = TOP + rows * LINE
    for value, name in ticks:
        x = LEFT + place(value) * (WIDTH - LEFT - RIGHT)
        shapes.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
        shapes.append(_text(x, bottom + 18, name, "soft", "middle"))
    return shapes


def _text(x: float, y: float, text: str, kind: str = "text", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _picture(title: str, axis: str, rows: int, shapes: Sequence[str]) -> str:
    height = TOP + rows * LINE + 52
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="text" x="16" y="28" font-size="15" font-weight="600">{escape(title)}</text>',
        _text(WIDTH / 2, height - 12, axis, "soft", "middle"),
        *shapes,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
