"""One observation, however the server's objects come: deserialised, or with local times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partner_operator.oauth.certificates import Certificate
from partner_operator.products.exchange.operations import ExchangeOperations
from support.oauth.samples import certificate_der
from support.scripts.exchange import CREDENTIALS, entry, exchange, observe
from support.scripts.lync import lync
from support.scripts.lync import observe as observe_lync
from support.scripts.stubs import Code, Stubs, literal
from support.trust.worlds import server

pytestmark = pytest.mark.pwsh
ZONES = ["Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"]
INSTANT = datetime(2026, 3, 29, 1, 30, 0, tzinfo=UTC)


def deserialised(shown: list[dict[str, Any]]) -> Code:
    """The objects as an inner session brings them: lists as ArrayList, no methods."""
    return Code(
        f"foreach ($live in {literal(shown)}) {{ [Management.Automation.PSSerializer]::Deserialize("
        "[Management.Automation.PSSerializer]::Serialize($live, 3)) }"
    )


def local(instant: datetime) -> Code:
    """An instant in the machine's own time zone, as CIM and Lync show it."""
    return Code(f"{literal(instant)}.ToLocalTime()")


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_deserialised_objects_are_read_as_live_ones(count: int) -> None:
    """C11: implicit remoting changes the types, never what is observed."""
    encoded = ["QUFB", "QkJC"][:count]
    shown = [entry(f"App{number}", CertificateStrings=encoded) for number in range(count)]
    live = await observe(exchange(shown))
    revived = await observe(exchange(deserialised(shown)))
    assert revived.entries == live.entries
    assert len(revived.entries) == count


async def test_deserialised_certificates_keep_their_bytes() -> None:
    """RawData survives as bytes."""
    shown = [{"Thumbprint": "AB" * 20, "RawData": certificate_der("exchange")}]
    live = await observe(exchange().cmdlet("Get-ExchangeCertificate", shown))
    revived = await observe(exchange().cmdlet("Get-ExchangeCertificate", deserialised(shown)))
    assert live.own_certificates[0].certificate is not None
    assert revived.own_certificates == live.own_certificates


@pytest.mark.parametrize("zone", ZONES)
async def test_local_times_become_utc(zone: str) -> None:
    """Rule 14: whatever zone the server keeps, its instants are the same instants."""
    exchange_stubs = exchange([entry(WhenChangedUTC=local(INSTANT))])
    exchange_stubs.environment = {"TZ": zone}
    assert (await observe(exchange_stubs)).entries[0].changed_at == INSTANT
    certificate = {
        "Thumbprint": "AB" * 20,
        "PreviousThumbprint": None,
        "Subject": "CN=a",
        "NotBefore": local(INSTANT),
        "NotAfter": local(INSTANT + timedelta(days=365)),
        "EffectiveDate": local(INSTANT),
    }
    lync_stubs = lync().cmdlet("Get-CsCertificate", [certificate])
    lync_stubs.environment = {"TZ": zone}
    [own] = (await observe_lync(lync_stubs)).own_certificates
    assert isinstance(own.certificate, Certificate)
    assert own.certificate.not_before == own.effective_at == INSTANT


async def test_workers_started_in_local_time_are_compared_in_utc() -> None:
    """Else a host would count as restarted hours too early or too late."""
    stubs = Stubs()
    stubs.tool("Get-CimInstance", "ClassName Filter", [{"CreationDate": local(INSTANT)}])
    stubs.tool("Get-Service", "Name", [])
    stubs.environment = {"TZ": "Pacific/Kiritimati"}
    operations = ExchangeOperations(stubs.run)
    state = await operations.on(server(), CREDENTIALS, "127.0.0.1").host_state()
    assert state.workers_started_at == INSTANT
    assert abs(state.clock - datetime.now(UTC)) < timedelta(minutes=5)
