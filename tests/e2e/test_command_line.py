"""People's commands on a real API server, a real operator and simulated servers: adopt, plan, approve."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import yaml
from click.testing import CliRunner, Result

from partner_demo.operator_process import ROOT
from partner_demo.stage import Stage
from partner_demo.story import EXCHANGE_OBJECT, LYNC_OBJECT
from partner_operator.cli.main import partner_operator
from support.embedded.lync_worlds import lync_trusts
from support.embedded.worlds import trusted
from support.pwsh import on_the_embedded_engine

SERVERS = ("exchange", "lync", "sharepoint")


def cli(stage: Stage, *arguments: str) -> Result:
    """The program as the administrator runs it."""
    where = ["-n", stage.namespace, "--kubeconfig", str(stage.plane.kubeconfig)]
    result = CliRunner().invoke(partner_operator, [*arguments, *where])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def grow(stage: Stage) -> None:
    """Trusts that people made by hand long ago, and what a hybrid set-up made beside them."""
    simulation, domain = stage.simulation, stage.simulation.domain
    simulation.hybrid_exchange()
    trusted()(domain)
    lync_trusts()(domain)
    simulation.trust_lync_by_the_book()
    simulation.trust_exchange_by_script()
    domain.cms.settle()
    domain.expire_caches()


def logons(stage: Stage) -> None:
    exchange, lync = stage.simulation.credentials()
    stage.secret("exchange-admin", *exchange)
    stage.secret("lync-admin", *lync)
    stage.secret("sharepoint-admin", *stage.simulation.farm_credential())


def servers(stage: Stage) -> str:
    """The PartnerServers of the examples, and none of the applications."""
    texts = [stage.examples(), stage.examples("sharepoint")]
    documents = [each for text in texts for each in yaml.safe_load_all(text)]
    return yaml.safe_dump_all(each for each in documents if each["kind"] == "PartnerServer")


def wait_looked_at(stage: Stage) -> None:
    """Until each server is Ready, and the list of its entries is proven whole."""
    for name in SERVERS:
        stage.wait_for(
            f"{name} was looked at",
            lambda name=name: (  # type: ignore[misc]
                stage.get("pserver", name).get("status", {}).get("undeclaredWhole") is True
                and stage.condition("pserver", name, "Ready")["status"] == "True"
            ),
        )


@on_the_embedded_engine
def test_a_grown_organisation_is_declared_and_adopted_without_a_write(stage: Stage) -> None:
    grow(stage)
    logons(stage)
    stage.apply_text(servers(stage))
    early = cli(stage, "export", "exchange")
    assert early.exit_code == 1
    assert "has not looked at PartnerServer exchange yet" in early.output
    before = len(stage.simulation.writes())
    stage.operator.start()
    wait_looked_at(stage)
    for name in SERVERS:
        exported = cli(stage, "export", name)
        assert exported.exit_code == 0, exported.output
        assert "mode: Observe" not in exported.output, exported.output
        stage.apply_text(exported.output)
    names = stage.kubectl("get", "papp", "-o", "jsonpath={.items[*].metadata.name}").split()
    assert sorted(names) == [
        "exchange-on-lync",
        "exchange-on-sharepoint",
        "lync-on-exchange",
        "lync-on-sharepoint",
    ]
    for name in names:
        stage.wait_ready(name, 180)
        assert stage.get("papp", name)["status"]["registration"]["createdByUs"] is False
    wait_looked_at(stage)
    planned = cli(stage, "plan")
    assert planned.exit_code == 0, planned.output
    assert stage.simulation.writes()[before:] == []
    assert [stage.simulation.restarts(host) for host in stage.simulation.exchange_hosts()] == [0, 0]
    # What is declared now is not exported again; what is never declared is named.
    again = cli(stage, "export", "exchange")
    assert [each for each in yaml.safe_load_all(again.output) if each] == []
    assert "# - Exchange Online: It belongs to the hybrid set-up" in again.output
    _are_all_examined(stage)
    assert stage.simulation.writes()[before:] == []


def _are_all_examined(stage: Stage) -> None:
    """`doctor` without a name, as a process that finds the domain's hosts."""
    folders = [ROOT / "operator", ROOT / "simulator" / "partner_simulator" / "names"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KUBE")}
    command = [
        sys.executable,
        "-m",
        "partner_operator",
        "doctor",
        "-n",
        stage.namespace,
        "-o",
        "json",
    ]
    done = subprocess.run(
        [*command, "--ca-file", str(stage.folder / "windows-ca.crt")],
        env=environment
        | {
            "KUBECONFIG": str(stage.plane.kubeconfig),
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "PARTNER_SIMULATOR_NAMES": str(stage.folder / "names.json"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    told = json.loads(done.stdout)["servers"]
    assert [each["name"] for each in told] == list(SERVERS)
    crosses = [check for each in told for check in each["checks"] if check["ok"] is False]
    assert (done.returncode, done.stderr, crosses) == (0, "", [])


@on_the_embedded_engine
def test_a_restart_is_approved_by_the_command(stage: Stage) -> None:
    logons(stage)
    line = "  restart: {settle: 1s}\n"
    examples = stage.examples()
    assert line in examples
    stage.apply_text(examples.replace(line, "  restart: {settle: 1s, policy: Manual}\n"))
    stage.operator.start()
    stage.wait_for(
        "a restart waits for an approval",
        lambda: (
            stage.condition("pserver", "exchange", "Ready").get("reason") == "RestartApprovalNeeded"
        ),
    )
    hosts = stage.simulation.exchange_hosts()
    planned = cli(stage, "plan", "exchange")
    assert planned.exit_code == 2
    assert all(host in planned.output for host in hosts)
    assert [stage.simulation.restarts(host) for host in hosts] == [0, 0]
    approved = cli(stage, "approve-restart", "exchange", "--yes")
    assert approved.exit_code == 0, approved.output
    assert all(host in approved.output for host in hosts)
    for name in (EXCHANGE_OBJECT, LYNC_OBJECT):
        stage.wait_ready(name, 180)
    assert [stage.simulation.restarts(host) for host in hosts] == [1, 1]
    assert cli(stage, "plan").exit_code == 0
    again = cli(stage, "approve-restart", "exchange", "--yes")
    assert again.exit_code == 1
    assert "No restart" in again.output
