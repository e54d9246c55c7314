"""The real things that tests and the demo run against: a control plane and a PowerShell.

Nothing here is installed with the operator; ``tools`` is put on the path instead. Nothing here
knows the operator or the simulator.
"""

from partner_testbed.audit import AuditEvent, read_audit
from partner_testbed.cache import CacheNotWritableError
from partner_testbed.controlplane import ControlPlane, ControlPlaneError
from partner_testbed.crds import dynamic_client, install_crds
from partner_testbed.missing import MissingError
from partner_testbed.program import Program, ProgramMissingError, find_program, program_for_demo
from partner_testbed.pwsh import (
    Choice,
    Engine,
    EngineError,
    PowerShellMissingError,
    choose_engine,
    find_powershell,
    find_pwsh,
)

__all__ = [
    "AuditEvent",
    "CacheNotWritableError",
    "Choice",
    "ControlPlane",
    "ControlPlaneError",
    "Engine",
    "EngineError",
    "MissingError",
    "PowerShellMissingError",
    "Program",
    "ProgramMissingError",
    "choose_engine",
    "dynamic_client",
    "find_powershell",
    "find_program",
    "find_pwsh",
    "install_crds",
    "program_for_demo",
    "read_audit",
]
