"""Bars of the operator beside the plays, as an SVG that can be read on dark and on light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from partner_bench.measures import Race

_WIDTH, _LEFT, _RIGHT = 860, 210, 70
_BAR, _GAP, _GROUP, _TITLE = 16, 4, 14, 34
_COLOURS = ("#2f81f7", "#bf8700", "#8250df")
_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
line { stroke: #8c959f }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
</style>"""


@dataclass(frozen=True, slots=True)
class Group:
    """Bars that belong together: seconds of each contestant."""

    label: str
    seconds: Sequence[float]


@dataclass(frozen=True, slots=True)
class Panel:
    """Groups with one scale."""

    title: str
    groups: Sequence[Group]

    @property
    def height(self) -> int:
        """In pixels."""
        each = sum(len(group.seconds) * (_BAR + _GAP) + _GROUP for group in self.groups)
        return _TITLE + each


def panels(races: Sequence[Race]) -> list[Panel]:
    """What the races showed."""
    return [
        Panel(
            "Seconds until all applications are registered",
            [
                Group(
                    race.size.label,
                    [
                        race.operator.converged.registered.last,
                        *(play.converged.registered_seconds for play in race.plays),
                    ],
                )
                for race in races
            ],
        ),
        Panel(
            "Seconds until all is restarted as well",
            [
                Group(
                    race.size.label,
                    [
                        race.operator.converged.whole_seconds,
                        *(play.converged.whole_seconds for play in race.plays),
                    ],
                )
                for race in races
            ],
        ),
        Panel(
            "Seconds of a run with nothing to do",
            [
                Group(
                    race.size.label,
                    [
                        race.operator.steady.wall_seconds or 0.0,
                        *(play.steady.whole_seconds for play in race.plays),
                    ],
                )
                for race in races
            ],
        ),
    ]


def picture(races: Sequence[Race]) -> str:
    """The SVG. Nothing in it comes from the network."""
    names = ["operator", *(f"Ansible, {play.name}" for play in races[0].plays)]
    drawn, at = [_legend(names)], 2 * _TITLE
    for panel in panels(races):
        drawn += _drawn(panel, at)
        at += panel.height
    body = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {at}" role="img">\n'
        f"<title>The operator beside two Ansible plays</title>\n{_STYLE}\n{body}\n</svg>\n"
    )


def _legend(names: Sequence[str]) -> str:
    parts, at = [], 10
    for name, colour in zip(names, _COLOURS, strict=False):
        parts.append(f'<rect x="{at}" y="12" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{at + 18}" y="23">{escape(name)}</text>')
        at += 40 + 8 * len(name)
    return "\n".join(parts)


def _drawn(panel: Panel, top: int) -> Iterator[str]:
    longest = max(max(group.seconds) for group in panel.groups) or 1.0
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    yield f'<text class="title" x="10" y="{top + 8}">{escape(panel.title)}</text>'
    yield f'<line x1="{_LEFT}" x2="{_LEFT}" y1="{top + 18}" y2="{top + panel.height - _GROUP}"/>'
    at = top + 22
    for group in panel.groups:
        yield f'<text x="{_LEFT - 10}" y="{at + 13}" text-anchor="end">{escape(group.label)}</text>'
        for seconds, colour in zip(group.seconds, _COLOURS, strict=False):
            width = max(1.0, seconds * scale)
            yield f'<rect x="{_LEFT}" y="{at}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'
            yield f'<text x="{_LEFT + width + 6:.1f}" y="{at + 13}">{seconds:.1f} s</text>'
            at += _BAR + _GAP
        at += _GROUP
