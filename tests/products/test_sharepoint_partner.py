"""A farm as a partner of Exchange and of Lync, behind a real PowerShell and behind the embedded engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from partner_operator.trust.model import Product
from partner_operator.trust.plan import Field
from partner_operator.trust.status import ChangeKind
from partner_simulator.world import names
from support.embedded import acts, farms
from support.embedded.twins import Case, Rounds, rounds
from support.pwsh import find_pwsh

pytestmark = pytest.mark.pwsh
ON_EXCHANGE = acts.on_exchange(ChangeKind.REGISTER, Field.ENTRY, partner=Product.SHAREPOINT)
ON_LYNC = acts.on_lync(ChangeKind.REGISTER, Field.ENTRY, partner=Product.SHAREPOINT)


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rounds]:
    with rounds(find_pwsh(), tmp_path_factory.mktemp("farms"), pairs=1) as running:
        yield running


def entries(effects: dict[str, Any]) -> list[Any]:
    """Names and addresses of Exchange's entries for a farm, and the roles that anybody has."""
    items = effects["directory"][names.DOMAIN_CONTROLLERS[0]]
    shown = [(i["name"], i["auth_metadata_url"]) for i in items if "auth_metadata_url" in i]
    roles = {i["role"] for i in items if "role" in i}
    return [sorted(one for one in shown if "_layouts" in one[1]), sorted(roles)]


OURS = ("SharePoint", names.SHAREPOINT_METADATA_URL)
ROLES = [
    "Legal Hold",
    "LegalHoldApplication",
    "Mailbox Search",
    "TeamMailboxLifecycleApplication",
    "UserApplication",
]


def test_exchange_trusts_a_farm_with_its_five_roles(play: Rounds) -> None:
    for told in play.ask(Case("one", ON_EXCHANGE)).result():
        assert entries(told.effects) == [[OURS], ROLES]


def test_another_farm_of_the_same_realm_stays_beside_ours(play: Rounds) -> None:
    arrange = farms.AS_PARTNER["another farm of its realm"]
    other = "https://recovery/_layouts/15/metadata/json/1"
    for told in play.ask(Case("one", ON_EXCHANGE, arrange)).result():
        assert entries(told.effects)[0] == [OURS, ("by hand", other)]
    for told in play.ask(Case("one", ON_LYNC, arrange)).result():
        assert {each.identity for each in told.effects["lync"]} == {
            "SharePoint",
            "microsoft.sharepoint",
        }


def test_what_microsofts_script_made_is_not_made_again(play: Rounds) -> None:
    arrange = farms.AS_PARTNER["trusted with a slash"]
    for act in (ON_EXCHANGE, ON_LYNC):
        for told in play.ask(Case("one", act, arrange)).result():
            assert told.outcome == ""
            assert [each.identity for each in told.effects["lync"]] == ["microsoft.sharepoint"]
            assert [name for name, _ in entries(told.effects)[0]] == ["by hand"]
