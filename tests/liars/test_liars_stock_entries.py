"""An Exchange whose own entries were removed: the way out that the message names leads out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources

import pytest

from partner_operator import winrm
from partner_operator.trust.model import Product
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import Endpoint, RemoteRequest
from support.liars.domain import Domain
from support.operated_domain import logon

pytestmark = pytest.mark.pwsh
COMMANDS = ("Set-ADServerSettings", "Get-PartnerApplication")
REMOVAL = """foreach ($entry in @(Get-PartnerApplication)) {
    if ($entry.UseAuthServer) { Remove-PartnerApplication -Identity $entry.DistinguishedName -Confirm:$false }
}"""


@pytest.fixture
def domain() -> Iterator[Domain]:
    """A fresh one."""
    with pytest.MonkeyPatch.context() as patch:
        fresh = Domain(patch)
        try:
            yield fresh
        finally:
            fresh.simulation.stop()


def by_hand(domain: Domain, command: str, text: str) -> None:
    """An administrator types something into Exchange's own session."""
    root = resources.files("partner_operator.products")
    preludes = [root / "scripts" / "common.ps1", root / "exchange" / "scripts" / "session.ps1"]
    names = ", ".join(f"'{name}'" for name in (*COMMANDS, command))
    script = "\n".join(
        [
            *(prelude.read_text(encoding="ascii") for prelude in preludes),
            f"$session = Open-Exchange -Commands @({names})",
            f"$null = $({text})",
            "@{ done = $true }",
        ]
    )
    server, known = domain.cluster.servers["exchange"], logon(domain.simulation, Product.EXCHANGE)
    host, secrets = server.hosts[0], {"username": known.username, "password": known.password}
    endpoint = Endpoint(host, server.port, "ntlm", known.username, known.password, server.ca_bundle)
    winrm.run(endpoint, RemoteRequest("by hand", script, {"host": host}, secrets))


def test_the_command_in_the_message_makes_the_list_whole_again(domain: Domain) -> None:
    """Nothing is registered before it, and the partner is registered after it."""
    by_hand(domain, "Remove-PartnerApplication", REMOVAL)
    before = len(domain.simulation.writes())
    domain.run_pass("exchange")
    reason, message = domain.said_of("exchange")
    assert reason is Reason.INCOMPLETE_READ
    assert len(domain.simulation.writes()) == before
    command = re.search(r"New-PartnerApplication .*", message)
    assert command is not None
    by_hand(domain, "New-PartnerApplication", command[0])
    domain.run_pass("exchange")
    assert domain.said_of("exchange")[0] is not Reason.INCOMPLETE_READ
    made = [write.what for write in domain.simulation.writes()[before:]]
    assert made.count("New-PartnerApplication") == 2
    assert domain.simulation.open_shells() == ()
