"""Who is rung by what, and who is left in peace."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import ServerName
from partner_operator.kube.switchboard import Switchboard
from support.kube.objects import READY, application, changed, server, stored

EXCHANGE = ServerName("trust", "exchange")
LYNC = ServerName("trust", "lync")


async def rung(bell: Bell) -> set[str]:
    """Why a bell was rung since the last look; nothing when it was not."""
    if bell.pending_since is None:
        return set()
    return set(await bell.wait())


class House:
    """Two servers whose workers wait, and one application of each; all known, bells silent."""

    def __init__(self) -> None:
        self.board = Switchboard()
        self.exchange = self.board.hang(EXCHANGE)
        self.lync = self.board.hang(LYNC)
        self.objects: dict[str, dict[str, Any]] = {
            body["metadata"]["name"]: stored(body)
            for body in (
                server("exchange"),
                server("lync"),
                application("lync-on-exchange"),
                application("exchange-on-lync"),
            )
        }

    async def hear(self, body: dict[str, Any], *, deleted: bool = False) -> dict[str, set[str]]:
        """Let an event in; returns who was rung, and why."""
        if body["kind"] == "PartnerServer":
            self.board.server_event(body, deleted=deleted)
        else:
            self.board.application_event(body, deleted=deleted)
        bells = {"exchange": self.exchange, "lync": self.lync, "unserved": self.board.unserved}
        reasons = {name: await rung(bell) for name, bell in bells.items()}
        return {name: why for name, why in reasons.items() if why}


@pytest.fixture
async def house() -> House:
    """A house in which all is known."""
    made = House()
    for body in made.objects.values():
        await made.hear(body)
    return made


def with_meta(body: dict[str, Any], **meta: Any) -> dict[str, Any]:
    """The same object with other metadata."""
    return {**body, "metadata": {**body["metadata"], **meta}}


def of_organisation(body: dict[str, Any], name: str, stalled: str = "") -> dict[str, Any]:
    """The same server after an operator told which organisation it has."""
    conditions = [{"type": "Stalled", "status": "True", "reason": stalled}] if stalled else []
    return {**body, "status": {"organization": name, "conditions": conditions}}


async def test_servers_of_one_organisation_are_rung_by_what_the_other_one_says(
    house: House,
) -> None:
    """Each waits for the other's word, so the word rings. No other server is woken by a status."""
    mine, other = house.objects["exchange"], house.objects["lync"]
    assert await house.hear(of_organisation(mine, "litwareinc")) == {}
    why = {"exchange": {"PartnerServer lync is of the same organisation"}}
    assert await house.hear(of_organisation(other, "LitwareInc")) == why
    assert await house.hear(of_organisation(other, "LitwareInc")) == {}
    assert await house.hear(of_organisation(other, "LitwareInc", "DuplicateServer")) == why
    assert await house.hear(of_organisation(other, "contoso", "DuplicateServer")) == why
    assert await house.hear(of_organisation(other, "contoso")) == {}
    assert await house.hear(of_organisation(other, "litwareinc")) == why
    told = await house.hear(of_organisation(other, "litwareinc"), deleted=True)
    assert why["exchange"] <= told["exchange"]


async def test_the_same_event_again_rings_nobody(house: House) -> None:
    """After a broken watch kopf lists everything anew."""
    for body in house.objects.values():
        assert await house.hear(body) == {}


async def test_our_own_writes_ring_nobody_while_nothing_changes_for_others(house: House) -> None:
    exchange = house.objects["exchange"]
    written = {**with_meta(exchange, resourceVersion="8"), "status": {"organization": "x"}}
    assert await house.hear(written) == {}
    touched = with_meta(exchange, annotations={"partner-operator.io/touch-dummy": "now"})
    assert await house.hear(touched) == {}
    finalized = with_meta(exchange, finalizers=["partner-operator.io/server"])
    assert await house.hear(finalized) == {}


async def test_a_test_that_passes_again_rings_nobody(house: House) -> None:
    body = house.objects["exchange-on-lync"]
    for hour in (8, 9):
        test = {"result": "Passed", "lastTestedAt": f"2026-11-25T0{hour}:00:00Z"}
        heard = await house.hear({**body, "status": {"connectivity": test}})
    assert heard == {}


