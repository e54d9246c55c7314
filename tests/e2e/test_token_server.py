"""An application behind the company's token server, in an organisation that Microsoft's cloud shares."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from partner_demo.operator_process import ROOT
from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from partner_simulator.simulation import Simulation
from partner_simulator.views import TokenServerEntry
from partner_simulator.world import names
from partner_simulator.world.machines import Role
from partner_simulator.world.objects import AuthServer, PartnerApplication
from partner_simulator.world.token_server import HR_ID
from support.pwsh import on_both_engines

ON_EXCHANGE, ON_LYNC = "hr-on-exchange", "hr-on-lync"
EXAMPLE = ROOT / "examples" / "token-server.yaml"
ACCOUNT = "HR-ApplicationAccount"
STS, URL = "sts.litwareinc.com", names.TOKEN_SERVER_METADATA_URL
MAKE = f"New-AuthServer -Name '{STS}' -AuthMetadataUrl '{URL}'"


def of_others(simulation: Simulation) -> dict[str, Any]:
    """What Setup, the wizard and the scripts made, with everything that the directory and the store keep of it."""
    domain, store = simulation.domain, simulation.domain.cms.state
    return {
        "applications": [
            entry
            for entry in domain.directory.find(PartnerApplication)
            if entry.use_auth_server and entry.application_identifier != HR_ID
        ],
        "auth servers": [
            server
            for server in domain.directory.find(AuthServer)
            if server.auth_metadata_url != URL
        ],
        "Lync's applications": [
            entry
            for entry in store.applications.values()
            if entry.use_oauth_server and entry.application_identifier != HR_ID
        ],
        "OAuth servers": [
            server for server in store.oauth_servers.values() if server.metadata_url != URL
        ],
        "configuration": store.configuration,
    }


def ours(there: list[TokenServerEntry]) -> TokenServerEntry | None:
    """The company's token server among those that a product trusts."""
    return next((server for server in there if server.metadata_url == URL), None)


def on_exchange(stage: Stage) -> TokenServerEntry | None:
    return ours(stage.simulation.exchange_token_servers())


def of_sts(stage: Stage) -> tuple[str, ...]:
    """Its keys as Exchange has them."""
    there = on_exchange(stage)
    return there.thumbprints if there else ()


def applications(simulation: Simulation) -> list[tuple[str, bool]]:
    """The HR application's entries: where, and whether it is enabled."""
    entries = [("Exchange", each) for each in simulation.exchange_entries()] + [
        ("Lync", each) for each in simulation.lync_entries()
    ]
    return [
        (where, each.enabled) for where, each in entries if each.application_identifier == HR_ID
    ]


def look_again(stage: Stage) -> None:
    """A human asks for a pass over both servers."""
    word = f"partner-operator.io/reconcile-requested-at={uuid4()}"
    stage.kubectl("annotate", "--overwrite", "pserver", "exchange", "lync", word)


def restarted_by_hand(simulation: Simulation) -> None:
    """Else workers go by what they read up to fifteen minutes ago."""
    for host in simulation.exchange_hosts():
        simulation.iisreset(host)


def reason(stage: Stage, name: str, kind: str = "Ready") -> str:
    return str(stage.condition("papp", name, kind).get("reason"))


def tells(stage: Stage, name: str, wanted: str) -> bool:
    return reason(stage, name) == wanted


def owners_words() -> list[list[str]]:
    """The commands of the example's comment, for kubectl."""
    lines = EXAMPLE.read_text().splitlines()
    return [shlex.split(line)[2:] for line in lines if line.startswith("#   kubectl ")]


def mailbox_refused(stage: Stage, *, for_user: bool = False) -> str | None:
    simulation = stage.simulation
    return simulation.third_party_refused(
        simulation.hr_application, Role.EXCHANGE, for_user=for_user
    )


