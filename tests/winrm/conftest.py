"""One fresh host per test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from partner_operator.winrm import Answer, Output
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.powershell import WindowsPowerShell
from support.prelude.warm import WarmPowerShells
from support.winrm import shell
from support.winrm.host import Host, host_of


@pytest.fixture
def host(authority: CertificateAuthority) -> Iterator[Host]:
    with host_of(authority) as made:
        yield made


@pytest.fixture
def run_warm(powershells: WarmPowerShells) -> Callable[..., Answer]:
    """`run_script` in a process that is used again: for what the start of a process has no part in."""

    def run(
        script: str,
        parameters: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Answer:
        line = shell.line_of(script, parameters, secrets)
        ended = powershells.run(WindowsPowerShell.NONE, line, "")
        output = Output(ended.stdout, ended.stderr, ended.code, {})
        return shell.understood(line, output, secrets)

    return run