@pytest.mark.parametrize(
    "meta",
    [
        {"generation": 2},
        {"deletionTimestamp": "2026-11-25T10:00:00Z"},
        {"annotations": {"partner-operator.io/reconcile-requested-at": "now"}},
        {"annotations": {"partner-operator.io/release": "uid"}},
    ],
)
async def test_what_people_ask_of_an_application_rings_its_server(
    house: House, meta: dict[str, Any]
) -> None:
    heard = await house.hear(with_meta(house.objects["lync-on-exchange"], **meta))
    assert "PartnerApplication lync-on-exchange changed" in heard["exchange"]
    assert "unserved" not in heard


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": [READY]},
        {"conditions": [{**READY, "status": "False"}]},
        {"registration": {"identity": "Lync", "lastChangedAt": "2026-11-25T08:00:00Z"}},
        {"connectivity": {"result": "Passed"}},
    ],
)
async def test_what_one_direction_tells_rings_the_server_of_the_other(
    house: House, status: dict[str, Any]
) -> None:
    body = {**house.objects["lync-on-exchange"], "status": status}
    assert await house.hear(body) == {"lync": {"PartnerApplication lync-on-exchange changed"}}


@pytest.mark.parametrize("name", ["reconcile-requested-at", "approve-restart"])
async def test_what_people_ask_of_a_server_rings_it(house: House, name: str) -> None:
    asked = with_meta(house.objects["exchange"], annotations={f"partner-operator.io/{name}": "x"})
    assert "PartnerServer exchange changed" in (await house.hear(asked))["exchange"]
    assert await house.hear(asked) == {}


async def test_a_change_of_a_server_rings_it_and_all_that_trust_it(house: House) -> None:
    """Its metadata address may be another now."""
    heard = await house.hear(with_meta(house.objects["lync"], generation=2))
    assert heard == {
        "lync": {"PartnerServer lync changed"},
        "exchange": {"PartnerServer lync changed"},
    }


async def test_a_partner_that_appears_rings_those_that_waited_for_it(house: House) -> None:
    body = changed(house.objects["lync-on-exchange"], "partnerRef", {"name": "sharepoint"})
    await house.hear(with_meta(body, generation=2))
    heard = await house.hear(stored(server("sharepoint")))
    assert heard["exchange"] == {"PartnerServer sharepoint appeared"}


async def test_both_directions_hear_when_one_leaves(house: House) -> None:
    heard = await house.hear(house.objects["lync-on-exchange"], deleted=True)
    assert set(heard) == {"exchange", "lync"}


async def test_an_application_without_a_server_rings_the_worker_of_all_such() -> None:
    board = Switchboard()
    board.application_event(stored(application("lync-on-exchange")))
    assert await rung(board.unserved) == {"PartnerApplication lync-on-exchange appeared"}


async def test_applications_hear_when_their_server_is_gone(house: House) -> None:
    house.board.take_down(EXCHANGE)
    heard = await house.hear(house.objects["exchange"], deleted=True)
    assert heard["unserved"] == {"PartnerServer exchange left"}


async def test_a_server_made_anew_is_another_server(house: House) -> None:
    await house.hear(house.objects["exchange"], deleted=True)
    heard = await house.hear(with_meta(house.objects["exchange"], uid="another"))
    assert heard["exchange"] == {"PartnerServer exchange appeared"}


@pytest.mark.parametrize("body", [{}, {"metadata": {}}, {"spec": None, "status": None}])
def test_no_event_makes_it_fail(body: dict[str, Any]) -> None:
    """kopf swallows the errors of event handlers: nobody would hear of one."""
    board = Switchboard()
    board.server_event(body)
    board.application_event(body)
    board.server_event(body, deleted=True)
    board.application_event(body, deleted=True)


async def test_a_finalizer_that_somebody_took_off_rings_once(house: House) -> None:
    """Our own putting on rings nobody, nor does one that we take off from what is being deleted."""
    bare = house.objects["lync-on-exchange"]
    ours = {"finalizers": ["partner-operator.io/registration", "other"]}
    assert await house.hear(with_meta(bare, **ours)) == {}
    why = {"exchange": {"PartnerApplication lync-on-exchange changed: its finalizer is off"}}
    assert await house.hear(with_meta(bare, finalizers=["other"])) == why
    for _ in range(3):
        assert await house.hear(with_meta(bare, **ours)) == {}
        assert await house.hear(with_meta(bare)) == {}
    going = {"deletionTimestamp": "2026-11-25T10:00:00Z"}
    other = house.objects["exchange-on-lync"]
    await house.hear(with_meta(other, **ours, **going))
    assert await house.hear(with_meta(other, finalizers=["other"], **going)) == {}
