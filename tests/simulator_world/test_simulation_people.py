"""What people and accidents do to the whole simulation, and how it comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from winrm.exceptions import InvalidCredentialsError

from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.machines import Role
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.objects import ExchangeServer
from partner_simulator.world.switches import Name, Switches
from partner_simulator.wsman import Tally
from support.pwsh import find_pwsh
from support.world.farm import KENMYER, Web
from support.world.remote import Remote

FIRST, SECOND = names.EXCHANGE_HOSTS
URL = names.LYNC_METADATA_URL


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    """A domain in which trust works; its PowerShell is only started where a test runs something."""
    switches = Switches({Name.DIRECTORY_LAG_SECONDS: 0.0})
    with Simulation(pwsh=find_pwsh(), switches=switches) as running:
        Web(running.domain, running._farm).trust()
        assert running.trust_works() is None
        yield running


def ours(simulation: Simulation) -> list[str]:
    return [entry.name for entry in simulation.exchange_entries() if not entry.use_auth_server]


@pytest.mark.parametrize(
    "action",
    [
        "disable_entry",
        "drop_certificates",
        "remove_entry",
        "remove_role",
        "remove_linked_account",
        "remove_lync_entry",
        "lower_lync_trust",
        "roll_exchange_certificate",
    ],
)
def test_each_change_by_hand_breaks_trust_and_is_in_the_ledger(
    simulation: Simulation, action: str
) -> None:
    """At once, and under the name of a person."""
    before = len(simulation.configuration_writes())
    getattr(simulation, action)()
    assert simulation.trust_works() is not None
    made = simulation.configuration_writes()[before:]
    assert [write.who for write in made] == [f"{names.NETBIOS_DOMAIN}\\Administrator"]


def test_another_url_changes_nothing_until_it_is_read(simulation: Simulation) -> None:
    """The certificates are a copy."""
    simulation.change_url("https://elsewhere.litwareinc.com/metadata/json/1")
    assert simulation.trust_works() is None
    assert [
        entry.auth_metadata_url
        for entry in simulation.exchange_entries()
        if not entry.use_auth_server
    ] == ["https://elsewhere.litwareinc.com/metadata/json/1"]


def test_a_rollover_that_nobody_reads_breaks_trust_at_its_date(simulation: Simulation) -> None:
    """Published first, signing later."""
    thumbprint = simulation.roll_lync_certificate()
    assert simulation.trust_works() is None
    assert all(thumbprint not in entry.thumbprints for entry in simulation.exchange_entries())
    simulation.activate_rolled_certificate()
    assert "2000000" in (simulation.trust_works() or "")


def test_iis_that_does_not_come_back(simulation: Simulation) -> None:
    """A non-zero exit code, and a host that serves nothing."""
    simulation.fail_restart(FIRST)
    assert simulation.iisreset(FIRST) != 0
    assert (simulation.trust_works() or "").startswith(f"{FIRST}: 503")
    assert simulation.iisreset(SECOND) == 0


def test_a_decommissioned_host_is_gone_but_not_forgotten(simulation: Simulation) -> None:
    """Its name, WinRM and web are gone; the directory still lists it, and the rest works."""
    simulation.decommission(SECOND)
    assert simulation.exchange_hosts() == [FIRST]
    assert simulation.trust_works() is None
    with pytest.raises(RequestFailed, match="could not be resolved"):
        simulation.domain.network.request(FIRST, "GET", f"https://{SECOND}/ews/exchange.asmx")
    servers = simulation.domain.directory.find(ExchangeServer)
    assert SECOND in {server.fqdn for server in servers}


def test_only_the_new_password_works_and_the_old_stays_secret(
    simulation: Simulation, tmp_path: Path
) -> None:
    """A rejected logon is counted; nobody is logged on twice."""
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(simulation.ca_pem)
    remote = Remote(simulation, ca_file)
    (user, old), _ = simulation.credentials()
    new = simulation.change_password(user)
    assert simulation.credentials()[0] == (user, new)
    assert {old, new} < set(simulation.secrets())
    assert remote.exchange("'hello'").code == 0
    rejected = simulation.counters.count(Tally.LOGONS_REJECTED)
    with pytest.raises(InvalidCredentialsError):
        remote.run(FIRST, "ntlm", user, old, "'hello'")
    assert simulation.counters.count(Tally.LOGONS_REJECTED) == rejected + 1
    assert simulation.open_shells() == ()


def test_names_lead_to_everything_that_listens(simulation: Simulation, tmp_path: Path) -> None:
    """Web and WinRM, each on a port of its own on loopback."""
    simulation.write_names(tmp_path / "names.json")
    assert (tmp_path / "names.json").read_text().count("127.0.0.1") == 18
    table = simulation.names()
    assert set(table[FIRST]) == {"443", "5986"}
    assert set(table[names.AUTODISCOVER]) == {"443"}
    assert set(table[names.FRONT_ENDS[0]]) == {"5986"}


def test_stopping_ends_everything(simulation: Simulation) -> None:
    """Twice is fine; afterwards nobody listens."""
    simulation.stop()
    simulation.stop()
    with pytest.raises(RequestFailed):
        simulation.domain.network.request(FIRST, "GET", URL)
    assert ours(simulation)
    assert simulation.items() == 0
    assert simulation.domain.mailboxes.exists(KENMYER)
    assert time.time() - simulation.clock().timestamp() < 300


def test_a_third_application_is_let_in_beside_a_hybrid(simulation: Simulation) -> None:
    """Everything that its declaration says, by hand; the trust on the premises goes on."""
    simulation.hybrid()
    application = simulation.hr_application
    assert "2000011" in str(simulation.third_party_refused(application, Role.EXCHANGE))
    account = simulation.make_linked_account("HR-ApplicationAccount", "UserApplication")
    simulation.trust_token_server("Litware STS")
    simulation.register_application("HR", application.identifier, linked_account=account)
    assert simulation.third_party_refused(application, Role.EXCHANGE) is None
    assert simulation.third_party_refused(application, Role.EXCHANGE, for_user=True) is None
    assert simulation.third_party_refused(application, Role.FRONT_END) is not None
    assert "Litware STS" in [server.name for server in simulation.exchange_token_servers()]
    assert [server.name for server in simulation.lync_token_servers()] == ["microsoft.sts"]
    assert simulation.trust_works() is None
