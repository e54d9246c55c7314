"""Each alert fires when what it is about has happened, and ends when it is over: in one story, judged by promtool."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from partner_operator.metrics.collector import State
from partner_operator.trust.model import Mode, Product, RestartWindow
from support.engine.servers import HEALTHY
from support.engine.world import EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE
from support.metrics import rules
from support.metrics.film import Fires, series_in
from support.metrics.story import Story
from support.metrics.world import text_of

IN = {"namespace": "trust"}
EXCHANGE = IN | {"name": "exchange"}
REASONS = "docs/reasons.md#"


def _of_certificate(whose: str, name: str, severity: str, left: str) -> Fires:
    kind = "PartnerServer" if whose == "own" else "PartnerApplication"
    return Fires(
        IN | {"kind": kind, "name": name, "whose": whose, "severity": severity},
        f"The {whose} OAuth certificate of {kind} trust/{name} ends in {left}.",
        f"{REASONS}certificateexpiressoon",
    )


def _not_ready(kind: str, name: str, reason: str) -> Fires:
    return Fires(
        IN | {"kind": kind, "name": name, "severity": "warning"},
        f"{kind} trust/{name} has not been Ready for long: {reason}.",
        f"{REASONS}{reason.lower()}",
    )


def _certificate_ends(story: Story) -> None:
    """One warning at a time, for both who look at it; a new certificate ends it."""
    warnings = (("60", "info", 59), ("30", "warning", 29), ("14", "critical", 13))
    for place, (days, severity, lasts) in enumerate(warnings):
        story.publish(Product.EXCHANGE, "ABC"[place], timedelta(days=lasts, minutes=12))
        story.minutes(8)
        story.film.expect(f"PartnerCertificateEndsWithin{days}Days")
        story.minutes(4)
        left = f"{lasts}d 0h 0m 0s"
        story.film.expect(
            f"PartnerCertificateEndsWithin{days}Days",
            _of_certificate("own", "exchange", severity, left),
            _of_certificate("partner", EXCHANGE_ON_LYNC, severity, left),
        )
        for other, *_ in warnings:
            if other != days:
                story.film.expect(f"PartnerCertificateEndsWithin{other}Days")
    story.publish(Product.EXCHANGE, "D", timedelta(minutes=-5))
    story.minutes(5)
    story.film.expect(
        "PartnerCertificateEndsWithin14Days",
        _of_certificate("own", "exchange", "critical", "-10m 0s"),
        _of_certificate("partner", EXCHANGE_ON_LYNC, "critical", "-10m 0s"),
    )
    story.publish(Product.EXCHANGE, "E", timedelta(days=700))
    story.minutes(30)


def _trust_is_not_ready(story: Story) -> None:
    hosts = story.world.exchange.hosts
    story.world.exchange.unreachable.update(hosts)
    story.minutes(58)
    story.film.expect("PartnerTrustNotReady")
    story.minutes(6)
    story.film.expect(
        "PartnerTrustNotReady",
        _not_ready("PartnerServer", "exchange", "Unreachable"),
        _not_ready("PartnerApplication", LYNC_ON_EXCHANGE, "Unreachable"),
        _not_ready("PartnerApplication", EXCHANGE_ON_LYNC, "WaitingForCounterpart"),
    )
    story.world.exchange.unreachable.clear()
    story.minutes(30)


def _test_fails(story: Story) -> None:
    lync = story.world.lync
    lync.passes = lambda: False
    story.world.cluster.request(EXCHANGE_ON_LYNC, "test now")
    story.minutes(10)
    story.film.expect("PartnerTestFailing")
    story.minutes(10)
    story.film.expect(
        "PartnerTestFailing",
        Fires(
            IN | {"name": EXCHANGE_ON_LYNC, "severity": "warning"},
            f"The connectivity test of PartnerApplication trust/{EXCHANGE_ON_LYNC} fails.",
            f"{REASONS}connectivitytestfailed",
        ),
    )
    lync.passes = story.world.trusted
    story.world.cluster.request(EXCHANGE_ON_LYNC, "test again")
    story.minutes(3)


def _host_does_not_come_back(story: Story) -> None:
    exchange = story.world.exchange
    exchange.starts = frozenset()
    story.somebody_disables_it()
    story.minutes(3)
    story.film.expect(
        "PartnerHostFailed",
        Fires(
            EXCHANGE | {"severity": "critical"},
            "A host of PartnerServer trust/exchange did not come back from its restart, or was not restarted.",
            f"{REASONS}restartfailed",
        ),
    )
    exchange.starts = HEALTHY
    exchange.services.clear()
    story.minutes(20)


def _host_is_not_restarted(story: Story) -> None:
    """The other way to fail: iisreset restarts nothing."""
    exchange = story.world.exchange
    exchange.refusal = "Access denied."
    story.somebody_disables_it()
    story.minutes(3)
    story.film.expect(
        "PartnerHostFailed",
        Fires(
            EXCHANGE | {"severity": "critical"},
            "A host of PartnerServer trust/exchange did not come back from its restart, or was not restarted.",
            f"{REASONS}restartfailed",
        ),
    )
    exchange.refusal = ""
    for host in exchange.hosts:
        exchange.iisreset(host)
    story.minutes(20)


def _budget_is_spent(story: Story) -> None:
    story.restart_rules(max_per_day=1)
    story.somebody_disables_it()
    story.minutes(8)
    story.film.expect(
        "PartnerRestartBudgetSpent",
        Fires(
            EXCHANGE | {"severity": "warning"},
            "PartnerServer trust/exchange waits for a restart that spec.restart.maxPerDay does not allow yet.",
            f"{REASONS}restartbudgetspent",
        ),
    )
    story.restart_rules(max_per_day=50)
    story.minutes(10)


def _somebody_else_writes(story: Story) -> None:
    for _ in range(6):
        story.somebody_disables_it()
        story.minutes(3)
    story.film.expect(
        "PartnerAnotherWriter",
        Fires(
            IN | {"name": LYNC_ON_EXCHANGE, "severity": "warning"},
            f"Somebody keeps setting back what PartnerApplication trust/{LYNC_ON_EXCHANGE} declares.",
            f"{REASONS}anotherwriter",
        ),
    )
    story.world.cluster.request(LYNC_ON_EXCHANGE, "he is gone")
    story.minutes(5)


def _watch_is_deaf(story: Story) -> None:
    story.echo.expect("uid-Exchange", "7")
    story.minutes(1)
    story.film.expect("PartnerOperatorDeaf")
    story.minutes(3)
    story.film.expect(
        "PartnerOperatorDeaf",
        Fires(
            {"severity": "critical"},
            "The operator writes statuses and does not hear of them from its watch of the API server.",
            "docs/metrics.md#partneroperatordeaf",
        ),
    )
    story.echo.heard("uid-Exchange", "7")
    story.minutes(1)


ABSENT = Fires(
    {"severity": "critical"},
    "No partner-operator is at work, so no trust is looked after.",
    "docs/metrics.md#partneroperatorabsent",
)


def _nobody_answers(story: Story) -> None:
    story.minutes(4, scraped=False)
    story.film.expect("PartnerOperatorAbsent")
    story.minutes(3, scraped=False)
    story.film.expect("PartnerOperatorAbsent", ABSENT)
    story.minutes(1)


def _all_stand_by(story: Story) -> None:
    """Replicas are there, and none of them works."""
    story.world.state.works = lambda: False
    story.minutes(7)
    story.film.expect("PartnerOperatorAbsent", ABSENT)
    story.world.state.works = lambda: True
    story.minutes(1)


def _api_server_refuses(story: Story) -> None:
    for _ in range(8):
        story.requests["GET", "403"] += 6
        story.minutes(1)
    story.film.expect(
        "PartnerOperatorRefused",
        Fires(
            {"method": "GET", "code": "403", "severity": "warning"},
            "The API server refuses GET requests of the operator with 403.",
            "docs/metrics.md#partneroperatorrefused",
        ),
    )
    story.minutes(11)


def _status_is_not_taken(story: Story) -> None:
    """What its conditions say is from before, so only this alert tells of it."""
    story.world.cluster.refusals.add(("server_status", "exchange"))
    story.world.exchange.unreachable.update(story.world.exchange.hosts)
    story.minutes(14)
    story.film.expect(
        "PartnerOperatorRefused",
        Fires(
            EXCHANGE | {"kind": "PartnerServer", "severity": "warning"},
            "The API server does not take what the operator writes of PartnerServer trust/exchange.",
            f"{REASONS}notwritten",
        ),
    )
    story.world.cluster.refusals.clear()
    story.world.exchange.unreachable.clear()
    story.minutes(30)


SCENES = (
    _certificate_ends,
    _trust_is_not_ready,
    _test_fails,
    _host_does_not_come_back,
    _host_is_not_restarted,
    _budget_is_spent,
    _somebody_else_writes,
    _watch_is_deaf,
    _nobody_answers,
    _all_stand_by,
    _api_server_refuses,
    _status_is_not_taken,
)


def test_in_one_story_each_alert_fires_and_ends(tmp_path: Path) -> None:
    story = Story()
    for scene in SCENES:
        for alert in rules.names():
            story.film.expect(alert)
        scene(story)
    for alert in rules.names():
        story.film.expect(alert)
    assert story.film.fired() == set(rules.names())
    assert story.film.judge(tmp_path) == ""


def test_an_expectation_that_is_wrong_is_found(tmp_path: Path) -> None:
    """Else promtool would be content with anything."""
    story = Story()
    story.minutes(1)
    story.film.expect("PartnerOperatorAbsent", ABSENT)
    assert "PartnerOperatorAbsent" in story.film.judge(tmp_path)


@pytest.mark.parametrize("suspended", [False, True])
def test_who_is_suspended_is_not_waited_for(suspended: bool, tmp_path: Path) -> None:
    """Its conditions are from before, and a human knows."""
    story = Story()
    story.world.exchange.unreachable.update(story.world.exchange.hosts)
    story.minutes(2)
    if suspended:
        story.world.cluster.change(LYNC_ON_EXCHANGE, mode=Mode.SUSPEND)
    story.minutes(70)
    servers = [
        _not_ready("PartnerServer", "exchange", "Unreachable"),
        _not_ready("PartnerApplication", EXCHANGE_ON_LYNC, "WaitingForCounterpart"),
    ]
    own = [_not_ready("PartnerApplication", LYNC_ON_EXCHANGE, "Unreachable")]
    story.film.expect("PartnerTrustNotReady", *servers, *([] if suspended else own))
    assert story.film.judge(tmp_path) == ""


@pytest.mark.parametrize(("hours", "fires"), [(7 * 24, False), (9 * 24, True)])
def test_a_window_may_be_a_week_away(hours: int, fires: bool, tmp_path: Path) -> None:
    story = Story()
    story.restart_rules(windows=(RestartWindow("0 3 1 1 *", timedelta(hours=1), "UTC"),))
    story.somebody_disables_it()
    story.minutes(2)
    story.film.evaluated_every = 60
    # Nothing changes meanwhile: the last frame is shown for so long.
    story.film.frames += [story.film.frames[-1]] * (hours * 60)
    waiting = [
        _not_ready("PartnerServer", "exchange", "WaitingForWindow"),
        _not_ready("PartnerApplication", LYNC_ON_EXCHANGE, "WaitingForWindow"),
    ]
    # The other direction waits too, and for no window.
    other = _not_ready("PartnerApplication", EXCHANGE_ON_LYNC, "WaitingForCounterpart")
    story.film.expect("PartnerTrustNotReady", other, *(waiting if fires else []))
    assert story.film.judge(tmp_path) == ""


def test_the_standby_that_takes_over_begins_no_alert_anew(tmp_path: Path) -> None:
    """Both are scraped; one of them tells of objects. The hour goes on where the other one stopped."""
    story = Story()
    story.world.exchange.unreachable.update(story.world.exchange.hosts)
    story.minutes(64)
    stands_by = series_in(text_of(State()))
    film = story.film
    for number, frame in enumerate(film.frames):
        pods = ("a", "b") if number < 30 else ("b", "a")
        shown = {_on(pods[0], one): value for one, value in frame.items()}
        film.frames[number] = shown | {_on(pods[1], one): value for one, value in stands_by.items()}
    film.expect(
        "PartnerTrustNotReady",
        _not_ready("PartnerServer", "exchange", "Unreachable"),
        _not_ready("PartnerApplication", LYNC_ON_EXCHANGE, "Unreachable"),
        _not_ready("PartnerApplication", EXCHANGE_ON_LYNC, "WaitingForCounterpart"),
    )
    film.expect("PartnerOperatorAbsent")
    assert film.judge(tmp_path) == ""


def _on(pod: str, series: str) -> str:
    """The series of this pod, as Prometheus labels what it scrapes."""
    comma = "" if series.endswith("{}") else ","
    return f'{series[:-1]}{comma}pod="{pod}"}}'
