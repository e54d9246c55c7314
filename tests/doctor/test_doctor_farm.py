"""The doctor looks at a farm: ticks where all is well, and each thing that a farm can lack is a cross of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from partner_operator.trust.model import Product
from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.sharepoint_farm import Kind, StsFlags
from support.doctor.examination import Patient, Told
from support.operated_domain import names_of
from support.pwsh import find_pwsh

pytestmark = pytest.mark.pwsh
ORGANISATION = (
    "App Management",
    "User Profile",
    "root site",
    "security token service",
    "signs of hybrid",
)


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """A domain of its own: its farm is changed from test to test."""
    with Simulation(find_pwsh()) as running, names_of(running):
        yield running


def examined(simulation: Simulation) -> Told:
    """From its first server."""
    patient = Patient(simulation, Product.SHAREPOINT)
    patient.one_host()
    portal = f"https://{names.PORTAL}{names.SHAREPOINT_METADATA_PATH}"
    patient.declare(auth_metadata_url=portal)
    return patient.ask()


def of_farm(told: Told) -> dict[str, tuple[bool | None, str]]:
    return {
        check["name"]: (check["ok"], check["message"])
        for check in told.checks
        if check["name"] in ORGANISATION
    }


def test_a_healthy_farm_has_ticks_only(simulation: Simulation) -> None:
    """One server is not listed here, which is a cross of everybody's."""
    told = examined(simulation)
    assert told.crosses() == [("", "unlisted hosts")], told.text
    assert {name: ok for name, (ok, _) in of_farm(told).items()} == dict.fromkeys(
        ORGANISATION, True
    )
    assert "ok  second hop: SQL Server let the account in" in told.text
    assert simulation.open_shells() == ()
    assert simulation.restarts(names.SHAREPOINT_HOSTS[0]) == 0


def _flags(simulation: Simulation) -> None:
    simulation.change_farm_flags(StsFlags(oauth_over_http=True))


def _other_site(simulation: Simulation) -> None:
    farm = simulation.domain.sharepoint
    farm.sites = [replace(site, url=site.url + "9") for site in farm.sites]


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (lambda s: s.remove_service_proxy(Kind.APP_MANAGEMENT), "App Management"),
        (lambda s: s.remove_service_application(Kind.USER_PROFILE), "User Profile"),
        (_flags, "security token service"),
        (_other_site, "root site"),
    ],
    ids=["App Management", "User Profile", "flags", "root site"],
)
def test_what_a_farm_lacks_is_its_own_cross(
    simulation: Simulation, spoil: Callable[[Simulation], None], check: str
) -> None:
    farm = simulation.domain.sharepoint
    before = (farm.applications, farm.sites, farm.state.flags)
    spoil(simulation)
    try:
        told = examined(simulation)
    finally:
        farm.applications, farm.sites = before[0], before[1]
        simulation.change_farm_flags(before[2])
    assert told.crosses() == [("", "unlisted hosts"), ("", check)], told.text
    assert told.code == 1


def test_signs_of_hybrid_are_shown_and_are_no_cross(simulation: Simulation) -> None:
    simulation.seed_foreign_issuers()
    simulation.change_farm_realm("contoso.onmicrosoft.com")
    ok, message = of_farm(examined(simulation))["signs of hybrid"]
    assert ok
    assert "the token issuer ACS" in message
    assert "EvoSTS-Trust" in message
    assert "contoso.onmicrosoft.com" in message
    assert "Workflow" not in message


def test_an_account_that_is_no_shell_administrator_stops_at_the_second_hop(
    simulation: Simulation,
) -> None:
    admins = dict(simulation.domain.sharepoint.shell_admins)
    simulation.domain.sharepoint.shell_admins.clear()
    try:
        told = examined(simulation)
    finally:
        simulation.domain.sharepoint.shell_admins.update(admins)
    assert told.crosses() == [("atl-sp-001", "second hop")], told.text
    assert "Add-SPShellAdmin" in told.cross()["message"]
    assert set(ORGANISATION) <= told.unreached()
