"""A pywinrm client of a whole simulation: what an administrator with a script would do."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from winrm.protocol import Protocol

from partner_simulator.simulation import Simulation
from support.ended import Ended

INNER = """
$ErrorActionPreference = 'Stop'
$password = ConvertTo-SecureString ([Console]::In.ReadLine()) -AsPlainText -Force
$credential = New-Object System.Management.Automation.PSCredential('LITWAREINC\\exadmin', $password)
$uri = 'http://atl-exchange-001.litwareinc.com/PowerShell/'
$session = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri $uri `
    -Authentication Kerberos -Credential $credential
$null = Import-PSSession $session -DisableNameChecking -AllowClobber
"""
"""An inner session with the explicit credential, which comes on standard input."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Runs scripts on the hosts of a simulation."""

    simulation: Simulation
    ca_file: Path

    def exchange(self, script: str, host: int = 0) -> Ended:
        """Run with NTLM on an Exchange host; `INNER` reads the password from standard input."""
        user, password = self.simulation.credentials()[0]
        fqdn = self.simulation.exchange_hosts()[host]
        return self.run(fqdn, "ntlm", user, password, script, f"{password}\n".encode())

    def lync(self, script: str, transport: Literal["ntlm", "credssp"] = "credssp") -> Ended:
        """Run on the first Front End."""
        user, password = self.simulation.credentials()[1]
        return self.run(self.simulation.front_ends()[0], transport, user, password, script)

    def sharepoint(
        self, script: str, transport: Literal["ntlm", "credssp"] = "credssp", host: int = 0
    ) -> Ended:
        """Run on a server of the farm."""
        user, password = self.simulation.farm_credential()
        return self.run(self.simulation.sharepoint_hosts()[host], transport, user, password, script)

    def run(
        self,
        fqdn: str,
        transport: Literal["ntlm", "credssp"],
        user: str,
        password: str,
        script: str,
        stdin: bytes = b"",
    ) -> Ended:
        """One command, from Create to Delete."""
        address, port = self.simulation.names()[fqdn]["5986"]
        protocol = Protocol(
            f"https://{address}:{port}/wsman",
            transport=transport,
            username=user,
            password=password,
            ca_trust_path=str(self.ca_file),
            operation_timeout_sec=20,
            read_timeout_sec=30,
            proxy=None,
        )
        text = base64.b64encode(script.encode("utf-16-le")).decode()
        line = f"powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand {text}"
        shell = protocol.open_shell(codepage=65001)
        try:
            command = protocol.run_command(shell, line, console_mode_stdin=False)
            protocol.send_command_input(shell, command, stdin, end=True)
            stdout, stderr, code = protocol.get_command_output(shell, command)
            protocol.cleanup_command(shell, command)
        finally:
            protocol.close_shell(shell)
            protocol.transport.close_session()
        return Ended(stdout.decode(), stderr.decode("utf-8", "replace"), code)
