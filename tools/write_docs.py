"""Writes docs/ that are tables of the code, and the chart's copies of manifests. `--check` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from api_page import api_page
from chart_copies import COPIES, copies
from cli_page import cli_page
from metrics_page import metrics_page
from page_lines import bullet
from partner_simulator.world.switches import ROWS
from powershell_traps.page import traps_page
from reasons_page import reasons_page
from support.matrix.page import faults_page

DOCS = Path(__file__).resolve().parents[1] / "docs"
ASSUMPTIONS = """# Assumptions
Nobody here has real Exchange, Lync or SharePoint servers at hand, so the simulator had to guess where no source says what
a server does. Every guess is a switch: an item with its claim, status and source ([facts](protocol.md),
[cases](cases.md)). `CONFIRMED` and `OBSERVED` items are facts; `DERIVED` follows from facts; `SIM-CHOICE` is a guess. The
last two have alternatives, and `make test` plays the whole story in worlds that together contain every alternative
(`tests/e2e/test_worlds.py`).

Two things the story needs to be true in any world:
- `restart.settle` must be longer than the replication lag between the domain controllers of the Exchange servers (default 30 s): a host that restarts
  earlier reads its own controller's old state.
- Exchange reads a changed configuration by itself within half an hour (Microsoft's support pages speak of about 15 minutes); so the operator restarts
  IIS only for its own changes, and not after removing an entry.

"""


def assumptions_page() -> str:
    """The table of the simulator's switches."""
    rows = [
        bullet(
            f"`{row.name}`: {row.claim}. {row.status}, from {row.source}. Default `{_shown(row.default)}`"
            + (f"; else {alternatives}." if alternatives else ".")
        )
        for row in ROWS
        for alternatives in [", ".join(f"`{_shown(value)}`" for value in row.alternatives)]
    ]
    return ASSUMPTIONS + "".join(rows)


def _shown(value: object) -> object:
    return "(empty)" if value == "" else value


def pages() -> dict[Path, str]:
    """All generated pages."""
    return {
        DOCS / "api.md": api_page(),
        DOCS / "cli.md": cli_page(),
        DOCS / "reasons.md": reasons_page(),
        DOCS / "assumptions.md": assumptions_page(),
        DOCS / "faults.md": faults_page(),
        DOCS / "metrics.md": metrics_page(),
        DOCS / "powershell-traps.md": traps_page(),
    }


def main() -> int:
    """Write the files, or name the stale ones."""
    written = pages() | copies()
    stale = [
        path for path, text in written.items() if not path.exists() or path.read_text() != text
    ]
    stale += [path for path in COPIES.rglob("*") if path.is_file() and path not in written]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(DOCS.parent)} is stale: make docs")
        return 1 if stale else 0
    for path in stale:
        path.unlink(missing_ok=True)
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
