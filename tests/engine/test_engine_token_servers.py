"""The token server that an application is behind: used, made where that is allowed, told of, and never ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from partner_operator.trust.model import DocumentFault, DocumentReading, Mode, Product
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.behind import EITHER, NAME, READY, TENANT, StsWorld, disable_ours, registered
from support.trust import worlds as values
from support.trust.worlds import HR, STS_URL

FALSE = ConditionStatus.FALSE


ACS = "https://accounts.accesscontrol.windows.net"


def test_one_that_is_absent_and_not_to_be_made_is_told_with_the_command() -> None:
    for product, command in (
        (
            Product.EXCHANGE,
            f"New-AuthServer -Name 'sts.litwareinc.com' -AuthMetadataUrl '{STS_URL}'",
        ),
        (
            Product.LYNC,
            f"New-CsOAuthServer -Identity 'sts.litwareinc.com' -MetadataUrl '{STS_URL}'",
        ),
    ):
        world = StsWorld(product=product, there=())
        world.ask()
        world.settle()
        assert world.cluster.ready(NAME) == (FALSE, Reason.TOKEN_SERVER_MISSING)
        assert command in world.message()
        world.cluster.change(NAME, mode=Mode.OBSERVE)
        world.run_round()
        plan = world.cluster.status(NAME).plan
        # What nobody may do is no plan.
        restart = ["restart"] if product is Product.EXCHANGE else []
        assert [line.partition(":")[0] for line in plan] == ["entry", *restart]
        world.cluster.change(NAME, mode=Mode.ENFORCE)
        assert world.changes == 0
        world.model.token_servers = (values.token_server("made by hand"),)
        world.settle()
        assert world.cluster.ready(NAME) == READY


@EITHER
def test_one_that_may_be_made_is_made_first_and_the_plan_says_whom_it_vouches_for(
    product: Product,
) -> None:
    world = StsWorld(product=product, create=True, there=())
    world.ask(mode=Mode.OBSERVE)
    world.settle(3)
    plan = "\n".join(world.cluster.status(NAME).plan)
    assert f"tokenServer: (none) -> {STS_URL}" in plan
    assert "vouches for all applications that use token servers" in plan
    assert ("SfBLegacy" in plan) is (product is Product.EXCHANGE)
    assert "vouch for every application" in world.message()
    assert (world.changes, world.model.token_servers) == (0, ())
    world.cluster.change(NAME, mode=Mode.ENFORCE)
    world.settle()
    assert world.addresses == [STS_URL]
    assert world.cluster.ready(NAME) == READY
    assert len(world.model.writes) == 1


def test_it_is_made_again_where_somebody_removed_it_and_iis_is_restarted() -> None:
    world = registered(create=True)
    restarts = sum(world.exchange.restarts.values())
    world.set_there()
    world.settle()
    assert world.addresses == [STS_URL]
    assert world.cluster.ready(NAME) == READY
    assert sum(world.exchange.restarts.values()) == restarts + 2


@EITHER
@pytest.mark.parametrize("spelled", [f"{STS_URL}/", f"{STS_URL}?realm=litwareinc.com"])
def test_two_objects_that_spell_one_token_server_otherwise_make_one(
    product: Product, spelled: str
) -> None:
    world = StsWorld(product=product, create=True, there=())
    world.publish(values.sts(spelled))
    world.ask("one")
    world.ask("other", url=spelled, identifier=HR.replace("0", "1"))
    world.settle()
    assert world.all_ready()
    assert len(world.addresses) == 1
    assert len(world.ours) == 2


def test_those_of_clouds_are_never_made() -> None:
    url = f"{ACS}/{TENANT}/metadata/json/1"
    world = StsWorld(create=True, host="accounts.accesscontrol.windows.net", there=())
    world.publish(values.sts(url, TENANT))
    world.ask(url=url)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.TOKEN_SERVER_MISSING)
    assert "hybrid set-up" in world.message()
    assert world.changes == 0


def test_a_disabled_one_is_told_and_never_enabled() -> None:
    world = registered(create=True)
    world.set(enabled=False)
    stored = world.model.token_servers
    disable_ours(world)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.TOKEN_SERVER_DISABLED)
    assert "Set-AuthServer -Identity 'sts' -Enabled $true" in world.message()
    assert world.model.token_servers == stored
    # While it is so, the application is not opened to the others.
    assert [entry.enabled for entry in world.ours] == [False]
    world.set(enabled=True)
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert [entry.enabled for entry in world.ours] == [True]


def test_any_enabled_match_is_enough() -> None:
    """A page's name beside the wizard's is normal."""
    there = (values.token_server("one", enabled=False), values.token_server("two"))
    assert registered(there=there).model.token_servers == there


@EITHER
@pytest.mark.parametrize("create", [False, True])
def test_a_tenant_that_nobody_can_tell_is_neither_there_nor_missing(
    product: Product, create: bool
) -> None:
    url = "https://sts.litwareinc.com/litwareinc.com/metadata/json/1"
    other = f"https://sts.litwareinc.com/{TENANT}/metadata/json/1"
    there = (values.token_server("sts", other, realm=""),)
    world = StsWorld(product=product, create=create, there=there)
    world.publish(DocumentReading(url, fault=DocumentFault.UNREACHABLE, detail="no route"))
    world.ask(url=url)
    world.settle(3)
    ready = world.cluster.ready(NAME)
    assert ready == (FALSE, Reason.METADATA_UNREACHABLE)
    assert "may be there as sts, or not" in world.message()
    assert (world.changes, world.model.token_servers) == (0, there)
    world.publish(values.sts(url, TENANT))
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.model.token_servers == there


def test_a_document_out_of_reach_is_not_needed_where_the_token_server_is_there() -> None:
    """Servers fetch it through a proxy that the operator's script does not take."""
    world = StsWorld()
    world.publish(DocumentReading(STS_URL, fault=DocumentFault.UNREACHABLE, detail="no route"))
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert len(world.ours) == 1
    world = StsWorld(create=True, there=())
    world.publish(DocumentReading(STS_URL, fault=DocumentFault.UNREACHABLE, detail="no route"))
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.METADATA_UNREACHABLE)
    assert world.changes == 0


