"""Test-OAuthConnectivity against SharePoint: what it proves, and how it says that it failed."""

from __future__ import annotations

from typing import Any

import pytest

from partner_simulator.ports import CmdletError
from partner_simulator.web import paths
from partner_simulator.world import exchange_connectivity, names
from support.world.bench import EXCHANGE_ISSUER, MAILBOX, Bench, Told

URL = f"https://{names.PORTAL}{paths.SHAREPOINT_SERVICE}"


def ask(world: Bench, **parameters: Any) -> Told:
    """The test, for a mailbox unless told otherwise."""
    given: dict[str, Any] = {"Service": "Generic", "TargetUri": URL, "ReloadConfig": True}
    who = {} if "AppOnly" in parameters else {"Mailbox": MAILBOX}
    return world.exchange("Test-OAuthConnectivity", **(given | who | parameters))


def result(told: Told) -> tuple[str, str]:
    """ResultType and Detail of the one object."""
    (found,) = told.objects
    assert found.properties["IsValid"] is True
    return found.properties["ResultType"].text, found.properties["Detail"].text


@pytest.fixture
def trusting(world: Bench) -> Bench:
    """Both sides trust each other, and all workers know it."""
    world.trust_sharepoint()
    world.trust_on_sharepoint()
    world.permit(EXCHANGE_ISSUER)
    world.restart_farm()
    return world


def test_it_passes_for_a_mailbox_and_for_exchange_alone(trusting: Bench) -> None:
    assert result(ask(trusting))[0] == "Success"
    assert result(ask(trusting, AppOnly=True))[0] == "Success"
    assert trusting.domain.ledger.counted(exchange_connectivity.PASSED) == 2
    assert trusting.domain.mailboxes.items(MAILBOX) == 0


def test_without_reloading_it_goes_by_what_workers_know(world: Bench) -> None:
    world.trust_on_sharepoint()
    world.permit(EXCHANGE_ISSUER)
    world.restart_farm()
    world.trust_sharepoint()
    assert "No partner application" in result(ask(world, ReloadConfig=False))[1]
    assert result(ask(world))[0] == "Success"


def test_an_issuer_that_sharepoint_does_not_know(world: Bench) -> None:
    world.trust_sharepoint()
    kind, detail = result(ask(world))
    assert kind == "Error"
    assert "None of them are configured locally." in detail
    assert world.domain.ledger.counted(exchange_connectivity.FAILED) == 1


def test_what_sharepoint_says_stands_in_the_detail(trusting: Bench) -> None:
    trusting.sharepoint(
        "Remove-SPAppPrincipalPermission",
        Site=f"https://{names.PORTAL}",
        AppPrincipal=EXCHANGE_ISSUER,
        Scope="SiteSubscription",
        DisableAppOnlyPolicy=True,
    )
    trusting.restart_farm()
    kind, detail = result(ask(trusting))
    assert kind == "Error"
    assert "(403) Forbidden" in detail
    assert "3002002" in detail


def test_a_service_out_of_reach(trusting: Bench) -> None:
    trusting.domain.network.unreachable.add(names.PORTAL)
    assert result(ask(trusting)) == ("Error", "Unable to connect to the remote server")


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"Service": "EWS"}, "does not know what"),
        ({"Mailbox": None}, "does not know what"),
        ({"AppOnly": True, "Mailbox": MAILBOX}, "does not know what"),
    ],
)
def test_what_it_cannot_do_is_refused_by_name(
    world: Bench, changed: dict[str, Any], text: str
) -> None:
    with pytest.raises(CmdletError, match=text):
        ask(world, **changed)


def test_a_mailbox_that_does_not_exist(world: Bench) -> None:
    assert "couldn't be found" in ask(world, Mailbox="nobody@litwareinc.com").message
