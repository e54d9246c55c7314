"""The guesses about token servers (switches.py has those about the products)."""

from __future__ import annotations

from partner_simulator.world.switch_rows import Name, Row, Status

TOKEN_ROWS: tuple[Row, ...] = (
    Row(
        Name.AUTH_SERVER_CERTIFICATES,
        "Get-AuthServer shows certificates as CertificateStrings, as Get-PartnerApplication does; else there is no such"
        " property",
        "P-TS-1",
        Status.SIM_CHOICE,
        True,
        (False,),
    ),
    Row(
        Name.AUTH_SERVER_TYPE,
        "Type of an auth server that was made by a metadata URL alone, and is not ACS",
        "P-TS-1",
        Status.DERIVED,
        "Unknown",
        ("MicrosoftACS",),
    ),
    Row(
        Name.AUTH_ADMIN_REFRESHES,
        "Every eight hours Exchange reads the documents again of auth servers of Type AzureAD, or of all",
        "P-TS-3",
        Status.DERIVED,
        "AzureAD",
        ("all",),
    ),
    Row(
        Name.ISSUER_NEEDED,
        "Exchange and Lync refuse a token server's document without an issuer; else its service name and realm stand"
        " for it",
        "P-TS-1",
        Status.SIM_CHOICE,
        True,
        (False,),
    ),
    Row(
        Name.CHALLENGE_APPLICATIONS,
        "A challenge lists applications that use auth servers too, each with the realm of every auth server",
        "P-S2S-4, C15",
        Status.DERIVED,
        True,
        (False,),
    ),
    Row(
        Name.LYNC_COPIES_SERVER_KEYS,
        "Lync keeps a copy of a token server's keys, taken when -MetadataUrl was given; hybrids outlive rollovers of"
        " ACS's keys, so rather not",
        "P-TS-4",
        Status.DERIVED,
        False,
        (True,),
    ),
    Row(
        Name.LYNC_UNSAID_REALM,
        "What Get-CsPartnerApplication shows as Realm of an application that uses an OAuth server and was made without"
        " -Realm: the SIP domain, or nothing",
        "P-TS-4",
        Status.SIM_CHOICE,
        "SIP domain",
        ("nothing",),
    ),
)
