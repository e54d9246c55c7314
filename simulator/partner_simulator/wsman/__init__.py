"""A WinRM service as Windows has it: TLS, NTLM, Negotiate, CredSSP, WS-Management and WinRS shells.

Command lines go to the CommandEngine of `partner_simulator.ports`; who may log on is the Directory's
matter. Written after MS-WSMV and captured traffic; `settings` lists what is only a guess.
"""

from partner_simulator.wsman.counters import Counters, OpenShell, RequestRecord, Tally, command_hash
from partner_simulator.wsman.faults import (
    ArmedFault,
    Barrier,
    Delay,
    Drip,
    Drop,
    Fault,
    Faults,
    HtmlPage,
    HttpStatus,
    Occasion,
    Oversize,
    Redirect,
    Reset,
    Rewrite,
    SayRaw,
    Soap,
    Truncate,
    Unauthorized,
    When,
    WrongContentType,
)
from partner_simulator.wsman.names import Scheme, Step
from partner_simulator.wsman.server import WsmanServer
from partner_simulator.wsman.settings import ChannelBinding, Quotas, WsmanSettings
from partner_simulator.wsman.soap_faults import FaultShape

__all__ = [
    "ArmedFault",
    "Barrier",
    "ChannelBinding",
    "Counters",
    "Delay",
    "Drip",
    "Drop",
    "Fault",
    "FaultShape",
    "Faults",
    "HtmlPage",
    "HttpStatus",
    "Occasion",
    "OpenShell",
    "Oversize",
    "Quotas",
    "Redirect",
    "RequestRecord",
    "Reset",
    "Rewrite",
    "SayRaw",
    "Scheme",
    "Soap",
    "Step",
    "Tally",
    "Truncate",
    "Unauthorized",
    "When",
    "WrongContentType",
    "WsmanServer",
    "WsmanSettings",
    "command_hash",
]
