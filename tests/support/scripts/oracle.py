"""What Windows PowerShell 3.0 and the products offer, from the data beside the tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).resolve().parents[2] / "data"
VERSIONS = {
    "exchange": ("Exchange Server 2013", "Exchange Server 2016", "Exchange Server 2019"),
    "lync": (
        "Lync Server 2013",
        "Skype for Business Server 2015",
        "Skype for Business Server 2019",
    ),
    "sharepoint": (
        "SharePoint Server 2013",
        "SharePoint Server 2016",
        "SharePoint Server 2019",
        "SharePoint Server Subscription Edition",
    ),
}


def words(text: str) -> frozenset[str]:
    """The words of a text, in lower case."""
    return frozenset(text.lower().split())


COMMON_PARAMETERS = words(
    "verbose debug erroraction warningaction errorvariable warningvariable outvariable outbuffer"
    " whatif confirm"
)
"""Of every cmdlet of 3.0; the last two only where the cmdlet changes something."""
WINDOWS_ALIASES = words(
    "% ? ac asnp cat cd chdir clc clear clhy cli clp cls clv cnsn compare copy cp cpi cpp curl cvpa"
    " dbp del diff dir dnsn ebp echo epal epcsv epsn erase etsn exsn fc fl foreach ft fw gal gbp gc"
    " gci gcb gcm gcs gdr ghy gi gin gjb gl gm gmo gp gps gpv group gsn gsnp gsv gtz gu gv gwmi h"
    " history icm iex ihy ii ipal ipcsv ipmo ipsn irm ise iwmi iwr kill lp ls man md measure mi mount"
    " move mp mv nal ndr ni nmo npssc nsn nv ogv oh popd ps pushd pwd r rbp rcjb rcsn rd rdr ren ri"
    " rjb rm rmdir rmo rni rnp rp rsn rsnp rujb rv rvpa rwmi sajb sal saps sasv sbp sc scb select set"
    " shcm si sl sleep sls sort sp spjb spps spsv start stz sujb sv swmi tee trcm type wget where"
    " wjb write fhx gerr"
)
"""Aliases of Windows PowerShell 3.0 to 5.1, most of which PowerShell 7 on Linux does not have."""


@dataclass(frozen=True, slots=True)
class ProductCmdlet:
    """A product's cmdlet: its parameter sets, and which versions lack what."""

    name: str
    raw: dict[str, Any]

    def in_version(self, version: str) -> bool:
        """Whether the version has it at all."""
        return version in self.raw["applicable"]

    def has_parameter(self, parameter: str, version: str) -> bool:
        """Whether the version has the parameter, spelled in full."""
        known = self._known(parameter)
        return known is not None and version not in self.raw["parameters"][known]["missing"]

    def is_switch(self, parameter: str) -> bool:
        """Whether it takes no value."""
        known = self._known(parameter)
        return known is not None and bool(self.raw["parameters"][known]["switch"])

    def sets_for(self, used: set[str], version: str) -> list[str]:
        """The parameter sets that hold all used parameters and miss no mandatory one."""
        fitting = []
        for name, members in self.raw["sets"].items():
            lower = {parameter.lower(): mandatory for parameter, mandatory in members.items()}
            needed = {
                parameter
                for parameter, mandatory in lower.items()
                if mandatory and self.has_parameter(parameter, version)
            }
            if used <= lower.keys() and needed <= used:
                fitting.append(name)
        return fitting

    def _known(self, parameter: str) -> str | None:
        return next((p for p in self.raw["parameters"] if p.lower() == parameter.lower()), None)


@cache
def product_cmdlets() -> dict[str, ProductCmdlet]:
    """By lower-case name."""
    raw = json.loads((_DATA / "product_cmdlets.json").read_text(encoding="utf-8"))["cmdlets"]
    return {name.lower(): ProductCmdlet(name, value) for name, value in raw.items()}


@cache
def windows_commands() -> dict[str, dict[str, bool] | None]:
    """Lower-case name to 3.0's parameters (name to: is a switch); None when 3.0 lacks the command."""
    path = _DATA / "windows_powershell_commands.json"
    raw = json.loads(path.read_text(encoding="utf-8"))["commands"]
    return {
        name.lower(): {p.lower(): s for p, s in value["parameters"].items()}
        if "3.0" in value["versions"]
        else None
        for name, value in raw.items()
    }
