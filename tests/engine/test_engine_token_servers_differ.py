"""A token server that is not what its document says is told, and never mended; its keys are read again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_operator.trust.model import DocumentFault, DocumentReading, Product
from partner_operator.trust.reasons import ConditionStatus, Reason
from support.engine.behind import EITHER, NAME, READY, TENANT, StsWorld, disable_ours, registered
from support.trust import worlds as values
from support.trust.worlds import STS_URL

FALSE = ConditionStatus.FALSE


@EITHER
@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ({"realm": "old.example"}, "realm old.example, not litwareinc.com"),
        ({"issuer": "https://old.example/"}, "issuer https://old.example, not "),
        (
            {"realm": "old.example", "issuer": TENANT},
            f"realm old.example, not litwareinc.com and issuer {TENANT}, not ",
        ),
    ],
)
def test_one_that_is_not_what_its_document_says_is_told_and_never_mended(
    product: Product, kept: dict[str, str], told: str
) -> None:
    """Whatever else it would need: neither its keys are read again, nor is the application opened to the others."""
    world = registered(product, create=True)
    world.set(**kept, thumbprints=("EE" * 20,))
    stored = world.model.token_servers
    disable_ours(world)
    world.settle()
    assert world.cluster.ready(NAME) == (FALSE, Reason.TOKEN_SERVER_DIFFERS)
    assert told in world.message()
    command = "Set-AuthServer" if product is Product.EXCHANGE else "Remove-CsOAuthServer"
    assert f"{command} -Identity 'sts'" in world.message()
    assert world.model.token_servers == stored
    assert [entry.enabled for entry in world.ours] == [False]
    world.set_there(values.token_server())
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert [entry.enabled for entry in world.ours] == [True]


@pytest.mark.parametrize(
    "kept",
    [
        {"realm": "", "issuer": ""},
        {"realm": "*"},
        {"realm": "LITWAREINC.com", "issuer": values.STS_ID.upper()},
        {"issuer": f"{values.STS_ID}@other.example"},
    ],
)
@EITHER
def test_what_is_not_said_or_spelled_otherwise_is_no_difference(
    product: Product, kept: dict[str, str]
) -> None:
    assert registered(product, there=(values.token_server(**kept),)).changes == 1


def test_lyncs_own_realm_is_what_it_may_have_put_in_by_itself() -> None:
    world = StsWorld(product=Product.LYNC, there=(values.token_server(realm="lync.example"),))
    world.model.default_realm = "lync.example"
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY


def test_without_its_document_nothing_is_known_to_differ() -> None:
    world = registered()
    world.set(realm="old.example")
    world.publish(DocumentReading(STS_URL, fault=DocumentFault.UNREACHABLE, detail="no route"))
    world.settle()
    assert world.cluster.ready(NAME) == READY


def test_beside_one_that_is_as_its_document_says_another_one_does_not_matter() -> None:
    old = values.token_server("a", realm="old.example", thumbprints=("EE" * 20,))
    world = registered(there=(old, values.token_server("b")))
    rolled = values.certificate(values.ROLLED)
    world.publish(values.sts(certificates=(rolled,)))
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.model.token_servers[0] == old
    assert world.model.token_servers[1].thumbprints == (values.ROLLED,)


def test_a_roll_over_makes_exchange_read_it_again_without_a_restart() -> None:
    world = registered()
    restarts = dict(world.exchange.restarts)
    rolled = values.certificate(values.ROLLED)
    world.publish(values.sts(certificates=(rolled,)))
    world.settle()
    assert world.model.token_servers[0].thumbprints == (values.ROLLED,)
    assert dict(world.exchange.restarts) == restarts
    assert world.cluster.ready(NAME) == READY


@pytest.mark.parametrize("kind", ["AzureAD", "azuread", "ADFS"])
def test_those_that_users_log_on_through_are_not_even_read_again(kind: str) -> None:
    world = StsWorld(there=(values.token_server(type=kind, thumbprints=("EE" * 20,)),))
    world.ask()
    world.settle()
    assert world.cluster.ready(NAME) == READY
    assert world.model.token_servers == world.there


def test_keys_that_are_not_shown_are_read_again_when_a_human_asks_once() -> None:
    world = registered(there=(values.token_server(thumbprints=None),))
    changes = world.changes
    world.cluster.request(NAME, "now")
    world.settle()
    world.clock.instant += timedelta(minutes=11)
    world.settle()
    assert world.changes == changes + 1
    assert world.cluster.ready(NAME) == READY
