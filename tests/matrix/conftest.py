"""One certificate authority for the room, one fresh host per cell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_simulator.certificates import CertificateAuthority
from support.matrix_stage import Stage
from support.winrm_host import host_of


@pytest.fixture(scope="session")
def authority() -> CertificateAuthority:
    return CertificateAuthority("MATRIX-TEST-CA")


@pytest.fixture
def stage(authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with host_of(authority) as host:
        host.shells_may_remain = True
        made = Stage(host, monkeypatch)
        with made.closing:
            yield made
