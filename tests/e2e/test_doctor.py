"""The doctor as a user runs it, on a real API server and simulated servers: words, JSON, an exit code, no harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner_demo.operator_process import ROOT
from partner_demo.stage import Stage
from support.secrets.search import found

WRONG = "not-the-password"


@dataclass(frozen=True)
class Told:
    """What one run of the doctor said."""

    code: int
    text: str

    @property
    def checks(self) -> list[dict[str, Any]]:
        """The checks of a JSON list."""
        checks: list[dict[str, Any]] = json.loads(self.text)["checks"]
        return checks

    def crosses(self) -> list[tuple[str, str]]:
        """Host and name of each cross."""
        return [(check["host"], check["name"]) for check in self.checks if check["ok"] is False]

    def unreached(self, host: str) -> set[str]:
        """Names of the checks of a host that were not reached."""
        return {c["name"] for c in self.checks if c["host"] == host and c["ok"] is None}


def doctor(stage: Stage, name: str, *more: str) -> Told:
    """Run it as the operator's ServiceAccount; whatever it says, it has no secret in it."""
    folders = [ROOT / "operator", ROOT / "simulator" / "partner_simulator" / "names"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KUBE")}
    environment |= {
        "KUBECONFIG": str(stage.folder / "operator.kubeconfig"),
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "PARTNER_SIMULATOR_NAMES": str(stage.folder / "names.json"),
    }
    command = [sys.executable, "-m", "partner_operator", "doctor", "--namespace", stage.namespace]
    authorities = ["--ca-file", str(stage.folder / "windows-ca.crt")]
    ended = subprocess.run(
        [*command, *authorities, *more, name],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    secrets = (*stage.simulation.secrets(), WRONG)
    assert not found(ended.stdout + ended.stderr, secrets)
    assert ended.stderr == ""
    return Told(ended.returncode, ended.stdout)


def declare(stage: Stage, exchange_password: str | None = None) -> None:
    """Secrets and examples; no operator runs."""
    (exchange, password), lync = stage.simulation.credentials()
    stage.secret("exchange-admin", exchange, exchange_password or password)
    stage.secret("lync-admin", *lync)
    stage.apply_text(stage.examples())


def test_in_a_healthy_world_there_are_ticks_only_and_nothing_is_changed(stage: Stage) -> None:
    """Both products, before anything trusts anybody: 0 writes on servers, 0 in Kubernetes."""
    declare(stage)
    before = [stage.get("pserver", name)["metadata"] for name in ("exchange", "lync")]
    told = doctor(stage, "exchange")
    assert (told.code, told.text.count("\nNO "), told.text.count("\n?  ")) == (0, 0, 0), told.text
    assert "ok  Lync's metadata document" in told.text
    lync = doctor(stage, "lync", "--output", "json")
    assert (lync.code, lync.crosses()) == (0, []), lync.text
    assert all(check["ok"] for check in lync.checks)
    assert {"second hop", "replication", "Exchange's metadata document"} <= {
        check["name"] for check in lync.checks
    }
    assert stage.simulation.writes() == []
    assert stage.simulation.open_shells() == ()
    assert before == [stage.get("pserver", name)["metadata"] for name in ("exchange", "lync")]


def test_the_doctor_logs_on_nowhere_that_the_operator_may_not(stage: Stage) -> None:
    """The bounds of the one are those of the other; so are those of the Secret."""
    declare(stage)
    hosts = stage.simulation.exchange_hosts()
    outside = doctor(stage, "exchange", "--allowed-hosts", "*.contoso.com", "--output", "json")
    other_port = doctor(stage, "exchange", "--allowed-ports", "443,5985", "--output", "json")
    user, password = stage.simulation.credentials()[0]
    stage.secret("exchange-admin", user, password, hosts="*.contoso.com")
    secret = doctor(stage, "exchange", "--output", "json")
    for told in (outside, other_port, secret):
        assert [(host, "logon") for host in hosts] == told.crosses()
    assert "--allowed-hosts do not name" in outside.text
    assert "--allowed-ports" in other_port.text
    assert "The key hosts of Secret exchange-admin does not name" in secret.text
    assert not any(stage.simulation.commands_started().values())


def test_what_the_doctor_saw_can_be_recorded(stage: Stage, tmp_path: Path) -> None:
    """The least that a first person with real servers can do: read, and send what was read, without the logon."""
    declare(stage)
    told = doctor(stage, "lync", "--record", str(tmp_path), "--output", "json")
    assert (told.code, told.crosses()) == (0, []), told.text
    texts = _texts(tmp_path)
    assert [json.loads(text)["operation"] for text in texts] == ["observe", "observe"]
    assert not found("".join(texts), tuple(stage.simulation.secrets()))
    assert stage.simulation.writes() == []


def _texts(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted(folder.iterdir())]


def test_a_wrong_password_is_one_cross_and_one_rejected_logon(stage: Stage) -> None:
    """Two hosts are listed; the second is not asked, so that the account is not locked."""
    declare(stage, exchange_password=WRONG)
    told = doctor(stage, "exchange", "--output", "json")
    first, second = stage.simulation.exchange_hosts()[:2]
    assert told.code == 1
    assert told.crosses() == [(first, "logon")]
    assert {"shell", "second hop", "own metadata document"} <= told.unreached(first)
    assert "logon" in told.unreached(second)
    assert stage.simulation.rejected_logons() == 1
    assert stage.simulation.writes() == []


def test_a_host_that_is_down_is_one_cross_and_the_others_are_examined(stage: Stage) -> None:
    """The first listed host is switched off; its name is still in DNS."""
    declare(stage)
    down, up = stage.simulation.exchange_hosts()[:2]
    stage.simulation.decommission(down)
    told = doctor(stage, "exchange", "--output", "json")
    assert told.code == 1
    assert told.crosses() == [(down, "TCP")], told.text
    assert {"TLS", "logon", "own metadata document"} <= told.unreached(down)
    assert told.unreached(up) == set()
    assert stage.simulation.writes() == []


def test_an_object_that_does_not_exist_is_said_in_a_sentence(stage: Stage) -> None:
    """No traceback, no list: a sentence on standard error and exit code 1."""
    folders = [ROOT / "operator"]
    environment = {
        "KUBECONFIG": str(stage.folder / "operator.kubeconfig"),
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
    }
    command = [sys.executable, "-m", "partner_operator", "doctor", "--namespace", stage.namespace]
    ended = subprocess.run(
        [*command, "nobody"], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "nobody" in ended.stderr
