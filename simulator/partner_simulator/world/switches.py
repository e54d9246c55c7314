"""Every guess of the world, as a row that can be flipped (docs/assumptions.md).

Sources are facts of docs/protocol.md and cases of docs/cases.md. DERIVED and SIM-CHOICE rows have alternatives: the
story has to come out right with each of them, or the documentation names the assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from partner_simulator.world.sharepoint_switches import SHAREPOINT_ROWS
from partner_simulator.world.switch_rows import Name, Row, Status
from partner_simulator.world.token_switches import TOKEN_ROWS

__all__ = ["ROWS", "Name", "Row", "Status", "Switches", "all_worlds"]

ROWS: tuple[Row, ...] = (
    Row(
        Name.UNKNOWN_IDENTITY_SHOWS_ALL,
        "Get-PartnerApplication and Get-AuthServer with an identity that matches nothing show all (documented as"
        " 'may'); otherwise it is a not-found error",
        "P-EX-1",
        Status.SIM_CHOICE,
        True,
        (False,),
    ),
    Row(
        Name.DUPLICATES_REJECTED,
        "New-PartnerApplication refuses a second entry of the same identifier, realm and UseAuthServer;"
        " Microsoft tells people to run the script on every server, which makes another each time",
        "1.3.4, P-EX-4",
        Status.DERIVED,
        False,
        (True,),
    ),
    Row(
        Name.WORKERS_REFRESH_MINUTES,
        "Workers read their OAuth configuration again after this many minutes; 0: never",
        "P-EX-8",
        Status.DERIVED,
        15,
        (0,),
    ),
    Row(
        Name.READS_ASK,
        "Without -DomainController a call goes to: the controller that its session has chosen, any"
        " in turn, or always the first",
        "C02",
        Status.SIM_CHOICE,
        "session",
        ("any", "first"),
    ),
    Row(
        Name.DIRECTORY_LAG_SECONDS,
        "Seconds until a write on one controller is visible on the other",
        "C02",
        Status.SIM_CHOICE,
        0.0,
        (0.5, 15.0),
    ),
    Row(
        Name.WORKERS_READ,
        "Workers read the configuration from: the host's own controller, or the newest state",
        "P-EX-8 with C02",
        Status.DERIVED,
        "own",
        ("newest",),
    ),
    Row(
        Name.CMS_DELAY_SECONDS,
        "Seconds until a write to the CMS has reached the Front Ends by itself",
        "P-LY-7",
        Status.SIM_CHOICE,
        0.5,
        (3.0,),
    ),
    Row(
        Name.TOKEN_SKEW_SECONDS,
        "Allowance for clocks when Exchange looks at nbf and exp",
        "P-S2S-3",
        Status.SIM_CHOICE,
        300,
        (0,),
    ),
    Row(
        Name.ISSUER_IDENTIFIER_STORED,
        "IssuerIdentifier of a metadata entry is filled from the document",
        "P-EX-2",
        Status.SIM_CHOICE,
        False,
        (True,),
    ),
    Row(
        Name.SFB_LEGACY_PRESENT,
        "A stock organisation has SfBLegacy, an auth server entry with Lync's identifier",
        "P-EX-2",
        Status.SIM_CHOICE,
        True,
        (False,),
    ),
    Row(
        Name.LYNC_COPIES_CERTIFICATES,
        "Lync keeps a copy of the partner's certificates, taken when -MetadataUrl was given",
        "P-LY-2, P-S2S-7",
        Status.SIM_CHOICE,
        True,
        (False,),
    ),
    Row(
        Name.AUTH_TOKEN_PREFIX,
        "Text before the URL in AuthToken",
        "P-LY-2",
        Status.DERIVED,
        "Value=",
        ("",),
    ),
    Row(
        Name.TEST_PASSED_TEXT,
        "What Test-CsExStorageConnectivity prints on success",
        "P-LY-6",
        Status.DERIVED,
        "Test Passed",
        ("Test passed.",),
    ),
    Row(
        Name.SNAPIN_NEEDS_SECOND_HOP,
        "Exchange cmdlets of the snap-in fail under a network logon, for want of AD access",
        "P-EX-9",
        Status.DERIVED,
        True,
        (False,),
    ),
    Row(
        Name.CHALLENGE_FOLDED,
        "All WWW-Authenticate schemes come in one header line (Microsoft prints them so)",
        "P-S2S-4",
        Status.DERIVED,
        False,
        (True,),
    ),
    Row(
        Name.X5T_ALPHABET,
        "Documents write x5t in base64url; older producers may use plain base64",
        "P-S2S-1",
        Status.SIM_CHOICE,
        "base64url",
        ("base64",),
    ),
    Row(
        Name.PREVIOUS_CERTIFICATE_PUBLISHED,
        "During a rollover Lync publishes both certificates",
        "P-S2S-1, P-LY-5",
        Status.DERIVED,
        True,
    ),
    Row(
        Name.IISRESET_TEXT,
        "Text that iisreset prints on success",
        "P-IIS-1",
        Status.OBSERVED,
        "Internet services successfully restarted",
    ),
    Row(
        Name.TEST_RESULT,
        "Success of the test is a string in the pipeline; the reference declares ResourceData",
        "P-LY-6",
        Status.DERIVED,
        "string",
        ("object",),
    ),
    Row(
        Name.ENUM_FORM,
        "Enum properties arrive from inner sessions as: an enum, its number, or its name",
        "P-EX-2, P-EX-11",
        Status.DERIVED,
        "enum",
        ("number", "text"),
    ),
    Row(
        Name.IMPORTED_VALUES,
        "Values of Exchange's own types (Role, Identity, LinkedAccount) arrive through Import-PSSession as"
        " text; else as an object that prints as the text and does not equal it",
        "P-EX-11",
        Status.DERIVED,
        "text",
        ("object",),
    ),
    Row(
        Name.EXCHANGE_VERSION,
        "2013's script grants two roles to Lync's account; 2016's also MeetingGraphApplication",
        "P-EX-3",
        Status.DERIVED,
        "Exchange Server 2013",
        ("Exchange Server 2016", "Exchange Server 2019", "Exchange Server SE"),
    ),
    Row(
        Name.LYNC_VERSION,
        "The module is Lync's, or SkypeForBusiness from 2015 on; SE's cmdlets are those of 2019",
        "P-LY-9",
        Status.DERIVED,
        "Lync Server 2013",
        (
            "Skype for Business Server SE",
            "Skype for Business Server 2015",
            "Skype for Business Server 2019",
        ),
    ),
    Row(
        Name.LYNC_MODULE_PLACE,
        "A remote logon finds the management module by its name (search path), or only where setup put it (its folder)",
        "P-LY-9",
        Status.SIM_CHOICE,
        "search path",
        ("its folder",),
    ),
    Row(
        Name.ASSIGNMENT_NAME,
        "A generated assignment name is <role>-<account>, cut at 64 characters; else random",
        "P-EX-3",
        Status.SIM_CHOICE,
        "role-account",
        ("random",),
    ),
    Row(
        Name.CHALLENGE_SLASH,
        "Entries of trusted_issuers come with a stray leading slash, as Microsoft printed them",
        "C15",
        Status.DERIVED,
        False,
        (True,),
    ),
    Row(
        Name.NAMED_CONTROLLER_SEES,
        "With -DomainController a call sees accounts of: that controller's domain alone, or those of the whole"
        " forest that its session views",
        "P-EX-12",
        Status.SIM_CHOICE,
        "domain",
        ("forest",),
    ),
    *TOKEN_ROWS,
    *SHAREPOINT_ROWS,
)

_BY_NAME: Mapping[Name, Row] = {row.name: row for row in ROWS}


class Switches:
    """One world: the default of every row, some of them changed."""

    def __init__(self, changed: Mapping[Name, Any] | None = None) -> None:
        """Take the defaults, except for `changed`. Raises KeyError for an unknown switch."""
        self._values = {row.name: row.default for row in ROWS}
        for name, value in (changed or {}).items():
            self._values[_BY_NAME[Name(name)].name] = value

    def __getitem__(self, name: Name) -> Any:
        """The value of a switch."""
        return self._values[name]

    def __repr__(self) -> str:
        """Only what differs from the defaults."""
        changed = {
            str(name): value
            for name, value in self._values.items()
            if value != _BY_NAME[name].default
        }
        return f"Switches({changed})"


def all_worlds() -> Iterator[tuple[str, Switches]]:
    """The default world, then every world with exactly one guess turned; with a name for each."""
    yield "default", Switches()
    for row in ROWS:
        if row.flippable:
            for value in row.alternatives:
                yield f"{row.name}={value}", Switches({row.name: value})