@pytest.mark.parametrize("detail", ["The URL gave an HTML or XML page.", "It has no serviceName."])
def test_a_document_of_another_form_stops_it_and_says_which_is_needed(detail: str) -> None:
    world = StsWorld()
    world.publish(DocumentReading(STS_URL, fault=DocumentFault.INVALID, detail=detail))
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.METADATA_INVALID)
    assert "Of a token server only the JSON document can be used" in world.message()
    assert world.changes == 0


def test_a_products_own_document_is_no_token_servers() -> None:
    world = StsWorld(host="*.litwareinc.com")
    world.ask(url=values.LYNC_URL)
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.METADATA_WRONG_PRODUCT)


def test_a_list_that_is_not_whole_proves_no_absence() -> None:
    world = StsWorld(create=True, there=())
    world.model.token_servers_fault = "Get-AuthServer warned: careful"
    world.ask()
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.INCOMPLETE_READ)
    assert world.addresses == []


def test_several_that_vanish_together_are_not_absent_until_a_human_says_so() -> None:
    """Else an account that loses a part of its view makes a second token server."""
    there = (values.token_server(), values.token_server("other", "https://other.example/"))
    world = registered(create=True, there=there)
    world.set_there()
    world.clock.instant += timedelta(minutes=11)
    world.settle(3)
    assert world.cluster.ready(NAME) == (FALSE, Reason.INCOMPLETE_READ)
    assert "missing together: other, sts" in world.message()
    assert world.addresses == []
    server = world.cluster.servers["exchange"]
    world.cluster.servers["exchange"] = replace(server, reconcile_requested_at="they were removed")
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.addresses == [STS_URL]
