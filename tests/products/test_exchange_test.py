"""Exchange's test.ps1, and the report that becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.exchange.verdict import NO_SERVICE, NOT_TRUSTED, REFUSED
from partner_operator.trust import model
from partner_operator.trust.model import ServiceTest
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from support.scripts.exchange import CREDENTIALS, HOST, NOT_FOUND, exchange
from support.scripts.stubs import Code, Stubs
from support.trust.worlds import server

pytestmark = pytest.mark.pwsh
URL = "https://portal.litwareinc.com/_vti_bin/client.svc"
MAILBOX = "kenmyer@litwareinc.com"


def shown(kind: Any = "Success", detail: str = "HTTP response message: 200 OK") -> dict[str, Any]:
    """One object of Test-OAuthConnectivity: IsValid is True even where the test failed."""
    return {"Task": "Checking", "ResultType": kind, "Detail": detail, "IsValid": True}


async def run_test(
    body: Any, test: ServiceTest | None = None, stubs: Stubs | None = None
) -> tuple[model.TestReport, dict[str, str]]:
    """Run test.ps1 against a cmdlet that does `body`; the report and what it was asked."""
    stubs = (stubs or exchange()).cmdlet("Test-OAuthConnectivity", body)
    operations = ExchangeOperations(stubs.run)
    report = await operations.on(server(), CREDENTIALS, HOST).test(
        test or ServiceTest(URL, MAILBOX)
    )
    assert len(stubs.named("Remove-PSSession")) == 1
    return report, stubs.named("Test-OAuthConnectivity")[0]


async def test_a_result_of_success_has_passed() -> None:
    report, asked = await run_test([shown()])
    assert report.passed
    assert report.host == HOST
    assert "No cmdlet tests the other way round" in report.message
    wanted = {"Service": "Generic", "TargetUri": URL, "ReloadConfig": "True", "Mailbox": MAILBOX}
    assert wanted.items() <= asked.items()
    assert "AppOnly" not in asked


async def test_without_a_mailbox_the_token_speaks_for_exchange_alone() -> None:
    _, asked = await run_test([shown()], ServiceTest(URL, app_only=True))
    assert asked["AppOnly"] == "True"
    assert "Mailbox" not in asked


@pytest.mark.parametrize(
    "kind",
    [
        "Success",
        Code(
            "(Add-Member -InputObject 0 -MemberType NoteProperty -Name Value -Value 'Success' -Force -PassThru)"
        ),
        Code("[Management.Automation.PSSerializer]::Deserialize("
             "[Management.Automation.PSSerializer]::Serialize('Success'))"),
        {"Value": "Success"},
    ],
    ids=["text", "a number with its name", "deserialised", "an object with its name"],
)  # fmt: skip
async def test_an_enumeration_is_read_in_every_form(kind: Any) -> None:
    assert (await run_test([shown(kind)]))[0].passed


@pytest.mark.parametrize(
    "body",
    [
        [shown("Error", "(401) Unauthorized")],
        [shown("Warning")],
        [shown("Erfolg")],
        [shown(None)],
        [shown(), shown("Error")],
        [],
        None,
        [{"IsValid": True}],
        Code("Write-Error 'no'\n[pscustomobject]@{ ResultType = 'Success'; Detail = '' }"),
        Code("throw 'no'"),
        NOT_FOUND,
    ],
    ids=["error", "warning", "other word", "null", "one of two", "empty", "nothing", "only valid",
         "with an error record", "thrown", "no such mailbox"],
)  # fmt: skip
async def test_anything_else_has_failed_and_is_a_report(body: Any) -> None:
    report, _ = await run_test(body)
    assert not report.passed
    assert report.message.startswith("Test-OAuthConnectivity failed: ")


LOG = "\n".join(f"Information:[OAuthCredentials:Authenticate] line {n}" for n in range(2000))


async def test_of_a_long_log_the_far_sides_words_are_told_and_no_ids() -> None:
    told = f"{LOG}\nClient request ID: 7d0c2a0e-1f4b-4b53-9a53-8d3c52c0ffee\nException:\nEs ging schief."
    report, _ = await run_test([shown("Error", told)])
    assert report.message == "Test-OAuthConnectivity failed: Es ging schief."


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ('(401) diagnostics: 3000006;reason="Token contains invalid signature.";category="x"',
         "3000006: Token contains invalid signature. SharePoint has an old certificate"),
        ("(403) Forbidden. diagnostics: 3002002;reason=App principal does not exist: a@b",
         "its app principal has no permission there"),
        ("The trusted issuers contained the following entries 'x@y'. None are configured locally.",
         NOT_TRUSTED),
        ("no locally configured issuer was in the trusted_issuer list", NOT_TRUSTED),
        ("The remote server returned an error: (404) Not Found.", NO_SERVICE),
        ("The remote server returned an error: (302) Found.", NO_SERVICE),
        ("The remote server returned an error: (401) Unauthorized.", REFUSED),
    ],
)  # fmt: skip
async def test_what_is_known_of_a_refusal_has_a_next_step(detail: str, words: str) -> None:
    report, _ = await run_test([shown("Error", f"{LOG}\n{detail}")])
    assert words in report.message


@pytest.mark.parametrize("form", ["cmdlet", "parameter"])
async def test_what_the_account_may_not_use_is_no_failed_test(form: str) -> None:
    """A role carries neither the cmdlet, or not all of its parameters: nothing was tested."""
    stubs = exchange()
    if form == "parameter":
        stubs.tool("Test-OAuthConnectivity", "Service TargetUri Mailbox", [shown()])
    operations = ExchangeOperations(stubs.run)
    with pytest.raises(OperationFailed) as caught:
        await operations.on(server(), CREDENTIALS, HOST).test(ServiceTest(URL, MAILBOX))
    assert caught.value.obstacle.reason is Reason.FORBIDDEN
    assert caught.value.obstacle.then is Next.HUMAN
    assert len(stubs.named("Remove-PSSession")) == 1


async def test_what_an_inner_session_brings_is_read_as_it_is() -> None:
    """Copies without methods, and texts in place of Exchange's own types."""
    assert (await run_test([shown()], stubs=exchange().copied()))[0].passed
    report, _ = await run_test([shown("Error", "(404) Not Found.")], stubs=exchange().copied())
    assert not report.passed
    assert NO_SERVICE in report.message
