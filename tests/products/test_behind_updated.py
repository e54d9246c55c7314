"""An application behind a token server is changed and removed, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.trust.model import EntryKind, Product, TokenServer
from partner_operator.trust.plan import Field
from partner_operator.trust.status import ChangeKind
from support.products.behind import ACCOUNT, BOTH, EXCHANGE, GUID, LYNC, Side
from support.scripts import exchange as on_exchange
from support.scripts.stubs import changing
from support.trust import worlds as values
from support.trust.worlds import HR

pytestmark = pytest.mark.pwsh


# ---- changing


@BOTH
async def test_an_update_sets_what_differs_and_nothing_else(side: Side) -> None:
    stubs = side.stubs(side.shown())
    await side.apply(stubs, side.change(ChangeKind.UPDATE, Field.ENABLED))
    setter = side.made.replace("New-", "Set-")
    assert changing(stubs.calls) == [setter]
    [said] = stubs.named(setter)
    assert said["Enabled"] == "True"
    assert not {"Realm", "LinkedAccount", "Name", "MetadataUrl", "UseOAuthServer"} & set(said)


async def test_on_exchange_realm_account_and_name_are_set_with_the_name_last() -> None:
    stubs = EXCHANGE.stubs(EXCHANGE.shown())
    fields = (Field.IDENTITY, Field.LINKED_ACCOUNT, Field.REALM)
    wanted = EXCHANGE.change(ChangeKind.UPDATE, *fields)
    await EXCHANGE.apply(stubs, wanted, realm="a.example", linked_account=ACCOUNT, identity="HR")
    said = stubs.named("Set-PartnerApplication")
    assert [each["Identity"] for each in said] == [GUID] * 3
    assert [each.get("Realm") for each in said] == ["a.example", None, None]
    assert said[1]["LinkedAccount"] == ACCOUNT
    assert said[2]["Name"] == "HR"


@pytest.mark.parametrize(
    ("there", "read"),
    [
        ({"thumbprints": ("EE" * 20,)}, True),
        ({"thumbprints": None}, True),
        ({"thumbprints": (values.THUMBPRINT,)}, False),
        ({"thumbprints": ("EE" * 20,), "type": "AzureAD"}, False),
        ({"thumbprints": ("EE" * 20,), "enabled": False}, False),
    ],
)
async def test_keys_of_a_token_server_are_read_again_where_they_are_old(
    there: dict[str, Any], read: bool
) -> None:
    stubs = EXCHANGE.stubs(EXCHANGE.shown())
    known = (
        values.token_server("sts", reference="a guid", **there),
        TokenServer("b", "b", "https://b/"),
    )
    seen = values.observed(
        Product.EXCHANGE, (), [values.sts()], host=on_exchange.HOST, token_servers=known
    )
    await EXCHANGE.apply(stubs, EXCHANGE.change(ChangeKind.UPDATE, Field.TOKEN_SERVER_KEYS), seen)
    said = stubs.named("Set-AuthServer")
    assert [(each["Identity"], each["RefreshAuthMetadata"]) for each in said] == (
        [("a guid", "True")] if read else []
    )
    assert changing(stubs.calls) == ["Set-AuthServer"] * read


async def test_on_lync_another_name_makes_it_anew_and_touches_no_token_server() -> None:
    stubs = LYNC.stubs(LYNC.shown("old"))
    old = LYNC.entry(reference="old", identity="old")
    await LYNC.apply(
        stubs, LYNC.change(ChangeKind.RECREATE, Field.IDENTITY, entry=old), identity="new"
    )
    assert changing(stubs.calls) == ["Remove-CsPartnerApplication", "New-CsPartnerApplication"]
    stubs = LYNC.stubs(LYNC.shown("old", realm="b.example"))
    with pytest.raises(OperationFailed, match="made into another one meanwhile"):
        await LYNC.apply(
            stubs, LYNC.change(ChangeKind.RECREATE, Field.IDENTITY, entry=old), identity="new"
        )
    assert changing(stubs.calls) == []


@BOTH
@pytest.mark.parametrize("kind", EntryKind)
@pytest.mark.parametrize("became", ["gone", "turned", "another's"])
async def test_what_became_of_an_entry_meanwhile_stops_an_update_before_it_begins(
    side: Side, kind: EntryKind, became: str
) -> None:
    """A script of the hybrid set-up may come between the look and the change."""
    behind = kind is EntryKind.TOKEN_SERVER
    there = side.shown()
    if behind is (became == "turned") and side is LYNC:
        there["AuthToken"] = "Value=https://a.b/metadata/json/1"
    elif behind is (became == "turned"):
        there["UseAuthServer"] = False
    if became == "another's":
        there["ApplicationIdentifier"] = HR.replace("0", "1")
    stubs = side.stubs(*([] if became == "gone" else [there]), servers=[])
    entry = side.entry(kind=kind, metadata_url="" if behind else "https://a.b/metadata/json/1")
    fields = (Field.ENABLED, Field.METADATA_URL, Field.IDENTITY, Field.TOKEN_SERVER)
    change = side.change(ChangeKind.UPDATE, *fields, entry=entry)
    says = "is not there any more" if became == "gone" else "was made into another one meanwhile"
    with pytest.raises(OperationFailed, match=says):
        await side.apply(stubs, change, kind=kind)
    assert changing(stubs.calls) == []


# ---- removing


@BOTH
async def test_the_application_is_removed_and_nothing_else(side: Side) -> None:
    stubs = side.stubs(
        side.shown(), side.shown("other", realm="b.example", Guid=GUID.replace("7", "8"))
    )
    await side.apply(stubs, side.change(ChangeKind.REMOVE))
    assert changing(stubs.calls) == [side.made.replace("New-", "Remove-")]
    [said] = stubs.named(side.made.replace("New-", "Remove-"))
    assert said["Identity"] == side.entry().reference


@BOTH
@pytest.mark.parametrize("kind", EntryKind)
async def test_an_entry_that_was_turned_meanwhile_is_not_removed(
    side: Side, kind: EntryKind
) -> None:
    behind = kind is EntryKind.TOKEN_SERVER
    turned = side.shown(realm="litwareinc.com")
    if behind and side is LYNC:
        turned["AuthToken"] = "Value=https://a.b/metadata/json/1"
    elif behind:
        turned["UseAuthServer"] = False
    stubs = side.stubs(turned)
    entry = side.entry(
        kind=kind, realm="litwareinc.com", metadata_url="https://a.b/metadata/json/1"
    )
    await side.apply(stubs, side.change(ChangeKind.REMOVE, entry=entry))
    assert changing(stubs.calls) == []