def begun(stage: Stage) -> dict[str, Any]:
    """A hybrid organisation, the trust of its servers, and the HR application are declared; what others have there."""
    simulation = stage.simulation
    simulation.hybrid()
    simulation.make_linked_account(ACCOUNT, "UserApplication")
    before = of_others(simulation)
    assert all(before.values())
    exchange, lync = simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.apply_text(stage.examples())
    stage.apply_text(EXAMPLE.read_text())
    for command in owners_words():
        stage.kubectl(*command)
    stage.operator.start()
    return before


@on_both_engines
def test_the_hr_application_is_let_in_and_the_cloud_notices_nothing(stage: Stage) -> None:
    """Made, rolled, disabled by hand and told, mended, deleted; the token server stays, and so does what is hybrid."""
    simulation = stage.simulation
    before = begun(stage)

    # Lync's owner lets it be made; Exchange's does not, and is told the command.
    for name in (ON_LYNC, EXCHANGE_OBJECT, LYNC_OBJECT):
        stage.wait_ready(name)
    stage.wait_for("it is missed", partial(tells, stage, ON_EXCHANGE, "TokenServerMissing"))
    assert MAKE in stage.condition("papp", ON_EXCHANGE, "Ready")["message"]
    assert on_exchange(stage) is None
    assert applications(simulation) == [("Lync", True)]
    assert simulation.third_party_refused(simulation.hr_application, Role.FRONT_END) is None
    assert "2000011" in str(mailbox_refused(stage))

    # Now Exchange's does, too.
    may = '[{"op": "replace", "path": "/spec/allowedTokenServers/0/create", "value": true}]'
    stage.kubectl("patch", "pserver", "exchange", "--type=json", "-p", may)
    stage.wait_ready(ON_EXCHANGE)
    assert reason(stage, ON_EXCHANGE, "Connected") == "NotTested"
    assert mailbox_refused(stage) is None
    assert mailbox_refused(stage, for_user=True) is None
    assert simulation.trust_works() is None
    made = on_exchange(stage)
    assert made is not None
    assert (made.name, made.enabled, made.is_for_logon) == (STS, True, False)

    # Its next key, published beside the one that signs, is there in time.
    rolled = simulation.roll_token_server_key()
    look_again(stage)
    stage.wait_for("it has the next key", lambda: rolled in of_sts(stage))
    simulation.activate_rolled_token_key()
    look_again(stage)
    stage.wait_for("it has the next key alone", lambda: of_sts(stage) == (rolled,))
    restarted_by_hand(simulation)
    assert mailbox_refused(stage) is None
    assert simulation.third_party_refused(simulation.hr_application, Role.FRONT_END) is None

    # Disabled by hand it is told, and nothing is opened to the token servers that are left.
    simulation.change_token_server(STS, enabled=False)
    simulation.change_exchange_entry("HR", enabled=False)
    look_again(stage)
    stage.wait_for("it is told", partial(tells, stage, ON_EXCHANGE, "TokenServerDisabled"))
    assert on_exchange(stage) == replace(made, enabled=False, thumbprints=(rolled,))
    assert ("Exchange", False) in applications(simulation)
    assert "2000011" in str(mailbox_refused(stage))
    simulation.change_token_server(STS, enabled=True)
    simulation.change_lync_entry("HR", lambda entry: replace(entry, enabled=False))
    look_again(stage)
    mended = [("Exchange", True), ("Lync", True)]
    stage.wait_for("both are mended", lambda: applications(simulation) == mended)
    for name in (ON_EXCHANGE, ON_LYNC):
        stage.wait_ready(name)
    assert mailbox_refused(stage) is None

    # Deleted: the applications are gone, and nothing else.
    there = (simulation.exchange_token_servers(), simulation.lync_token_servers())
    assert on_exchange(stage) == replace(made, thumbprints=(rolled,))
    for name in (ON_EXCHANGE, ON_LYNC):
        stage.delete(name)
    assert applications(simulation) == []
    assert (simulation.exchange_token_servers(), simulation.lync_token_servers()) == there
    # The operator restarts nothing for a removal.
    restarted_by_hand(simulation)
    assert "2000012" in str(mailbox_refused(stage))
    assert simulation.trust_works() is None
    assert of_others(simulation) == before
