"""What all connections of one host share, and what wire faults do to any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from partner_simulator.ports import Directory
from partner_simulator.wsman import fault_actions
from partner_simulator.wsman.counters import Counters
from partner_simulator.wsman.fault_actions import Action
from partner_simulator.wsman.faults import Faults
from partner_simulator.wsman.operations import Operations
from partner_simulator.wsman.settings import WsmanSettings
from partner_simulator.wsman.wire import CutError, Wire


@dataclass(frozen=True, slots=True)
class Service:
    """What all connections of one host share."""

    host: str
    operations: Operations
    directory: Directory
    settings: Callable[[], WsmanSettings]
    faults: Faults
    counters: Counters


def disturb(wire: Wire, action: Action) -> None:
    """Do a wire action. Raises CutError when it ends the connection."""
    match action:
        case fault_actions.Delay(seconds):
            wire.pause(seconds)
        case fault_actions.Reset():
            wire.reset()
            raise CutError
        case fault_actions.SayRaw(data):
            wire.send_raw(data)
            raise CutError
        case fault_actions.Drop():
            raise CutError
