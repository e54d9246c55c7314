"""Each precondition fails for real on the simulated domain: its cross, its advice, and no harm done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from partner_operator.engine.ports import Credentials
from partner_operator.trust.model import Authentication, Product
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.simulation import Simulation
from partner_simulator.world.accounts import Accounts
from partner_simulator.world.objects import AcceptedDomain
from partner_simulator.wsman import Fault, Step
from partner_simulator.wsman.fault_actions import Soap
from partner_simulator.wsman.soap_faults import SHELL_QUOTA
from support.doctor.examination import Patient, mutex_held
from support.operated_domain import WINRM
from support.trust.worlds import OURS

pytestmark = [pytest.mark.pwsh, pytest.mark.usefixtures("unharmed")]
LADDER_BEHIND_LOGON = {"shell", "PowerShell and its language mode", "mutex free", "second hop"}


@pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
def test_a_healthy_server_has_ticks_only(simulation: Simulation, product: Product) -> None:
    """So each cross below comes of what its test did."""
    told = Patient(simulation, product).ask()
    assert (told.crosses(), told.unreached(), told.code) == ([], set(), 0), told.text
    assert "64 bits" in told.text


def test_a_name_that_is_not_in_dns(exchange: Patient) -> None:
    """The other host is examined all the same."""
    exchange.declare(hosts=("nowhere.litwareinc.com", exchange.declared.hosts[1]))
    told = exchange.ask()
    assert ("nowhere", "DNS") in told.crosses()
    assert told.cross()["nextStep"] == "Mend spec.hosts, or the cluster's DNS."
    assert told.code == 1
    assert "clock" in {check["name"] for check in told.checks if check["ok"]}


def test_a_port_that_nobody_listens_on(lync: Patient) -> None:
    """Refused, and nothing behind it is tried."""
    lync.declare(port=5999)
    told = lync.ask()
    assert told.crosses() == [("atl-fe-001", "TCP")]
    assert "refused" in told.cross()["message"]
    assert "firewall" in told.cross()["nextStep"]
    assert told.unreached() >= {"TLS", "logon", *LADDER_BEHIND_LOGON}
    assert "    -> Check winrm.port" in told.text


def test_a_certificate_of_an_authority_that_is_not_declared(lync: Patient) -> None:
    """The probe says what OpenSSL says; no logon is tried over it."""
    lync.declare(ca_bundle=CertificateAuthority("ANOTHER-CA").pem)
    told = lync.ask()
    assert told.crosses() == [("atl-fe-001", "TLS")]
    assert "self-signed certificate in certificate chain" in told.cross()["message"]
    assert "winrm.caBundle" in told.cross()["nextStep"]
    assert told.unreached() >= {"logon", *LADDER_BEHIND_LOGON}


def test_a_host_declared_by_a_name_that_its_certificate_lacks(
    simulation: Simulation, lync: Patient
) -> None:
    """A CNAME, such as people use for pools."""
    address, port = simulation.domain.network.names()[lync.declared.hosts[0]][WINRM]
    simulation.domain.network.register("alias.litwareinc.com", WINRM, address, port)
    lync.one_host("alias.litwareinc.com")
    told = lync.ask()
    assert told.crosses() == [("alias", "TLS")]
    assert "alias.litwareinc.com" in told.cross()["message"]
    assert told.cross()["nextStep"].startswith("Declare the host by a name")


def test_a_refused_password_is_one_refused_logon(simulation: Simulation, exchange: Patient) -> None:
    """Two hosts are listed; the second is left alone."""
    before = simulation.rejected_logons()
    exchange.credentials = replace(exchange.credentials, password="not-the-password-4711")
    told = exchange.ask()
    assert told.crosses() == [("atl-exchange-001", "logon")]
    assert simulation.rejected_logons() == before + 1
    assert "not locked" in told.text
    assert told.unreached() >= LADDER_BEHIND_LOGON


def test_an_account_that_is_no_administrator(simulation: Simulation, exchange: Patient) -> None:
    """Lync's administrator logs on at Exchange, and WinRM gives no shell (fault 5)."""
    before = simulation.rejected_logons()
    user, password = simulation.credentials()[1]
    exchange.credentials = Credentials(user, password, "digest", OURS)
    told = exchange.ask()
    assert told.crosses() == [("atl-exchange-001", "shell"), ("atl-exchange-002", "shell")]
    assert "local administrator" in told.cross()["message"]
    assert "winrm get winrm/config/winrs" in told.cross()["nextStep"]
    assert simulation.rejected_logons() == before


def test_a_host_without_a_free_shell(simulation: Simulation, lync: Patient) -> None:
    """MaxShellsPerUser: the logon was good."""
    simulation.faults.add(Fault(Step.CREATE, Soap(SHELL_QUOTA), times=None))
    told = lync.ask()
    assert told.crosses() == [("atl-fe-001", "shell")]
    assert "MaxShellsPerUser" in told.cross()["message"]
    assert "logon" in {check["name"] for check in told.checks if check["ok"]}


def test_a_powershell_of_32_bits(lync: Patient) -> None:
    """It answers, and products' cmdlets are missing in it."""
    lync.bits = 32
    told = lync.ask()
    assert told.crosses() == [("atl-fe-001", "PowerShell and its language mode")]
    assert "System32" in told.cross()["nextStep"]


