"""At most one rejected logon per version of the Secret's data, whenever the password goes bad."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partner_operator.trust.model import Product
from partner_operator.trust.reasons import ConditionType, Reason
from partner_simulator.ports import Standing
from partner_simulator.wsman import Fault, Occasion, Step, Tally, Unauthorized
from support.matrix.domain import Landscape
from support.matrix.model import Shown

REFUSED = Shown(Reason.CREDENTIALS_REJECTED, ConditionType.STALLED)


def _changes_in_run(land: Landscape, number: int, step: Step) -> None:
    """Somebody changes the password while the n-th run of the pass is at this step."""
    user = land.administrator.username
    shells: list[str] = []

    def change(occasion: Occasion) -> bool:
        if occasion.shell_id not in shells:
            shells.append(occasion.shell_id)
        if shells.index(occasion.shell_id) + 1 != number:
            return False
        land.simulation.change_password(user)
        return True

    land.simulation.faults.add(Fault(step, Unauthorized(), where=change))


def _says_refused_and_stays_away(land: Landscape) -> None:
    """The same Secret is not tried again, by this process or the next."""
    assert land.shown() == REFUSED
    assert land.shown_on_server() == REFUSED
    asked = land.count(Tally.CONNECTIONS)
    land.pass_by()
    land.restart_operator()
    land.pass_by()
    assert land.shown() == REFUSED
    assert land.count(Tally.CONNECTIONS) == asked
    assert land.count(Tally.LOGONS_REJECTED) == 1


def _heals_with_a_new_secret(land: Landscape) -> None:
    land.simulation.faults.clear()
    land.use_secret("two")
    land.pass_by()
    assert land.registered()
    assert (len(land.entries()), land.made()) == (1, 1)
    assert land.count(Tally.LOGONS_REJECTED) == 1


@pytest.mark.parametrize("why", ["wrong password", "locked account"])
def test_a_refused_password_is_tried_once_per_version_of_the_secret(
    land: Landscape, why: str
) -> None:
    """A wrong password and a locked account look the same, and are treated the same."""
    (user, _), _ = land.simulation.credentials()
    account = land.simulation.domain.accounts.find(user)
    assert account is not None
    if why == "wrong password":
        land.simulation.change_password(user)
    else:
        account.locked = True
    land.pass_by()
    assert land.runs == ["observe"]
    _says_refused_and_stays_away(land)
    assert land.entries() == []
    account.locked = False
    _heals_with_a_new_secret(land)


@pytest.mark.parametrize(
    ("land", "run", "step"),
    [
        (Product.EXCHANGE, 1, Step.RECEIVE),
        (Product.EXCHANGE, 2, Step.COMMAND),
        (Product.EXCHANGE, 2, Step.SEND),
        (Product.EXCHANGE, 2, Step.RECEIVE),
        (Product.LYNC, 2, Step.SEND),
    ],
    indirect=["land"],
)
def test_a_password_that_changes_in_the_middle_is_refused_once(
    land: Landscape, run: int, step: Step
) -> None:
    """In the run that observes, and in the one that registers; a lost outcome is still looked into."""
    _changes_in_run(land, run, step)
    land.pass_by()
    assert land.runs == ["observe", "register"][:run]
    unknown = run == 2 and step is not Step.COMMAND
    assert land.pinned_to() == (land.host if unknown else None)
    _says_refused_and_stays_away(land)
    _heals_with_a_new_secret(land)


@pytest.mark.parametrize(
    ("land", "run", "step"),
    [
        (Product.EXCHANGE, 1, Step.DELETE),
        (Product.EXCHANGE, 2, Step.DELETE),
        (Product.LYNC, 1, Step.DELETE),
    ],
    indirect=["land"],
)
def test_a_password_that_changes_after_the_answer_is_refused_once(
    land: Landscape, run: int, step: Step
) -> None:
    """The answer counts; the next run is not begun with a password that was just refused."""
    _changes_in_run(land, run, step)
    land.pass_by()
    assert land.count(Tally.SHELLS_OPENED) == run
    assert len(land.entries()) == run - 1
    _says_refused_and_stays_away(land)
    _heals_with_a_new_secret(land)


TOLD = {
    Standing.LOCKED_OUT: "the account is locked out",
    Standing.DISABLED: "the account is disabled",
    Standing.MUST_CHANGE: "the password must be changed",
    Standing.LOGON_TYPE: "the account may not log on in this way",
}


@pytest.mark.parametrize("land", [Product.EXCHANGE, Product.LYNC], indirect=True)
@pytest.mark.parametrize("standing", TOLD, ids=lambda standing: standing.name)
def test_an_account_that_may_not_log_on_is_named_and_tried_again_by_a_humans_word(
    land: Landscape, standing: Standing
) -> None:
    """C38: the host counts. CredSSP tells which it was; NTLM over HTTP does not, and nothing is guessed."""
    user = land.administrator.username
    land.simulation.set_standing(user, standing)
    land.pass_by()
    assert land.shown() == REFUSED
    ready = land.condition(ConditionType.READY)
    assert ready is not None
    assert (TOLD[standing] in ready.message) is (land.product is Product.LYNC)
    for word, rejected in (("one", 2), ("two", 3)):
        annotate(land, word)
        for _ in range(3):
            land.restart_operator()
            land.pass_by()
        assert land.count(Tally.LOGONS_REJECTED) == rejected
        assert land.shown() == REFUSED
    land.simulation.set_standing(user, Standing.GOOD)
    land.pass_by()
    assert not land.registered()
    annotate(land, "three")
    land.pass_by()
    assert land.registered()
    assert land.count(Tally.LOGONS_REJECTED) == 3


def annotate(land: Landscape, word: str) -> None:
    """`kubectl annotate pserver`."""
    [(name, server)] = land.cluster.servers.items()
    land.cluster.servers[name] = replace(server, reconcile_requested_at=word)
