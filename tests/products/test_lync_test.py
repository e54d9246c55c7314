"""Lync's replicate.ps1 and test.ps1, and the report that becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust import model
from partner_operator.trust.model import ConnectivityTest, Product
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from support.scripts.lync import CREDENTIALS, HOST, lync, replica
from support.scripts.stubs import Code, literal
from support.trust.worlds import server

pytestmark = pytest.mark.pwsh


async def test_replication_waits_for_the_wanted_hosts() -> None:
    """Asked for once; the answer names who is up to date."""
    stubs = lync().state("$global:looks = 0")
    late = replica("ex2.litwareinc.com", fresh=False) | {"UpToDate": Code("$global:looks -gt 1")}
    shown = [replica("ex1.litwareinc.com"), late, replica("old.litwareinc.com", fresh=False)]
    body = Code("$global:looks++\n" + "\n".join(literal(each) for each in shown))
    stubs.cmdlet("Get-CsManagementStoreReplicationStatus", body)
    operations = LyncOperations(stubs.run)
    fresh = await operations.on(server(Product.LYNC), CREDENTIALS, HOST).replicate()
    assert fresh == ("ex1.litwareinc.com", "ex2.litwareinc.com")
    assert len(stubs.named("Invoke-CsManagementStoreReplication")) == 1


# ---- the connectivity test -----------------------------------------------------------------------


async def run_test(body: Any, **options: Any) -> tuple[model.TestReport, dict[str, str]]:
    """Run test.ps1 against a test cmdlet that does `body`; the report and what it was asked."""
    stubs = lync().cmdlet("Test-CsExStorageConnectivity", body)
    wanted = ConnectivityTest(sip_uri="sip:kenmyer@litwareinc.com", **options)
    operations = LyncOperations(stubs.run)
    report = await operations.on(server(Product.LYNC), CREDENTIALS, HOST).test(wanted)
    return report, stubs.named("Test-CsExStorageConnectivity")[0]


async def test_a_test_that_says_passed_has_passed() -> None:
    """The documented last words; verbose lines in between do not matter."""
    report, asked = await run_test(
        Code("Write-Verbose 'Successfully sent'\n'Test-CsExStorageConnectivity : Test passed.'")
    )
    assert report.passed
    assert report.host == HOST
    assert report.latency.total_seconds() >= 0
    assert asked["SipUri"] == "sip:kenmyer@litwareinc.com"
    assert asked["DeleteItem"] == "True"
    assert "Folder" not in asked


async def test_options_are_passed_only_when_declared() -> None:
    """No -DeleteItem where the item shall stay; a folder where one is named."""
    _, asked = await run_test("Test passed.", delete_item=False, folder="Dumpster")
    assert "DeleteItem" not in asked
    assert asked["Folder"] == "Dumpster"


@pytest.mark.parametrize(
    "body",
    [
        Code("Write-Error 'ExCreateItem failed'\n'Test passed.'"),
        Code("throw 'ExCreateItem failed'"),
        Code("$PSCmdlet.ThrowTerminatingError((New-Object Management.Automation.ErrorRecord"
             " (New-Object Exception 'ExCreateItem failed'),'x','NotSpecified',$null))"),
    ],
    ids=["non-terminating", "throw", "terminating"],
)  # fmt: skip
async def test_a_test_with_any_error_has_failed(body: Code) -> None:
    """A failed test is a report, not an error; -Verbose must not swallow it."""
    report, _ = await run_test(body)
    assert not report.passed
    assert "ExCreateItem failed" in report.message


async def test_a_refusal_without_diagnostics_says_where_to_look() -> None:
    """401 alone means that Exchange does not know the partner, or not yet."""
    report, _ = await run_test(
        Code("Write-Verbose 'HTTP/1.1 401 Unauthorized'\nWrite-Error 'ExCreateItem failed'")
    )
    assert "IIS restarted" in report.message
    report, _ = await run_test(Code("Write-Error 'The user could not be found, 14016 tries.'"))
    assert "IIS" not in report.message
    assert "could not be found" in report.message


async def test_a_result_object_is_read_as_it_is_shown() -> None:
    """The reference calls the result an object, Microsoft's own tool a string: both are understood."""
    report, _ = await run_test(Code("[pscustomobject]@{ Result = 'Test Passed'; Code = 0 }"))
    assert report.passed
    report, _ = await run_test(Code("[pscustomobject]@{ Result = 'Failure'; Code = 574 }"))
    assert not report.passed
    assert "574" in report.message


async def test_a_machine_without_the_test_cmdlet_is_no_failed_test() -> None:
    """Nothing was tested, and only a human can help."""
    stubs = lync()
    wanted = ConnectivityTest(sip_uri="sip:kenmyer@litwareinc.com")
    with pytest.raises(OperationFailed) as caught:
        await LyncOperations(stubs.run).on(server(Product.LYNC), CREDENTIALS, HOST).test(wanted)
    assert (caught.value.obstacle.reason, caught.value.obstacle.then is Next.HUMAN) == (
        Reason.FORBIDDEN,
        True,
    )


async def test_a_test_that_says_nothing_has_failed() -> None:
    """Neither an error nor 'passed' is no proof."""
    report, _ = await run_test(None)
    assert not report.passed


async def test_exchanges_diagnostics_in_the_verbose_lines_are_told_with_a_hint() -> None:
    """S2: the code, Exchange's reason and the next step; no request ids in the message."""
    report, _ = await run_test(
        Code(
            "Write-Verbose 'HTTP/1.1 401 Unauthorized'\n"
            "Write-Verbose 'x-ms-diagnostics: 2000004;reason=\"The tenant for tenant guid "
            "''contoso.com'' does not exist.\";error_category=\"invalid_tenant\"'\n"
            "Write-Error 'failed, id 7d0c2a0e-1f4b-4b53-9a53-8d3c52c0ffee'"
        )
    )
    assert "2000004" in report.message
    assert "does not exist" in report.message
    assert "New-AcceptedDomain" in report.message
    assert "7d0c2a0e" not in report.message
