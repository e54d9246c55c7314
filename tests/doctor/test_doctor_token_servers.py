"""Signs of hybrid, and the document of a token server: told, and never a cross because somebody else's is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partner_operator.doctor.checks import diagnose
from partner_operator.doctor.facts import Check
from partner_operator.trust.model import EntryKind, Product
from support.doctor.facts import facts, observed
from support.trust import worlds as values
from support.trust.worlds import STS_URL

ACS = "https://accounts.accesscontrol.windows.net/litwareinc.com/metadata/json/1"
EVO = "https://login.windows.net/litwareinc.com/federationmetadata/2007-06/federationmetadata.xml"


def signs(product: Product = Product.EXCHANGE, **seen: Any) -> Check:
    """The line of the organisation."""
    checks = diagnose(facts(product, seen=observed(product, **seen)))
    [found] = [check for check in checks if check.name == "signs of hybrid"]
    assert found.ok is True
    return found


def test_a_hybrid_set_up_of_exchange_is_named() -> None:
    online = replace(values.STOCK[0], enabled=True)
    there = (
        values.token_server("ACS", ACS, type="MicrosoftACS"),
        values.token_server("EvoSts - x", EVO, type="AzureAD", enabled=False),
        values.token_server(),
    )
    told = signs(entries=(online, values.STOCK[1]), token_servers=there).message
    assert "ACS (MicrosoftACS), EvoSts - x (AzureAD, disabled)" in told
    assert "OAuth with Exchange Online is configured" in told
    assert "Enabled applications of the hybrid set-up: Exchange Online, SfBLegacy" in told
    assert "sts" not in told.replace("EvoSts", "")


@pytest.mark.parametrize(
    ("online", "acs"), [(False, True), (True, False)], ids=["no application", "no token server"]
)
def test_half_of_it_is_no_oauth_with_exchange_online(online: bool, acs: bool) -> None:
    told = signs(
        entries=(replace(values.STOCK[0], enabled=online),),
        token_servers=(values.token_server("ACS", ACS, enabled=acs),),
    ).message
    assert "is configured" not in told
    assert "ACS" in told


def test_a_hybrid_deployment_of_lync_is_named() -> None:
    turned = values.entry(
        Product.EXCHANGE, Product.LYNC, identity="microsoft.exchange", kind=EntryKind.TOKEN_SERVER
    )
    there = (values.token_server("microsoft.sts", ACS), values.token_server())
    told = signs(Product.LYNC, entries=(turned,), token_servers=there).message
    assert "Token servers of Microsoft's clouds: microsoft.sts." in told
    assert "Applications that use token servers: microsoft.exchange." in told


@pytest.mark.parametrize("product", [Product.EXCHANGE, Product.LYNC])
def test_no_sign_and_no_knowledge_are_two_things(product: Product) -> None:
    own = (values.token_server(),)
    assert signs(product, token_servers=own).message.startswith("None:")
    told = signs(product, token_servers_fault="no right to see them.").message
    assert told.startswith("Not known: no right to see them.")


@pytest.mark.parametrize(
    ("document", "ok"), [(values.sts(), True), (values.reading(Product.LYNC, STS_URL), False)]
)
def test_the_document_of_a_token_server_is_judged_as_one(document: Any, ok: bool) -> None:
    healthy = observed()
    seen = replace(healthy, documents={**healthy.documents, STS_URL: document})
    known = replace(facts(seen=seen), partners=(values.hr().partner,))
    name = "metadata document of the token server sts.litwareinc.com"
    [found] = [check for check in diagnose(known) if check.name == name]
    assert found.ok is ok
