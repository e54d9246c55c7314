"""Where WinRM listens, and who logs on there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Authentication = Literal["ntlm", "credssp", "kerberos"]
"""How to log on, in pywinrm's words."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A WinRM listener and a logon. Always HTTPS."""

    host: str
    port: int
    authentication: Authentication
    username: str = field(repr=False)
    password: str = field(repr=False)
    ca_pem: str | None = None
    """Trusted authorities instead of the public ones."""

    @property
    def url(self) -> str:
        """The endpoint's URL, with brackets around an IPv6 address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}/wsman"
