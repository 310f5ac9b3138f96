"""Draws the two charts of `results.md` as SVG, with matplotlib."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib import pyplot

matplotlib.use("svg")
matplotlib.rcParams |= {
    "svg.fonttype": "none",  # Text stays text.
    "svg.hashsalt": "cinema",  # The same figures give the same file.
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "axes.axisbelow": True,
}

COLORS = {"first": "#2f6fb2", "second": "#d0782a"}


def bar_chart(path: Path, title: str, axis: str, rows: Sequence[tuple[str, str, float]]) -> None:
    """Draws rows of (series, label, percent) as horizontal bars."""
    figure, axes = _new_chart(title, axis, len(rows))
    bars = axes.barh(
        [label for _, label, _ in rows],
        [percent for *_, percent in rows],
        color=[COLORS[series] for series, *_ in rows],
    )
    axes.bar_label(bars, fmt="%.0f %%", padding=4)
    _save(figure, path)


def dot_plot(
    path: Path,
    title: str,
    axis: str,
    limit: float,
    rows: Sequence[tuple[str, Sequence[tuple[str, bool, float]]]],
    legend: dict[str, str],
) -> None:
    """Draws rows of (label, [(series, is faint, ratio), …]) on a logarithmic scale, with a line at `limit`.

    `legend` maps each series to its meaning.
    """
    figure, axes = _new_chart(title, axis, len(rows))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g} ×")
    axes.axvline(limit, color="#cf222e", linestyle="--")
    for series, meaning in legend.items():
        axes.scatter([], [], color=COLORS[series], label=meaning)
    for label, dots in rows:
        for series, is_faint, value in dots:
            alpha, size = (0.45, 20) if is_faint else (1, 45)
            axes.scatter(value, label, color=COLORS[series], alpha=alpha, s=size)
    axes.legend(loc="upper right", ncols=len(legend), frameon=False)
    _save(figure, path)


def _new_chart(title: str, axis: str, rows: int) -> tuple[pyplot.Figure, pyplot.Axes]:
    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.3 * rows), layout="constrained")
    axes.set_title(title, loc="left")
    axes.set_xlabel(axis)
    axes.invert_yaxis()
    return figure, axes


def _save(figure: pyplot.Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
