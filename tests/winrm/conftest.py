"""One certificate authority for the room, one fresh host per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partner_simulator.certificates import CertificateAuthority
from support.winrm.host import Host, host_of


@pytest.fixture(scope="session")
def authority() -> CertificateAuthority:
    return CertificateAuthority("WINRM-TEST-CA")


@pytest.fixture
def host(authority: CertificateAuthority) -> Iterator[Host]:
    with host_of(authority) as made:
        yield made
