"""What the doctor learnt: the input of all checks, and the checks' form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partner_operator.engine.ports import Step
from partner_operator.oauth.challenge import Challenge
from partner_operator.trust.model import DesiredServer, Observed, Partner, PartnerProfile
from partner_operator.trust.product import Rules
from partner_operator.trust.reasons import Reason


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list. `ok` is None where the check was not reached."""

    name: str
    ok: bool | None
    message: str
    next_step: str = ""
    """What to do about a cross; empty where `message` says it already, or nothing is to be done."""
    host: str = ""
    """The host that it is about; empty for Kubernetes and the organisation as a whole."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One of the first three steps, taken from where the doctor runs."""

    ok: bool
    message: str
    next_step: str = ""
    """Where the failure itself says what to do; empty: what is usual for its step."""


@dataclass(frozen=True, slots=True)
class Way:
    """How far the way to a host's WinRM port is open. None: not tried, for the one before failed."""

    names: Probe
    port: Probe | None = None
    tls: Probe | None = None

    @property
    def is_open(self) -> bool:
        """Whether a logon may be tried."""
        return self.tls is not None and self.tls.ok


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the observe run failed."""

    step: Step
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Shell:
    """The PowerShell that answered."""

    version: str
    bits: int
    """32 where WinRM starts the one of SysWOW64: products' cmdlets are missing there."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a host's web service said to a request without a logon."""

    challenge: Challenge | None = None
    """None, with no `problem`: it offers no logon by OAuth."""
    problem: str = ""
    """Why nothing was learnt."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What was learnt of one host. Neither `observed` nor `failure`: no run was tried there."""

    host: str
    way: Way
    observed: Observed | None = None
    failure: Failure | None = None
    not_tried: str = ""
    """Why no run was tried although the way is open."""
    powershell: Shell | None = None
    heard: Heard | None = None
    asked_at: datetime | None = None
    """Our own clock when the observe run began."""
    answered_at: datetime | None = None
    """Our own clock when the observe run was over."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the checks look at."""

    server: DesiredServer
    profile: PartnerProfile
    """What the server's product is to its partners."""
    rules: Rules | None
    """None: this version does not manage the product."""
    declaration: tuple[str, ...]
    """What Kubernetes or the operator's reader finds wrong with the objects; each a sentence."""
    credentials: str | None
    """Why the Secret gives no logon that may be tried; None when it does."""
    partners: tuple[Partner, ...]
    hosts: tuple[HostFacts, ...]
    now: datetime
