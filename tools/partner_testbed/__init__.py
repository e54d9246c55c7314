"""The real things that tests and the demo run against: a control plane and a PowerShell.

Nothing here is installed with the operator; ``tools`` is put on the path instead. Nothing here
knows the operator or the simulator.
"""

from partner_testbed.audit import AuditEvent, read_audit
from partner_testbed.controlplane import ControlPlane, ControlPlaneError
from partner_testbed.crds import dynamic_client, install_crds
from partner_testbed.program import Program, ProgramMissingError, find_program
from partner_testbed.pwsh import PowerShellMissingError, find_pwsh

__all__ = [
    "AuditEvent",
    "ControlPlane",
    "ControlPlaneError",
    "PowerShellMissingError",
    "Program",
    "ProgramMissingError",
    "dynamic_client",
    "find_program",
    "find_pwsh",
    "install_crds",
    "read_audit",
]
