"""A real Prometheus scrapes the real operator: panels have something to show, the end of a certificate is told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from partner_simulator.simulation import Simulation
from partner_simulator.world import names
from partner_simulator.world.cms import TokenCertificate
from partner_testbed import ControlPlane
from partner_testbed.prometheus import Prometheus
from support.metrics.dashboard import filled, targets
from support.metrics.rules import groups
from support.pwsh import chosen_pwsh
from support.waiting import eventually

LASTS = timedelta(days=20)
WITHOUT = {"Trusts that are not", "Tests that fail"}
"""Panels that have nothing to count while all is well."""


@pytest.fixture
def stage(plane: ControlPlane, unused_tcp_port: int) -> Iterator[Stage]:
    """A domain in which the certificate that Lync signs with ends in twenty days."""
    with Simulation(chosen_pwsh(None)) as simulation:
        _sign_with_what_ends(simulation)
        with Stage(
            plane=plane,
            namespace=f"release-{uuid.uuid4().hex[:8]}",
            simulation=simulation,
            settle="1s",
            operator_arguments=("--metrics", f"http://127.0.0.1:{unused_tcp_port}/metrics"),
        ) as stage:
            yield stage


def _sign_with_what_ends(simulation: Simulation) -> None:
    domain = simulation.domain
    now = datetime.now(UTC)
    made = domain.authority.issue_signing(names.DOMAIN, not_after=now + LASTS)
    domain.lync_certificates[made.thumbprint] = made
    assigned = TokenCertificate(made, now - timedelta(days=1), updated_at=now)
    domain.cms.change(lambda state: replace(state, certificate=assigned))
    domain.cms.settle()


def _impatient_rules() -> str:
    """The rules as they are deployed, but that each waits for two seconds only."""
    rules = groups()
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = "2s"
    return yaml.safe_dump(rules)


def test_prometheus_scrapes_the_operator_and_tells_of_a_certificate_that_ends(
    stage: Stage, unused_tcp_port: int, tmp_path: Path
) -> None:
    target = f"127.0.0.1:{unused_tcp_port}"
    with Prometheus(tmp_path, [target], _impatient_rules()) as prometheus:
        eventually(lambda: bool(prometheus.firing()))
        assert {alert["labels"]["alertname"] for alert in prometheus.firing()} == {
            "PartnerOperatorAbsent"
        }
        exchange, lync = stage.simulation.credentials()
        stage.secret("exchange-admin", *exchange)
        stage.secret("lync-admin", *lync)
        stage.apply_text(stage.examples())
        stage.operator.start()
        for name in (EXCHANGE_OBJECT, LYNC_OBJECT):
            stage.wait_ready(name, 180)

        def told() -> set[tuple[str, str, str]]:
            return {
                (
                    alert["labels"]["alertname"],
                    alert["labels"].get("kind", ""),
                    alert["labels"].get("name", ""),
                )
                for alert in prometheus.firing()
            }

        expected = {
            ("PartnerCertificateEndsWithin30Days", "PartnerServer", "lync"),
            ("PartnerCertificateEndsWithin30Days", "PartnerApplication", EXCHANGE_OBJECT),
        }
        stage.wait_for("the end of the certificate is told", lambda: told() == expected, 60)
        for alert in prometheus.firing():
            assert "ends in 19d 23h" in alert["annotations"]["summary"]

        for shown in targets():
            if shown.panel not in WITHOUT:
                expression = filled(shown.expression).removesuffix(" or vector(0)")
                assert prometheus.query(expression), shown
        stage.operator.kill()
        gone = ("PartnerOperatorAbsent", "", "")
        eventually(lambda: gone in told())