def test_another_run_at_work(tmp_path: Path, lync: Patient) -> None:
    """The host's mutex is held by a real run; the doctor waits, then says so."""
    lync.patience = 0.5
    with mutex_held(lync, tmp_path):
        told = lync.ask()
    assert told.crosses() == [("atl-fe-001", "mutex free")]
    assert "busy" in told.cross()["message"]
    assert "wait" in told.cross()["nextStep"]


def test_a_machine_without_the_module(simulation: Simulation, lync: Patient) -> None:
    """Exchange's hosts declared as Lync."""
    user, password = simulation.credentials()[0]
    lync.credentials = Credentials(user, password, "digest", OURS)
    lync.one_host(simulation.exchange_hosts()[0])
    told = lync.ask()
    assert told.crosses() == [("atl-exchange-001", "product module")]
    assert "spec.product" in told.cross()["nextStep"]


def test_a_machine_that_is_no_exchange_server(simulation: Simulation, exchange: Patient) -> None:
    """Lync's Front End declared as Exchange."""
    user, password = simulation.credentials()[1]
    exchange.credentials = Credentials(user, password, "digest", OURS)
    exchange.one_host(simulation.front_ends()[0])
    told = exchange.ask()
    assert told.crosses() == [("atl-fe-001", "product module")]
    assert "no Exchange server" in told.cross()["message"]


def test_lync_without_credssp(lync: Patient) -> None:
    """NTLM logs on, and the cmdlets cannot go on to the directory."""
    lync.declare(authentication=Authentication.NTLM)
    told = lync.ask()
    assert told.crosses() == [("atl-fe-001", "second hop")]
    assert "CredSSP" in told.cross()["message"]
    assert "docs/security.md" in told.cross()["nextStep"]


def test_exchanges_own_endpoint_refuses_the_account(
    exchange: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Remote PowerShell is disabled for it."""
    monkeypatch.setattr(Accounts, "check", lambda self, host, user, password: None)
    told = exchange.ask()
    assert told.crosses() == [
        ("atl-exchange-001", "second hop"),
        ("atl-exchange-002", "second hop"),
    ]
    assert "Set-User -RemotePowerShellEnabled" in told.cross()["message"]
    assert "docs/security.md" in told.cross()["nextStep"]


def test_an_account_without_the_role(simulation: Simulation, exchange: Patient) -> None:
    """Outside Organization Management the session opens and has no such cmdlets."""
    (account,) = (
        known for known in simulation.domain.accounts.known if known.user.endswith("exadmin")
    )
    groups, account.groups = account.groups, frozenset()
    try:
        told = exchange.ask()
    finally:
        account.groups = groups
    assert told.crosses() == [("atl-exchange-001", "rights"), ("atl-exchange-002", "rights")]
    assert "Organization Management" in told.cross()["message"]


@dataclass
class Elsewhere:
    """A clock that is off by so much."""

    by: timedelta

    def now(self) -> datetime:
        """Now, but for that."""
        return datetime.now(UTC) + self.by

    def monotonic(self) -> float:
        """Seconds."""
        return self.now().timestamp()


@pytest.mark.parametrize("minutes", [-9, 9])
def test_clocks_that_differ(lync: Patient, minutes: int) -> None:
    """Ours and the host's, in either direction."""
    lync.clock = Elsewhere(timedelta(minutes=minutes))
    told = lync.ask()
    assert told.crosses() == [("atl-fe-001", "clock")]
    assert "w32tm" in told.cross()["nextStep"]


def test_a_domain_that_exchange_accepts_by_wildcard_only(
    simulation: Simulation, exchange: Patient
) -> None:
    """Exchange refuses tokens of such a domain with 2000004 (P-S2S-5)."""
    wildcard = AcceptedDomain("Fabrikam", "*.fabrikam.com")
    simulation.domain.directory.write(wildcard)
    try:
        told = exchange.ask()
    finally:
        simulation.domain.directory.delete(wildcard)
    assert told.crosses() == [("", "wildcard accepted domains")]
    assert "*.fabrikam.com" in told.cross()["message"]
    assert "New-AcceptedDomain" in told.cross()["nextStep"]


def test_an_exchange_server_that_is_not_listed(exchange: Patient) -> None:
    """It is named, and that it is never touched."""
    exchange.one_host()
    told = exchange.ask()
    assert told.crosses() == [("", "unlisted hosts")]
    assert "ATL-EXCHANGE-002" in told.cross()["message"].upper()
    assert "spec.hosts" in told.cross()["nextStep"]


def test_a_front_end_that_gets_no_replication(simulation: Simulation, lync: Patient) -> None:
    """The other Front End lags behind the Central Management store."""
    behind = simulation.front_ends()[1]
    simulation.domain.cms.stall(behind)
    simulation.domain.cms.change(lambda state: state)
    try:
        told = lync.ask()
    finally:
        simulation.domain.cms.stall(behind, stalled=False)
        simulation.domain.cms.settle()
    assert told.crosses() == [("", "replication")]
    assert behind in told.cross()["message"]
    assert "445" in told.cross()["nextStep"]
