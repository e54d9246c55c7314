"""The page: a template, filled with values. Everything in it is escaped, for names and sentences are others'."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from partner_operator import __version__
from partner_operator.report import timeline
from partner_operator.report.picture import HIGH, WIDE, pictures_of
from partner_operator.view.certificates import Stage
from partner_operator.view.overview import Overview, counts
from partner_operator.view.pairs import PartyKind
from partner_operator.view.states import State
from partner_operator.view.waits import Who
from partner_operator.view.words import ago, day, length, listed, minute, short


def page(overview: Overview, *, cluster: str = "", notes: tuple[str, ...] = ()) -> str:
    """The whole page as text. `cluster` says which one, where that is known; `notes` say what could not be read."""
    style = files("partner_operator.report").joinpath("page.css").read_text(encoding="utf-8")
    pictures, without = pictures_of(overview)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            all=overview,
            cluster=cluster,
            notes=notes,
            style=style,
            # Nothing but exactly this style may be used, whatever a name smuggles in.
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
            pictures=pictures,
            without_picture=without,
            box=(WIDE, HIGH),
            timeline=timeline,
            counts=counts,
            many=len(overview.namespaces) > 1,
            states=list(State),
            used={each.told.state for each in overview.objects},
            Stage=Stage,
            State=State,
            Who=Who,
            PartyKind=PartyKind,
            version=__version__,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("partner_operator.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        ago=ago, day=day, span=length, listed=listed, minute=minute, short=short
    )
    return environment
