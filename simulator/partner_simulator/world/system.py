"""Answers to Windows' own look-alikes; the dictionary contract stands in ports.CmdletWorld.system.

'environment' has `SSL_CERT_FILE` of the machine's certificate store; 'credential' also says which
`product` answers at that endpoint, and as what `values` of its own types arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from partner_simulator.certificates import CertificateAuthority
from partner_simulator.ports import LogonKind, Session
from partner_simulator.world import iisreset, names, sharepoint_access
from partner_simulator.world.domain import Domain
from partner_simulator.world.ledger import Call, Write, WriteKind
from partner_simulator.world.lync_versions import lync_version
from partner_simulator.world.machines import Machine, Role
from partner_simulator.world.switches import Name

ACCESS_DENIED = "Access is denied."
LOGON_FAILURE = "The user name or password is incorrect."


class Windows:
    """The Windows of every machine."""

    def __init__(self, domain: Domain, folder: Path) -> None:
        """Writes the certificate store of the domain into `folder`, and a stranger's if asked."""
        self._domain = domain
        self._trusting = folder / "domain-ca.pem"
        self._distrusting = folder / "other-ca.pem"
        self._trusting.write_text(domain.authority.pem, "ascii")

    def answer(self, session: Session, what: str, arguments: Mapping[str, Any]) -> Any:
        """One question. Raises KeyError for one that nobody is meant to ask."""
        machine = self._domain.machines[session.host]
        match what:
            case "environment":
                return {"variables": {"SSL_CERT_FILE": str(self._trust(session.host))}}
            case "snapins":
                return self._products(machine, snapins=True)
            case "modules":
                return self._products(machine, snapins=False)
            case "load":
                return sharepoint_access.load(self._domain, session)
            case "services":
                return [
                    {
                        "name": s.name,
                        "display_name": s.display_name,
                        "state": s.state,
                        "start_mode": s.start_mode,
                        "process_id": s.process_id,
                    }
                    for s in machine.service_list()
                ]
            case "processes":
                return [
                    {
                        "name": "w3wp.exe",
                        "process_id": worker.process_id,
                        "command_line": f'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "{worker.pool}"',
                        "started_at": worker.started_at,
                    }
                    for worker in machine.worker_list()
                ]
            case "operating_system":
                return self._operating_system(machine)
            case "iisreset":
                return self._iisreset(session, machine, arguments["arguments"])
            case "credential":
                return self._credential(session, arguments)
            case "resolve":
                return self._resolve(str(arguments["host"]), int(arguments["port"]))
        raise KeyError(what)

    def iisreset(self, machine: Machine, who: str, arguments: list[str]) -> iisreset.Answer:
        """Restart IIS, note it, and have the new workers read their configuration at once."""
        asked = iisreset.read(arguments)
        before = machine.worker_list()
        text = self._domain.switches[Name.IISRESET_TEXT]
        answer = iisreset.run(asked, machine, text)
        if machine.worker_list() != before:
            self._domain.ledger.wrote(
                Write(
                    self._domain.clock.now(),
                    machine.fqdn,
                    who,
                    "iisreset",
                    machine.fqdn,
                    WriteKind.RESTART,
                )
            )
        if machine.role is Role.EXCHANGE and machine.serves_web:
            self._domain.running(machine.fqdn)
        return answer

    def _trust(self, host: str) -> Path:
        if host not in self._domain.network.distrusting:
            return self._trusting
        if not self._distrusting.exists():
            self._distrusting.write_text(CertificateAuthority("OTHER-CA").pem, "ascii")
        return self._distrusting

    def _products(self, machine: Machine, *, snapins: bool) -> list[dict[str, str]]:
        """The product of a machine, if its cmdlets come in this way."""
        switches = self._domain.switches
        place: dict[str, str] = {}
        match machine.role:
            case Role.EXCHANGE:
                name, product = names.EXCHANGE_SNAPIN, switches[Name.EXCHANGE_VERSION]
            case Role.FRONT_END:
                version = lync_version(switches)
                name, product = version.module, switches[Name.LYNC_VERSION]
                if switches[Name.LYNC_MODULE_PLACE] != "search path":
                    place = {"folder": f"{version.folder}\\Modules"}
            case Role.SHAREPOINT:
                product = switches[Name.SHAREPOINT_VERSION]
                in_module = product == sharepoint_access.SUBSCRIPTION_EDITION
                name = names.SHAREPOINT_MODULE if in_module else names.SHAREPOINT_SNAPIN
        is_snapin = name in (names.EXCHANGE_SNAPIN, names.SHAREPOINT_SNAPIN)
        return [{"name": name, "product": product, **place}] if is_snapin is snapins else []

    def _operating_system(self, machine: Machine) -> dict[str, Any]:
        return {
            "caption": "Microsoft Windows Server 2012 R2 Standard",
            "version": "6.3.9600",
            "last_boot_at": machine.booted_at,
            "now": self._domain.clock.seconds(),
        }

    def _iisreset(self, session: Session, local: Machine, arguments: list[str]) -> dict[str, Any]:
        asked = iisreset.read(arguments)
        found = iisreset.target_of(asked, local, session.logon.kind, self._domain.machine)
        self._domain.ledger.called(
            Call(
                self._domain.clock.now(),
                session.host,
                session.logon.user,
                "iisreset",
                {"arguments": list(arguments)},
            )
        )
        if isinstance(found, Machine):
            found = self.iisreset(found, session.logon.user, arguments)
        return {"exit_code": found.exit_code, "output": found.output}

    def _credential(self, session: Session, arguments: Mapping[str, Any]) -> dict[str, str]:
        """Whether an inner session opens; a network logon has nothing to show there itself."""
        host = (urlsplit(str(arguments["endpoint"])).hostname or "").lower()
        machine = self._domain.machine(host)
        if machine is None or machine.role is not Role.EXCHANGE or not machine.serves_web:
            return {
                "error": f"Connecting to remote server {host} failed: the WinRM client cannot process the request."
            }
        user, password = arguments.get("user"), arguments.get("password")
        if user is None:
            if session.logon.kind is LogonKind.NETWORK:
                return {"error": ACCESS_DENIED}
            account = self._domain.accounts.find(session.logon.user)
        else:
            account = self._domain.accounts.check(host, str(user), str(password))
            if account is None:
                return {"error": LOGON_FAILURE}
        if account is None:
            return {"error": ACCESS_DENIED}
        return {
            "user": account.user,
            "product": self._domain.switches[Name.EXCHANGE_VERSION],
            "values": self._domain.switches[Name.IMPORTED_VALUES],
        }

    def _resolve(self, host: str, port: int) -> dict[str, Any] | None:
        found = self._domain.network.resolve(host, port)
        return None if found is None else {"address": found[0], "port": found[1]}
