"""The few programs of a simulated machine that are no PowerShell."""

from __future__ import annotations

from partner_simulator.ports import CmdletWorld, Session
from partner_simulator.powershell.command import Command
from partner_simulator.powershell.command_line import ProgramRun


def run_program(world: CmdletWorld, session: Session, asked: ProgramRun, running: Command) -> int:
    """Run one of command_line.PROGRAMS and return its exit code, with all output emitted."""
    code, text = 0, ""
    match asked.name:
        case "hostname":
            text = session.host.partition(".")[0] + "\n"
        case "whoami":
            text = session.logon.user.lower() + "\n"
        case "iisreset":
            answer = world.system(session, "iisreset", {"arguments": list(asked.arguments)})
            code, text = answer["exit_code"], answer["output"]
    running.emit("stdout", text.encode())
    return code
