"""Versions of Lync and of Skype for Business Server: names, numbers and where setup puts the module (P-LY-9)."""

from __future__ import annotations

from dataclasses import dataclass

from partner_simulator.world.switches import Name, Switches


@dataclass(frozen=True, slots=True)
class LyncVersion:
    """One version, as its machines show it."""

    number: str
    module: str
    folder: str
    """Of its program files, below Common Files."""

    @property
    def title(self) -> str:
        """What Get-CsServerVersion calls it."""
        return f"Microsoft {self.folder.removeprefix('Microsoft ')}"


LYNC_VERSIONS = {
    "Lync Server 2013": LyncVersion("5.0.8308.0", "Lync", "Microsoft Lync Server 2013"),
    "Skype for Business Server 2015": LyncVersion(
        "6.0.9319.0", "SkypeForBusiness", "Skype for Business Server 2015"
    ),
    "Skype for Business Server 2019": LyncVersion(
        "7.0.2046.0", "SkypeForBusiness", "Skype for Business Server 2019"
    ),
    # Neither its number nor its folder is published; it stands on the code of 2019.
    "Skype for Business Server SE": LyncVersion(
        "7.0.2046.600", "SkypeForBusiness", "Skype for Business Server SE"
    ),
}


def lync_version(switches: Switches) -> LyncVersion:
    """The version that this world has."""
    return LYNC_VERSIONS[switches[Name.LYNC_VERSION]]
