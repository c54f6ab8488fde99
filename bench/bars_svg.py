"""Draws a bar chart as SVG, without a plotting library."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

COLOURS = ("#888888", "#d1495b", "#edae49", "#66a182", "#2e4057", "#8d96a3", "#a26769")
BAR, GAP, LABELS, CHART = 16, 22, 150, 620


def bars(title: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """Horizontal bars, one block per group, all on one scale.

    Args:
        title: text above the chart.
        groups: for each group, the value of each label; values are not negative.
    """
    labels = list(dict.fromkeys(label for group in groups.values() for label in group))
    colour = {label: COLOURS[index % len(COLOURS)] for index, label in enumerate(labels)}
    most = max((value for group in groups.values() for value in group.values()), default=1) or 1
    parts, y = [f'<text x="8" y="22" font-size="16">{escape(title)}</text>'], 44
    for name, group in groups.items():
        parts.append(f'<text x="8" y="{y + 12}" font-weight="bold">{escape(name)}</text>')
        y += BAR + 2
        for label, value in group.items():
            width = max(1.0, value / most * CHART)
            parts.append(
                f'<text x="{LABELS - 6}" y="{y + 12}" text-anchor="end">{escape(label)}</text>'
                f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR - 3}"'
                f' fill="{colour[label]}"/>'
                f'<text x="{LABELS + width + 5:.1f}" y="{y + 12}">{value:.2f}</text>'
            )
            y += BAR
        y += GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABELS + CHART + 80}" height="{y}"'
        f' font-family="sans-serif" font-size="12"><rect width="100%" height="100%"'
        f' fill="white"/>{"".join(parts)}</svg>\n'
    )
