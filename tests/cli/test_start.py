"""What is missing at the start is a sentence and an exit code, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from partner_operator.cli import serve
from partner_operator.cli.main import main
from partner_operator.kube.doorbell import CRDsMissing, RightsMissing
from partner_operator.metrics.server import CannotListen


@pytest.mark.parametrize(
    "command", [["run", "--namespace", "x"], ["doctor", "exchange", "--namespace", "x"]]
)
def test_a_kubeconfig_that_is_not_there(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(path))
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert str(ended.value.code).startswith(
        f"partner-operator: KUBECONFIG {path} leads to no cluster: "
    )


@pytest.mark.parametrize("problem", [CRDsMissing, RightsMissing, CannotListen])
def test_kinds_or_rights_that_are_not_there(
    problem: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_options: object) -> None:
        raise problem("This is missing.")

    monkeypatch.setattr(serve, "run", fail)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--namespace", "x"])
    assert ended.value.code == "partner-operator: This is missing."
