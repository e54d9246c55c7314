"""What is exported can be applied, adopts what is there, and changes nothing on a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from partner_operator.cli.cluster import CannotDo
from partner_operator.cli.export import _yaml
from partner_operator.cli.exported import Export, exported
from partner_operator.trust.model import AllowedTokenServer, Entry, EntryKind, Product
from partner_operator.trust.status import Undeclared
from support.cli.bodies import application_bodies, applied, server_bodies, server_body
from support.engine.world import World, lync_on_exchange
from support.trust import worlds as values

ON_EXCHANGE = values.entry()
ON_LYNC = values.entry(Product.EXCHANGE, Product.LYNC)


def grown(
    on_exchange: tuple[Entry, ...] = (*values.STOCK, ON_EXCHANGE),
    on_lync: tuple[Entry, ...] = (ON_LYNC,),
) -> World:
    """An organisation in which people made trusts, and nobody declared them."""
    world = World()
    world.exchange.model.entries = on_exchange
    world.lync.model.entries = on_lync
    world.run_round()
    return world


def export(world: World, name: str = "exchange", **spec: Any) -> Export:
    """As the command does it."""
    server = server_body(world, name, **spec)
    others = [each for each in server_bodies(world) if each["metadata"]["name"] != name]
    return exported(server, [server, *others], application_bodies(world))


def specs(found: Export) -> list[dict[str, Any]]:
    return [each.body["spec"] for each in found.objects]


def test_a_grown_organisation_is_adopted_without_a_write() -> None:
    world = grown()
    for name in ("exchange", "lync"):
        server = server_body(world, name)
        found = export(world, name)
        assert [each.body["spec"]["mode"] for each in found.objects] == ["Enforce"]
        for each in found.objects:
            applied(world, server, each.body)
    assert sorted(world.cluster.applications) == ["exchange-on-lync", "lync-on-exchange"]
    world.settle()
    assert world.all_ready()
    for organisation in (world.exchange, world.lync):
        assert organisation.model.writes == []
        assert not organisation.restarts
    for name in world.cluster.applications:
        registration = world.cluster.status(name).registration
        assert registration is not None
        assert not registration.created_by_us
    assert export(world).objects == ()


def test_what_is_exported_names_the_partner_s_own_server() -> None:
    [spec] = specs(export(grown()))
    assert spec == {
        "serverRef": {"name": "exchange"},
        "partnerRef": {"name": "lync"},
        "identity": "Lync",
        "mode": "Enforce",
    }
    [spec] = specs(export(grown(), "lync"))
    assert spec["lync"] == {"applicationTrustLevel": "Full"}


def test_what_a_hybrid_set_up_made_is_a_remark() -> None:
    found = export(grown())
    assert {each.identity for each in found.left} == {"Exchange Online", "SfBLegacy"}
    assert all("hybrid set-up" in each.why for each in found.left)


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"enabled": False}, "enabled: False -> True"),
        ({"accepts_security_identifiers": False}, "acceptSecurityIdentifierInformation"),
        (
            {"thumbprints": (values.ROLLED,)},
            f"certificates: {values.ROLLED} -> {values.THUMBPRINT}",
        ),
        ({"realm": "old.litwareinc.com"}, "realm: old.litwareinc.com -> litwareinc.com"),
        ({"linked_account": None}, "linkedAccount"),
    ],
)
def test_what_enforce_would_change_is_only_observed(changes: dict[str, Any], remark: str) -> None:
    world = grown((replace(ON_EXCHANGE, **changes),))
    [found] = export(world).objects
    assert found.body["spec"]["mode"] == "Observe"
    assert any(remark in each for each in found.remarks), found.remarks
    applied(world, server_body(world, "exchange"), found.body)
    world.run_round()
    world.run_round()
    assert world.exchange.model.writes == []
    assert world.cluster.status("lync-on-exchange").plan


def test_a_trust_level_of_lync_is_kept() -> None:
    world = grown(on_lync=(replace(ON_LYNC, trust_level="User"),))
    [found] = export(world, "lync").objects
    assert found.body["spec"]["lync"] == {"applicationTrustLevel": "User"}
    applied(world, server_body(world, "lync"), found.body)
    world.settle()
    assert world.all_ready()
    assert world.lync.model.writes == []


def test_a_partner_without_a_server_needs_the_owner_s_word() -> None:
    url = "https://lync.contoso.com/metadata/json/1"
    foreign = replace(ON_EXCHANGE, identity="Contoso 連絡", metadata_url=url, realm="contoso.com")
    world = grown((foreign,))
    found = export(world)
    assert found.objects == ()
    [left] = found.left
    assert "allowedPartners" in left.why
    allowed = export(world, allowedPartners=[{"host": "*.contoso.com"}])
    [spec] = specs(allowed)
    assert spec["partner"] == {"product": "Lync", "authMetadataUrl": url}
    assert spec["identity"] == "Contoso 連絡"
    # Nobody has read its document.
    assert spec["mode"] == "Observe"


def test_of_several_entries_for_one_partner_the_one_that_works_is_declared() -> None:
    """The operator lets one object stand for a partner, so a second one would be in conflict for ever."""
    old = replace(ON_EXCHANGE, reference="CN=Old", identity="An old one", enabled=False)
    third = replace(ON_EXCHANGE, reference="CN=Third", identity="測試", realm="")
    world = grown((old, ON_EXCHANGE, third))
    server = server_body(world, "exchange")
    found = export(world)
    [spec] = specs(found)
    assert spec["identity"] == "Lync"
    assert {each.identity for each in found.left} == {"An old one", "測試"}
    assert all("lync-on-exchange" in each.why for each in found.left)
    applied(world, server, found.objects[0].body)
    world.settle()
    assert world.all_ready()
    assert world.exchange.model.writes == []
    again = export(world)
    assert again.objects == ()
    assert {each.identity for each in again.left} == {"An old one", "測試"}


def test_a_name_is_given_once() -> None:
    """Objects of the namespace, of whatever server, have theirs."""
    world = grown()
    world.cluster.add(lync_on_exchange(server_name="elsewhere"))
    body = server_body(world, "exchange")
    there = application_bodies(world)
    [found] = exported(body, server_bodies(world), there).objects
    assert found.body["metadata"]["name"] == "lync-on-exchange-2"
    there[0]["metadata"]["name"] = "another"
    [found] = exported(body, server_bodies(world), there).objects
    assert found.body["metadata"]["name"] == "lync-on-exchange"


def behind(**changes: Any) -> Entry:
    """An application that gets its tokens from a token server, made by hand."""
    usual = replace(
        ON_EXCHANGE,
        reference="CN=HR",
        identity="HR",
        application_identifier=values.HR,
        realm="litwareinc.com",
        metadata_url="",
        kind=EntryKind.TOKEN_SERVER,
        thumbprints=(),
    )
    return replace(usual, **changes)


def test_an_application_behind_a_token_server_is_adopted_without_a_write() -> None:
    world = World()
    world.exchange.model.entries = (behind(),)
    world.exchange.model.token_servers = (values.token_server(),)
    world.exchange.model.documents = (*world.exchange.model.documents, values.sts())
    account = behind().linked_account
    assert account is not None
    line = AllowedTokenServer("sts.litwareinc.com", linked_accounts=(account.canonical_name,))
    declared = world.cluster.servers["exchange"]
    world.cluster.servers["exchange"] = replace(declared, allowed_token_servers=(line,))
    world.run_round()
    left = export(world).left
    assert "allowedTokenServers" in left[0].why
    allowed = [{"host": line.host, "linkedAccounts": [account.canonical_name]}]
    found = export(world, allowedTokenServers=allowed)
    [spec] = specs(found)
    assert spec["partner"] == {
        "applicationIdentifier": values.HR,
        "realm": "litwareinc.com",
        "tokenServer": {"authMetadataUrl": values.STS_URL},
    }
    assert spec["exchange"] == {"linkedAccount": account.canonical_name}
    # The operator has not read the token server's document, so it is looked at first; then it can be kept.
    assert spec["mode"] == "Observe"
    server = server_body(world, "exchange", allowedTokenServers=allowed)
    applied(world, server, {**found.objects[0].body, "spec": {**spec, "mode": "Enforce"}})
    world.settle()
    assert world.all_ready()
    assert world.exchange.model.writes == []


def no_look(world: World) -> None:
    world.cluster.server_statuses.clear()


def unreachable(world: World) -> None:
    world.exchange.unreachable = {*world.exchange.hosts}
    world.run_round()


def gaps(world: World) -> None:
    world.exchange.incomplete = "A controller did not answer."
    world.run_round()


def changed_since(world: World) -> None:
    declared = world.cluster.servers["exchange"]
    world.cluster.servers["exchange"] = replace(declared, generation=2)


def cut(world: World) -> None:
    uid = world.cluster.servers["exchange"].key.uid
    world.cluster.server_statuses[uid] = replace(
        world.cluster.server_statuses[uid], undeclared_cut=3
    )


def not_looked_at(world: World) -> None:
    world.declare()


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (no_look, "has not looked at PartnerServer exchange yet"),
        (unreachable, "may be old"),
        (gaps, "not proven whole"),
        (changed_since, "changed after the operator's last look"),
        (cut, "3 more do not fit"),
        (not_looked_at, "PartnerApplication lync-on-exchange yet"),
    ],
)
def test_nothing_is_exported_from_a_list_that_is_not_whole(
    what: Callable[[World], None], sentence: str
) -> None:
    world = grown()
    what(world)
    with pytest.raises(CannotDo, match=sentence):
        export(world)


def test_what_a_newer_operator_says_is_not_taken_for_nothing() -> None:
    world = grown()
    body = server_body(world, "exchange")
    body["status"]["undeclared"][0]["kind"] = "Federated"
    with pytest.raises(CannotDo, match="newer"):
        exported(body, [body], [])
    body = server_body(world, "exchange")
    for condition in body["status"]["conditions"]:
        condition["reason"] = "WaitingForGodot"
    with pytest.raises(CannotDo, match="newer"):
        exported(body, [body], [])


def test_what_is_not_visible_any_more_is_a_remark() -> None:
    world = grown()
    uid = world.cluster.servers["exchange"].key.uid
    status = world.cluster.server_statuses[uid]
    gone = Undeclared("Gone", "", "", "CN=Gone", missing_since=datetime(2026, 11, 1, tzinfo=UTC))
    world.cluster.server_statuses[uid] = replace(status, undeclared=(gone,))
    found = export(world)
    assert found.objects == ()
    assert "not visible on the server since 2026-11-01" in found.left[0].why


def test_the_text_is_yaml_whatever_names_there_are() -> None:
    hostile = replace(ON_EXCHANGE, identity="yes", reference="CN=1")
    odd = replace(ON_EXCHANGE, identity="a\n---\nkind: Secret", reference="CN=2")
    world = grown((hostile, odd, *values.STOCK))
    text = _yaml(server_body(world, "exchange"), export(world))
    documents = [each for each in yaml.safe_load_all(text) if each]
    assert [each["kind"] for each in documents] == ["PartnerApplication"]
    assert documents[0]["spec"]["identity"] == "yes"
    assert r"a\n---\nkind: Secret" in text
