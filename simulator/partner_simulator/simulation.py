"""The whole domain on loopback: WinRM hosts, what runs on them, web sites, and a look behind them.

with Simulation(pwsh=Path("/usr/bin/pwsh")) as simulation:  # or pwsh=None: the embedded engine
    simulation.write_names(folder / "names.json")     # for names/sitecustomize.py
    (user, password), _ = simulation.credentials()
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from partner_simulator import views
from partner_simulator.embedded import EmbeddedEngine
from partner_simulator.farm_people import FarmActions
from partner_simulator.hybrid_people import HybridActions
from partner_simulator.ports import CommandEngine
from partner_simulator.powershell import PowerShellEngine, WindowsPowerShell
from partner_simulator.recording import RecordingEngine
from partner_simulator.web import third_party, trust_check
from partner_simulator.web.farm import Farm
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names, setup
from partner_simulator.world.ledger import Write, WriteKind
from partner_simulator.world.machines import Role
from partner_simulator.world.switches import Switches
from partner_simulator.world.token_server import ThirdApplication
from partner_simulator.world.world import World
from partner_simulator.wsman import Counters, Faults, OpenShell, Tally, WsmanServer, WsmanSettings

WINRM = 5986
PERSON = f"kenmyer@{names.DOMAIN}"
"""The user of the demo: enabled for Lync, with a mailbox."""

Credential = tuple[str, str]


class Simulation(HybridActions, FarmActions):
    """Exchange, Lync and SharePoint of litwareinc.com. Everything random is new for each simulation."""

    def __init__(
        self,
        pwsh: Path | None,
        switches: Switches | None = None,
        *,
        settings: WsmanSettings | None = None,
        windows_powershell: WindowsPowerShell = WindowsPowerShell.V4_0,
    ) -> None:
        """`pwsh`: a PowerShell 7, which passes for `windows_powershell` on every machine.

        None: the embedded engine, which knows the operator's operations and runs no script. 4.0 is what
        Windows Server 2012 R2 has. Nothing runs until `start`. `settings`: of all WinRM services.
        """
        self.domain = setup.build(switches or Switches())
        self.faults = Faults()
        self.counters = Counters()
        self._pwsh = pwsh
        self._settings = settings
        self._windows_powershell = windows_powershell
        self._folder: Path | None = None
        self._passwords = {account.password for account in self.domain.accounts.known}
        self._farm = Farm(self.domain)
        self._engine: RecordingEngine | None = None
        self._hosts: dict[str, WsmanServer] = {}

    def start(self) -> None:
        """Bring everything up; the first time on a machine, PowerShell's cmdlets are compiled (10 s)."""
        self._folder = Path(tempfile.mkdtemp(prefix="partner-simulation-"))
        world = World(self.domain, self._folder)
        self._engine = RecordingEngine(self._command_engine(world))
        self._farm.start()
        for fqdn in self.domain.machines:
            host = WsmanServer(
                fqdn,
                self._engine,
                self.domain.accounts,
                self.domain.authority.issue_server([fqdn]),
                faults=self.faults,
                counters=self.counters,
                settings=self._settings,
            ).start()
            self._hosts[fqdn] = host
            self.domain.network.register(fqdn, WINRM, host.address, host.port)

    def _command_engine(self, world: World) -> CommandEngine:
        if self._pwsh is None:
            return EmbeddedEngine(world, windows_powershell=self._windows_powershell)
        return PowerShellEngine(self._pwsh, world, windows_powershell=self._windows_powershell)

    def stop(self) -> None:
        """End all processes and close all ports. Doing so twice is fine."""
        for host in self._hosts.values():
            host.stop()
        self._hosts.clear()
        self._farm.stop()
        if self._engine is not None:
            self._engine.close()
        self.domain.network.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    # What a client needs.

    @property
    def engine_name(self) -> str:
        """What answers on the hosts: `PowerShell`, or `embedded`, which executes no script."""
        return EmbeddedEngine.NAME if self._pwsh is None else PowerShellEngine.NAME

    @property
    def ca_pem(self) -> str:
        """The domain's CA."""
        return self.domain.authority.pem

    def names(self) -> dict[str, dict[str, list[str | int]]]:
        """`{fqdn: {port: [address, real port]}}` of everything that listens."""
        return {
            fqdn: {str(port): list(where) for port, where in ports.items()}
            for fqdn, ports in self.domain.network.names().items()
        }

    def write_names(self, path: Path) -> None:
        """Write the names for names/sitecustomize.py; again after every start."""
        path.write_text(json.dumps(self.names(), indent=2) + "\n", encoding="utf-8")

    def credentials(self) -> tuple[Credential, Credential]:
        """User and password of the Exchange and the Lync administrator, now."""
        exchange, lync = (
            account for account in self.domain.accounts.known if account.user in _ADMINISTRATORS
        )
        return (exchange.user, exchange.password), (lync.user, lync.password)

    def farm_credential(self) -> Credential:
        """User and password of the SharePoint administrator, now."""
        account = self.domain.accounts.find(names.SHAREPOINT_ADMIN)
        assert account is not None, "a stock domain has one"
        return account.user, account.password

    def change_password(self, user: str) -> str:
        """Give an administrator a new random password, and return it. Raises LookupError."""
        password = super().change_password(user)
        self._passwords.add(password)
        return password

    # What an observer sees.

    def secrets(self) -> list[str]:
        """Every password that ever was in force; none may be found anywhere."""
        return sorted(self._passwords)

    def transcript(self) -> str:
        """All text that the servers kept: command lines, their scripts, and cmdlet calls."""
        lines = self._engine.lines() if self._engine is not None else []
        lines += [
            f"{call.host} {call.who}: {call.what} {_logged(call.parameters)}"
            for call in self.domain.ledger.calls()
        ]
        return "\n".join(lines)

    def open_shells(self) -> tuple[OpenShell, ...]:
        """Shells that exist; at the end of a test there should be none."""
        return self.counters.open_shells()

    def commands_started(self) -> dict[str, int]:
        """Command lines started, by host."""
        return {
            fqdn: self.counters.count(Tally.COMMANDS_STARTED, fqdn) for fqdn in self.domain.machines
        }

    def rejected_logons(self) -> int:
        """Logons over WinRM that were refused, on all hosts."""
        return sum(
            self.counters.count(Tally.LOGONS_REJECTED, fqdn) for fqdn in self.domain.machines
        )

    def clock(self) -> datetime:
        """The domain's time, UTC."""
        return self.domain.clock.now()

    def advance(self, by: timedelta) -> None:
        """Let time pass for the servers; PowerShell's own Get-Date stays in real time."""
        self.domain.clock.advance(by)

    def exchange_hosts(self) -> list[str]:
        """Exchange servers that exist as machines."""
        return [machine.fqdn for machine in self.domain.exchange_machines() if machine.up]

    def front_ends(self) -> list[str]:
        """Lync Front Ends."""
        return [machine.fqdn for machine in self.domain.front_ends() if machine.up]

    def sharepoint_hosts(self) -> list[str]:
        """SharePoint servers that exist as machines."""
        return [machine.fqdn for machine in self.domain.sharepoint_servers() if machine.up]

    def restarts(self, host: str) -> int:
        """Completed restarts of IIS, whoever asked for them. Raises KeyError."""
        return self.domain.machines[host].restarts

    def exchange_entries(self) -> list[views.ExchangeEntry]:
        """Exchange's partner applications, stock ones included."""
        return views.exchange_entries(self.domain)

    def lync_entries(self) -> list[views.LyncEntry]:
        """Lync's partner applications."""
        return views.lync_entries(self.domain)

    def sharepoint_entries(self) -> list[views.SharePointEntry]:
        """The farm's trusted security token issuers, with what their principals may do."""
        return views.sharepoint_entries(self.domain)

    def exchange_token_servers(self) -> list[views.TokenServerEntry]:
        """Token servers that Exchange trusts."""
        return views.exchange_token_servers(self.domain)

    def lync_token_servers(self) -> list[views.TokenServerEntry]:
        """Token servers that Lync trusts."""
        return views.lync_token_servers(self.domain)

    def third_party_refused(
        self, application: ThirdApplication, server: Role, *, for_user: bool = False
    ) -> str | None:
        """Why a host of `server` refuses an application with its token server's token; None: all take it.

        On Exchange it opens the mailbox of `PERSON`, as an application alone or for that user.
        """
        return third_party.refused(self.domain, application, server, PERSON, for_user=for_user)

    def refused(self, server: Role, partner: Role) -> str | None:
        """Why a host of `server` refuses the partner's token for a user; None: all take it."""
        return trust_check.between(self.domain, server, partner, PERSON)

    def trust_works(self) -> str | None:
        """None when Exchange and Lync accept each other's tokens on every host, else why not."""
        return trust_check.why_not(self.domain, PERSON)

    def failed_tests(self) -> int:
        """Runs of Test-CsExStorageConnectivity that failed."""
        return self.domain.ledger.counted("test-failed")

    def passed_tests(self) -> int:
        """Runs of Test-CsExStorageConnectivity that passed."""
        return self.domain.ledger.counted("test-passed")

    def items(self) -> int:
        """Items that tests have left in the user's mailbox."""
        return self.domain.mailboxes.items(PERSON)

    def writes(self) -> list[Write]:
        """Everything that was changed, by whom, oldest first."""
        return self.domain.ledger.writes()

    def configuration_writes(self) -> list[Write]:
        """Changes of directory and CMS only."""
        return self.domain.ledger.writes(WriteKind.CONFIGURATION)

    # What goes wrong.

    def spoil_document(self, fqdn: str, fault: DocumentFault) -> None:
        """Let a name publish something wrong, until `heal_document`. Raises KeyError."""
        self._farm.spoil_document(fqdn, fault)

    def heal_document(self, fqdn: str) -> None:
        """All is well there again. Raises KeyError."""
        self._farm.heal_document(fqdn)

    def fail_restart(self, host: str) -> None:
        """Let the next restart of IIS stop it and not start it. Raises KeyError."""
        self.domain.machines[host].behaviour.comes_back = False

    def decommission(self, host: str) -> None:
        """Switch a machine off for good; its object stays in the directory. Raises KeyError."""
        self.domain.machines[host].up = False
        self._hosts[host].stop()
        self._farm.take_down(host)
        self.domain.network.unresolvable.add(host)


def _logged(parameters: Mapping[str, object]) -> dict[str, object]:
    """Parameters as PowerShell's logs print them: a credential shows its type only."""
    return {
        name: "System.Management.Automation.PSCredential" if isinstance(value, Mapping) else value
        for name, value in parameters.items()
    }


_ADMINISTRATORS = (names.EXCHANGE_ADMIN, names.LYNC_ADMIN)
