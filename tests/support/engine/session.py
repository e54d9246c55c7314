"""Sessions on fake organisations, whose methods take server, logon and host themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from partner_operator.engine.ports import Credentials
from partner_operator.trust.model import DesiredServer


@dataclass(frozen=True)
class OnHost:
    """A session on one host."""

    organisation: object
    server: DesiredServer
    credentials: Credentials
    host: str
    logon_refused: bool = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.organisation, name)
        if name != "apply_all":
            return partial(method, self.server, self.credentials, self.host)

        def apply_all(observed: Any, wanted: Any) -> Any:
            assert observed.host == self.host
            return method(self.server, self.credentials, observed, wanted)

        return apply_all
