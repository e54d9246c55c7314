"""What `kubectl get` prints of the example: the real kubectl, asked of the real API server."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from partner_operator.kube.api.codec import to_json
from partner_operator.trust.conditions import true
from partner_operator.trust.expiry import end_of
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import (
    ApplicationStatus,
    Columns,
    Condition,
    Connectivity,
    ServerStatus,
)
from partner_testbed import ControlPlane
from support.kube.cluster import Cluster
from support.kube.objects import ROOT, application
from support.trust.worlds import certificate

pytestmark = pytest.mark.controlplane

NOW = datetime.now(UTC).replace(microsecond=0)
LAST_DAY = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
WIDEST = 120
"""Characters that a terminal of today shows on one line."""
EXCHANGE = "CN=Litware,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=litwareinc,DC=com"
LYNC = "Data Source=atl-sql-001.litwareinc.com\\rtc;Initial Catalog=xds;Integrated Security=True"


def printed(plane: ControlPlane, cluster: Cluster, *what: str) -> list[dict[str, str]]:
    """The lines of `kubectl get`, cut at the places of the headings, by heading."""
    kubectl = Path(sys.executable).with_name("kubectl")
    command = [str(kubectl), f"--kubeconfig={plane.kubeconfig}", f"--namespace={cluster.namespace}"]
    answer = subprocess.run(
        [*command, "get", *what], capture_output=True, text=True, check=True, timeout=60
    )
    heading, *lines = answer.stdout.splitlines()
    if "wide" not in what:
        assert max(len(line) for line in (heading, *lines)) <= WIDEST, answer.stdout
    found = list(re.finditer(r"\S+", heading.replace("CERTIFICATE ENDS", "CERTIFICATE_ENDS")))
    names, places = [name[0] for name in found], [name.start() for name in found]
    ends = [*places[1:], None]
    return [
        {
            name: line[begin:end].strip()
            for name, begin, end in zip(names, places, ends, strict=True)
        }
        for line in lines
    ]


def ready(status: ConditionStatus, reason: Reason) -> tuple[Condition, ...]:
    part = true(reason, "As told.")
    return (Condition(ConditionType.READY, status, part.reason, part.message, 1, NOW),)


@pytest.fixture
def example(cluster: Cluster) -> Cluster:
    """examples/litwareinc.yaml, with what the operator knows of it."""
    for body in yaml.safe_load_all((ROOT / "examples" / "litwareinc.yaml").read_text()):
        cluster.create(body)
    waiting = ready(ConditionStatus.UNKNOWN, Reason.WAITING_FOR_COUNTERPART)
    told = ready(ConditionStatus.TRUE, Reason.SUCCEEDED)
    end = end_of(certificate(not_after=LAST_DAY), None)
    servers = {
        "exchange": (EXCHANGE, Columns("Litware", "atl-exchange-001 +1")),
        "lync": (LYNC, Columns("atl-sql-001\\rtc", "atl-fe-001 +1")),
    }
    for name, (organization, columns) in servers.items():
        status = to_json(
            ServerStatus(
                1,
                told,
                organization=organization,
                product_version="15.0",
                certificate=end,
                columns=columns,
            )
        )
        cluster.patch("PartnerServer", name, {"status": status}, status=True)
    connectivity = Connectivity(True, NOW, NOW, timedelta(seconds=1), "Passed.", 0)
    for name, conditions, test in (
        ("lync-on-exchange", told, None),
        ("exchange-on-lync", waiting, connectivity),
    ):
        application = ApplicationStatus(1, conditions, certificate=end, connectivity=test)
        cluster.patch("PartnerApplication", name, {"status": to_json(application)}, status=True)
    return cluster


def test_a_line_of_a_server_fits_a_terminal(plane: ControlPlane, example: Cluster) -> None:
    exchange, lync = printed(plane, example, "pserver")
    assert list(exchange) == [
        "NAME",
        "PRODUCT",
        "ORGANIZATION",
        "HOSTS",
        "READY",
        "REASON",
        "CERTIFICATE_ENDS",
        "AGE",
    ]
    assert exchange["ORGANIZATION"] == "Litware"
    assert lync["ORGANIZATION"] == "atl-sql-001\\rtc"
    assert exchange["HOSTS"] == "atl-exchange-001 +1"
    assert {line["READY"] for line in (exchange, lync)} == {"True"}
    # kubectl would print a time that is to come as <invalid>.
    assert {line["CERTIFICATE_ENDS"] for line in (exchange, lync)} == {"9999-12-31"}


def test_a_line_of_an_application_fits_a_terminal(plane: ControlPlane, example: Cluster) -> None:
    on_lync, on_exchange = printed(plane, example, "papp")
    assert list(on_lync) == [
        "NAME",
        "SERVER",
        "TRUSTS",
        "MODE",
        "READY",
        "REASON",
        "TEST",
        "CERTIFICATE_ENDS",
        "AGE",
    ]
    assert (on_lync["MODE"], on_lync["READY"], on_lync["REASON"], on_lync["TEST"]) == (
        "Enforce",
        "Unknown",
        "WaitingForCounterpart",
        "Passed",
    )
    assert on_exchange["CERTIFICATE_ENDS"] == "9999-12-31"


def test_whom_it_trusts_stands_there_however_the_partner_is_named(
    plane: ControlPlane, example: Cluster
) -> None:
    identifier = "0d0c0b0a-1111-2222-3333-444455556666"
    url = "https://sts.litwareinc.com/metadata/json/1?realm=a"
    behind = {"applicationIdentifier": identifier, "tokenServer": {"authMetadataUrl": url}}
    example.create(application("hr", {"serverRef": {"name": "exchange"}, "partner": behind}))
    lines = printed(plane, example, "papp", "-o", "wide")
    hr, *named = sorted(lines, key=lambda line: line["NAME"] != "hr")
    assert hr["TRUSTS"] == identifier
    assert url in "".join(hr.values())
    assert {line["TRUSTS"] for line in named} == {"lync", "exchange"}


def test_wide_shows_the_rest(plane: ControlPlane, example: Cluster) -> None:
    (on_lync, _) = printed(plane, example, "papp", "-o", "wide")
    assert {"ACTIVE", "TESTED", "MESSAGE"} < set(on_lync)
    (exchange, _) = printed(plane, example, "pserver", "-o", "wide")
    assert (exchange["VERSION"], exchange["MESSAGE"]) == ("15.0", "As told.")
