"""Whom a server shall trust: who a partner is, whose keys sign its tokens, and what it may be allowed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What a partner may do by itself with what a product holds, the least first (-Right of SharePoint's cmdlets)."""

    NONE = "None"
    READ = "Read"
    WRITE = "Write"
    MANAGE = "Manage"
    FULL_CONTROL = "FullControl"


@dataclass(frozen=True, slots=True)
class Permission:
    """What a partner is allowed, beside being trusted: everywhere where the product keeps content."""

    right: Right = Right.NONE
    app_only: bool = False
    """Also by its own token, in which no user is named; else only together with a user's own rights."""

    def __str__(self) -> str:
        """For people."""
        return f"{self.right}, app-only" if self.app_only else str(self.right)


@dataclass(frozen=True, slots=True)
class PartnerProfile:
    """What is asked of a kind of partner, whoever manages it."""

    name: str
    """As users read it; also the name that its entry gets where none is declared."""
    identifier: str
    """The principal identifier that its document and its tokens bear; lower case."""
    metadata_path: str
    """Where it publishes its auth metadata document."""
    mending: str
    """A sentence: which cmdlets mend its own OAuth certificate."""
    roles: tuple[str, ...] = ()
    """Management roles that the account needs with which it acts, on servers that have roles."""
    realm_tells: bool = True
    """Identifier and realm tell its organisations apart. False: several may have one realm."""


class EntryKind(StrEnum):
    """Whose keys sign the tokens of a partner application."""

    OWN_KEYS = "OwnKeys"
    """Its own, which its document publishes: the product trusts it directly."""
    TOKEN_SERVER = "TokenServer"  # noqa: S105 - a kind, no password
    """Those of a token server, which answers for many."""


@dataclass(frozen=True, slots=True)
class Partner:
    """Whom a server shall trust."""

    profile: PartnerProfile
    auth_metadata_url: str
    """Of its own document, or of that of the token server that it gets its tokens from."""
    server_name: str | None
    """Name of the PartnerServer, or None where the partner is given otherwise."""
    kind: EntryKind = EntryKind.OWN_KEYS
    realm: str = ""
    """Behind a token server: the only realm whose tokens count; empty: each that token servers answer for."""

    @property
    def behind_token_server(self) -> bool:
        """Whether a token server signs its tokens: then it is nobody's product."""
        return self.kind is EntryKind.TOKEN_SERVER

    @property
    def name(self) -> str:
        """Its kind, for people."""
        return self.profile.name

    @property
    def identifier(self) -> str:
        """Its principal identifier."""
        return self.profile.identifier


LONGEST_IDENTITY = 64
"""Characters of an entry's name, on every product."""


def behind_token_server(identifier: str, realm: str, url: str) -> Partner:
    """An application that a token server vouches for. It is nobody's product, so nothing is known of its kind."""
    name = f"{identifier}-{realm}" if realm else identifier
    profile = PartnerProfile(
        name=name[:LONGEST_IDENTITY],
        identifier=identifier,
        metadata_path="",
        mending="Whoever runs the token server can mend it.",
    )
    return Partner(profile, url, None, EntryKind.TOKEN_SERVER, realm)
