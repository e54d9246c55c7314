"""What people see of objects whose statuses the operator itself wrote."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partner_operator.trust.reasons import Reason
from partner_operator.view.certificates import Role, Stage
from partner_operator.view.overview import Overview, counts, overview_of
from partner_operator.view.pairs import PartyKind
from partner_operator.view.states import State
from partner_operator.view.trusts import Trust
from partner_operator.view.waits import Who
from support.kube.objects import ROOT
from support.view import scenes


def by_name(overview: Overview, name: str) -> Trust:
    [trust] = [each for each in overview.trusts if each.name == name]
    return trust


def test_six_trusts_are_three_pairs_in_both_directions() -> None:
    overview = overview_of(*scenes.six_trusts())
    assert [(pair.one.label, pair.other.label) for pair in overview.pairs] == [
        ("exchange", "lync"),
        ("exchange", "sharepoint"),
        ("lync", "sharepoint"),
    ]
    for pair in overview.pairs:
        assert {trust.server for trust in pair.there} == {pair.one.label}
        assert {trust.server for trust in pair.back} == {pair.other.label}
    assert counts(overview.trusts) == [(State.READY, 6)]
    assert not overview.waiting


def test_every_state_is_told_apart_and_the_worst_comes_first() -> None:
    overview = overview_of(*scenes.all_sorts())
    assert {trust.name: trust.told.state for trust in overview.trusts} == {
        "hr-on-exchange": State.STALLED,
        "exchange-on-lync": State.WAITING,
        "fabrikam-lync-on-exchange": State.WAITING,
        "lync-on-exchange": State.WAITING,
        "sharepoint-on-exchange": State.WAITING,
        "lync-on-nowhere": State.UNKNOWN,
        "lync-on-sharepoint": State.DIFFERS,
        "sharepoint-on-lync": State.SUSPENDED,
        "exchange-on-sharepoint": State.READY,
    }
    ranks = [trust.told.state.rank for trust in overview.trusts]
    assert ranks == sorted(ranks)


def test_words_and_symbols_tell_states_apart_without_colour() -> None:
    for kind in (State, Stage):
        for attribute in ("word", "symbol", "letter"):
            said = [getattr(each, attribute) for each in kind]
            assert len(set(said)) == len(said)
        assert all(each.letter.isascii() and len(each.symbol) == 1 for each in kind)


def test_who_waits_for_what_and_what_to_run() -> None:
    overview = overview_of(*scenes.all_sorts())
    approval = next(each for each in overview.waiting if each.subject.name == "exchange")
    assert approval.wait.who is Who.YOU
    assert approval.wait.command == "partner-operator approve-restart exchange -n trust"
    assert approval.also == (
        "fabrikam-lync-on-exchange",
        "lync-on-exchange",
        "sharepoint-on-exchange",
    )
    twin = next(each for each in overview.waiting if each.subject.name == "exchange-on-lync")
    assert twin.wait.what == "the other direction, lync-on-exchange"
    order = [list(Who).index(each.wait.who) for each in overview.waiting]
    assert order == sorted(order)


def test_partners_without_an_object_are_parties_too() -> None:
    overview = overview_of(*scenes.all_sorts())
    kinds = {pair.other.label: pair.other.kind for pair in overview.pairs}
    assert kinds["lync.fabrikam.com"] is PartyKind.BY_URL
    assert kinds[f"{scenes.CHINESE} HR"] is PartyKind.APPLICATION
    [lost] = [pair for pair in overview.pairs if "nowhere" in (pair.one.label, pair.other.label)]
    assert PartyKind.MISSING in (lost.one.kind, lost.other.kind)


def test_a_partner_by_url_that_is_a_server_of_another_namespace_is_that_server() -> None:
    """Two namespaces, each of which declares its own side: one pair, both directions."""
    scene = scenes.six_trusts()
    for body in (*scene.servers, *scene.trusts):
        if body["metadata"]["name"] in {"lync", "exchange-on-lync"}:
            body["metadata"]["namespace"] = "telephony"
    urls = {body["metadata"]["name"]: body["spec"]["authMetadataUrl"] for body in scene.servers}
    wanted = {"exchange-on-lync": ("Exchange", "exchange"), "lync-on-exchange": ("Lync", "lync")}
    trusts = [body for body in scene.trusts if body["metadata"]["name"] in wanted]
    for body in trusts:
        product, server = wanted[body["metadata"]["name"]]
        del body["spec"]["partnerRef"]
        body["spec"]["partner"] = {
            "product": product,
            "authMetadataUrl": urls[server].upper() + "/",
        }
    [pair] = overview_of(scene.servers, trusts, scene.now).pairs
    assert (len(pair.there), len(pair.back)) == (1, 1)
    assert {pair.one.namespace, pair.other.namespace} == {"trust", "telephony"}


def test_certificates_say_whose_they_are_and_what_comes_next() -> None:
    overview = overview_of(*scenes.all_sorts())
    first = overview.holders[0]
    assert first.label == "lync"
    assert [(each.role, each.stage) for each in first.certificates] == [
        (Role.SIGNS, Stage.SOON),
        (Role.PUBLISHED, Stage.GOOD),
    ]
    assert "lync.fabrikam.com" in {holder.label for holder in overview.holders}
    assert len([holder for holder in overview.holders if holder.label == "lync"]) == 1


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (61, Stage.GOOD),
        (60, Stage.SOON),
        (15, Stage.SOON),
        (14, Stage.URGENT),
        (0, Stage.ENDED),
        (-9, Stage.ENDED),
    ],
)
def test_how_far_a_certificate_is(days: int, stage: Stage) -> None:
    scene = scenes.all_sorts()
    [lync] = [body for body in scene.servers if body["metadata"]["name"] == "lync"]
    ends = scene.now + timedelta(days=days)
    lync["status"]["metadata"]["certificates"][0]["notAfter"] = ends.isoformat()
    [holder] = [each for each in overview_of(*scene).holders if each.label == "lync"]
    assert holder.certificates[0].stage is stage


def test_tests_that_failed_come_first() -> None:
    tests = overview_of(*scenes.all_sorts()).tests
    assert [(trust.name, trust.test and trust.test.passed) for trust in tests] == [
        ("sharepoint-on-exchange", False),
        ("exchange-on-lync", True),
    ]


def test_ready_of_an_earlier_declaration_is_not_ready() -> None:
    scene = scenes.six_trusts()
    scene.trusts[0]["metadata"]["generation"] += 1
    trust = by_name(overview_of(*scene), scene.trusts[0]["metadata"]["name"])
    assert trust.told.state is State.WORKING
    assert trust.told.sentence.startswith("The declaration has changed since this was told: ")


def test_how_old_a_word_is_and_when_nobody_speaks_any_more() -> None:
    scene = scenes.six_trusts()
    overview = overview_of(*scene)
    assert overview.told_at == scene.now - timedelta(minutes=3)
    assert not any(server.told.late for server in overview.servers)
    assert not any(trust.told.late for trust in overview.trusts)
    scene.servers[0]["status"]["retry"] = {"failures": 3, "nextAttemptAt": scene.now.isoformat()}
    later = overview_of(scene.servers, scene.trusts, scene.now + timedelta(hours=1))
    [late] = [each for each in later.servers if each.told.late]
    assert late.told.late == "A try was due and has told nothing. Does the operator run?"
    lost = by_name(overview_of(*scenes.all_sorts()), "lync-on-nowhere")
    assert lost.told.late == "No operator has told anything of it. Does one serve this namespace?"


def test_an_object_that_nobody_has_seen_is_unknown() -> None:
    scene = scenes.six_trusts()
    for body in (*scene.servers, *scene.trusts):
        body["status"] = {}
    overview = overview_of(*scene)
    assert counts(overview.servers) == [(State.UNKNOWN, 3)]
    assert counts(overview.trusts) == [(State.UNKNOWN, 6)]
    said = {trust.told.sentence for trust in overview.trusts}
    assert said == {"The operator has told nothing of it yet."}


def _with_ready(status: str, reason: str, *more: str) -> list[dict[str, Any]]:
    """Conditions with these words."""
    ready = {"type": "Ready", "status": status, "reason": reason, "message": "m"}
    return [ready, *({"type": kind, "status": "True", "reason": reason} for kind in more)]


@pytest.mark.parametrize("reason", list(Reason))
def test_no_reason_is_called_ready_unless_ready_is_true(reason: Reason) -> None:
    scene = scenes.six_trusts()
    body = scene.trusts[0]
    name = body["metadata"]["name"]
    for status, more, states in (
        ("Unknown", ["Reconciling"], {State.WAITING, State.WORKING}),
        ("False", ["Reconciling"], {State.FAILING}),
        ("False", ["Stalled"], {State.STALLED}),
    ):
        body["status"] = {"conditions": _with_ready(status, reason, *more)}
        overview = overview_of(*scene)
        assert by_name(overview, name).told.state in states
        assert name in {each.subject.name for each in overview.waiting}


def test_the_page_explains_each_state_by_the_word_and_symbol_that_are_shown() -> None:
    lines = (ROOT / "docs" / "report.md").read_text().splitlines()
    for state in State:
        assert [line for line in lines if line.startswith(f"| {state.word} | {state.symbol} | ")]
