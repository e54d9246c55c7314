"""What the scripts answer is held to its contract, and what fails gets one reason and one sentence."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.failures import NOT_EXCHANGE, operation_failed
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import Observed, Product
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import (
    Answer,
    Blocked,
    Busy,
    Endpoint,
    ErrorDetails,
    Forbidden,
    Obstacle,
    OutcomeUnknown,
    ProtocolViolation,
    QuotaExceeded,
    RemoteRequest,
    RemoteRunError,
    ScriptError,
    TimedOut,
    TlsFailed,
    Unauthenticated,
    Unreachable,
)
from partner_operator.winrm.clixml import Streams
from support.scripts_exchange import CREDENTIALS, HOST
from support.trust_worlds import server

EXCHANGE: dict[str, Any] = {
    "product": "Exchange",
    "version": "Version 15.0",
    "organization": "CN=Litware",
    "controller": "dc1.litwareinc.com",
    "entries": [
        {
            "reference": "CN=a",
            "name": "a",
            "applicationIdentifier": "id",
            "realm": "r",
            "issuer": "id@r",
            "metadataUrl": None,
            "useAuthServer": False,
            "enabled": True,
            "acceptsSecurityIdentifiers": True,
            "certificates": [],
            "account": {"name": "acc", "roles": []},
            "changedAt": "2026-11-25T12:00:00Z",
        },
        {
            "reference": "CN=Exchange Online",
            "name": "Exchange Online",
            "applicationIdentifier": "id",
            "realm": "",
            "issuer": "",
            "metadataUrl": "",
            "useAuthServer": True,
            "enabled": False,
            "acceptsSecurityIdentifiers": False,
            "certificates": [],
            "account": None,
            "changedAt": None,
        },
    ],
    "warnings": [],
    "roles": [],
    "current": "",
    "previous": "",
    "next": "",
    "nextEffectiveAt": None,
    "certificates": [],
    "certificateFault": "",
    "hosts": [],
    "domains": [],
    "documents": [],
}
LYNC: dict[str, Any] = {
    "product": "Lync",
    "version": "5.0",
    "organization": "sql\\rtc",
    "entries": [],
    "warnings": [],
    "certificate": None,
    "certificateFault": "",
    "replicas": [{"fqdn": "fe1", "upToDate": True}],
    "documents": [],
}


def answering(data: dict[str, Any]) -> Callable[[Endpoint, RemoteRequest], Any]:
    """A runner that answers with this, whatever is asked."""

    async def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return Answer(data, "", Streams(), "5.1", 1_790_000_000, 0.1)

    return run


async def observed(data: dict[str, Any], product: Product = Product.EXCHANGE) -> Observed:
    """What the operations make of an answer."""
    make = ExchangeOperations if product is Product.EXCHANGE else LyncOperations
    return await make(answering(data)).observe(server(product), CREDENTIALS, HOST, (), None)


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """An answer with one value replaced, by a path such as entries.0.name; `...` removes it."""
    answer = copy.deepcopy(base)
    *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    target: Any = answer
    for part in way:
        target = target[part]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return answer


async def test_the_samples_themselves_are_good() -> None:
    """Else every test below would pass for the wrong reason."""
    assert (await observed(EXCHANGE)).incomplete is None
    assert (await observed(LYNC, Product.LYNC)).incomplete is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("entries", None),
        ("entries", {"reference": "CN=a"}),
        ("entries", ...),
        ("entries.0.name", None),
        ("entries.0.name", 7),
        ("entries.0.enabled", "True"),
        ("entries.0.enabled", 1),
        ("entries.0.certificates", "MIIB"),
        ("entries.0.account.roles", None),
        ("entries.0.changedAt", "25.11.2026 12:00"),
        ("entries.0.changedAt", "/Date(0)/"),
        ("entries.0.surplus", 1),
        ("warnings", None),
        ("organization", None),
        ("hosts", [{"fqdn": "a", "edge": False}]),
        ("documents", [{"url": "https://a"}]),
        ("nextEffectiveAt", 0),
        ("surplus", True),
    ],
)
async def test_an_answer_that_breaks_its_contract_is_refused(path: str, value: Any) -> None:
    """Null where a list belongs, a scalar for a list of one, text for a boolean: never guessed at."""
    answer = changed(EXCHANGE, path, value)
    if "changedAt" in path or "nextEffectiveAt" in path:
        answer = changed(answer, "current", "AB" * 20)
    with pytest.raises(OperationFailed) as caught:
        await observed(answer)
    assert caught.value.reason is Reason.CONTRACT_VIOLATED


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("entries", None),
        ("replicas", {"fqdn": "fe1", "upToDate": True}),
        ("replicas.0.upToDate", "True"),
        ("certificate", []),
        ("certificateFault", None),
        ("version", ...),
    ],
)
async def test_lyncs_answer_is_held_to_its_contract_too(path: str, value: Any) -> None:
    """The same rules."""
    with pytest.raises(OperationFailed) as caught:
        await observed(changed(LYNC, path, value), Product.LYNC)
    assert caught.value.reason is Reason.CONTRACT_VIOLATED


async def test_another_products_answer_is_not_understood() -> None:
    """A Lync answer is none of Exchange's, and the other way round."""
    with pytest.raises(OperationFailed):
        await observed(LYNC, Product.EXCHANGE)
    with pytest.raises(OperationFailed):
        await observed(EXCHANGE, Product.LYNC)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("entries", []),
        ("entries.1.useAuthServer", False),
        ("warnings", ["careful"]),
        ("organization", ""),
        ("controller", ""),
    ],
)
async def test_an_incomplete_read_of_exchange_says_why(path: str, value: Any) -> None:
    """Rule 1: absence may not be believed."""
    assert (await observed(changed(EXCHANGE, path, value))).incomplete


@pytest.mark.parametrize(
    ("path", "value"),
    [("warnings", ["careful"]), ("organization", ""), ("replicas", [])],
)
async def test_an_incomplete_read_of_lync_says_why(path: str, value: Any) -> None:
    """Lync brings no entries along, so an empty list alone is whole."""
    assert (await observed(changed(LYNC, path, value), Product.LYNC)).incomplete


async def test_only_wildcards_without_a_twin_are_told() -> None:
    """Exchange refuses tokens of a domain that is accepted by wildcard only (2000004)."""
    domains = ["*.Litwareinc.com", "litwareinc.com", "*.fabrikam.com", "contoso.com"]
    seen = await observed(changed(EXCHANGE, "domains", domains))
    assert seen.wildcard_domains == ("*.fabrikam.com",)


# ---- failures ------------------------------------------------------------------------------------


def script_error(error_id: str = "x", kind: str = "System.Exception", *said: str) -> ScriptError:
    """An error record that a script threw."""
    return ScriptError(ErrorDetails(error_id, kind, kind, "NotSpecified", said or ("it broke",)))


FAILURES: list[tuple[RemoteRunError, Reason, bool]] = [
    (Unreachable("m"), Reason.UNREACHABLE, False),
    (TlsFailed("m"), Reason.TLS_FAILED, False),
    (Unauthenticated("m"), Reason.CREDENTIALS_REJECTED, True),
    (Forbidden("m"), Reason.FORBIDDEN, True),
    (QuotaExceeded("m"), Reason.QUOTA_EXCEEDED, False),
    (Busy("m"), Reason.BUSY, False),
    (TimedOut("m"), Reason.TIMED_OUT, False),
    (ProtocolViolation("m"), Reason.PROTOCOL_ERROR, False),
    (Blocked("m", Obstacle.ANTIMALWARE, nothing_ran=True), Reason.BLOCKED, True),
    (OutcomeUnknown("m"), Reason.OUTCOME_UNKNOWN, False),
    (script_error(), Reason.REMOTE_ERROR, False),
    (
        script_error("Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand"),
        Reason.WRONG_PRODUCT,
        True,
    ),
    (script_error("CommandNotFoundException"), Reason.FORBIDDEN, True),
    (script_error("NamedParameterNotFound,Set-PartnerApplication"), Reason.FORBIDDEN, True),
    (
        script_error(
            "-2144108526,PSSessionOpenFailed",
            "System.Management.Automation.Remoting.PSRemotingTransportException",
        ),
        Reason.UNREACHABLE,
        False,
    ),
    (script_error("AccessDenied,PSSessionOpenFailed"), Reason.FORBIDDEN, True),
    (script_error("LogonFailure,PSSessionOpenFailed"), Reason.FORBIDDEN, True),
    (script_error("CannotConnect,PSSessionOpenFailed"), Reason.UNREACHABLE, False),
    (script_error(NOT_EXCHANGE), Reason.WRONG_PRODUCT, True),
]


@pytest.mark.parametrize(
    ("error", "reason", "stalled"),
    FAILURES,
    ids=[f"{type(e).__name__}-{r}" for e, r, _ in FAILURES],
)
def test_every_failure_of_a_run_has_its_reason(
    error: RemoteRunError, reason: Reason, stalled: bool
) -> None:
    """One reason for conditions and events; Stalled only where a human must act."""
    failed = operation_failed(error, product="Exchange", operation="observe")
    assert (failed.reason, failed.stalled) == (reason, stalled)
    assert failed.nothing_ran or not error.nothing_ran
    assert failed.outcome_unknown is error.outcome_unknown
    assert failed.credentials_rejected is isinstance(error, Unauthenticated)
    assert failed.message


def test_every_class_of_failure_is_in_the_table() -> None:
    """A new class without a reason would be a KeyError in the field."""
    assert {type(error) for error, _, _ in FAILURES} == set(RemoteRunError.__subclasses__())


@pytest.mark.parametrize("first", ["AccessDenied,", "CannotConnect,", "-2144108526,", ""])
def test_an_inner_session_that_never_opened_proves_that_no_cmdlet_ran(first: str) -> None:
    """So the next host may be asked, and a change may simply be tried again."""
    failed = operation_failed(
        script_error(f"{first}PSSessionOpenFailed"), product="Exchange", operation="register"
    )
    assert failed.nothing_ran


def test_an_inner_session_that_breaks_later_proves_nothing() -> None:
    """The cmdlet that was running when it broke may have done its work."""
    kind = "System.Management.Automation.Remoting.PSRemotingTransportException"
    failed = operation_failed(
        script_error("JobFailure", kind), product="Exchange", operation="register"
    )
    assert failed.reason is Reason.UNREACHABLE
    assert not failed.nothing_ran


@pytest.mark.parametrize(
    "said",
    [
        "The maximum number of concurrent shells for this user has been exceeded.",
        "Fail to create a runspace because you have exceeded the maximum number of connections allowed : 3",
    ],
)
def test_a_full_exchange_is_no_missing_right(said: str) -> None:
    """S12: it passes by waiting."""
    failed = operation_failed(
        script_error("AccessDenied,PSSessionOpenFailed", "X", said),
        product="Exchange",
        operation="observe",
    )
    assert (failed.reason, failed.stalled) == (Reason.QUOTA_EXCEEDED, False)


@pytest.mark.parametrize("operation", ["restart", "host_state"])
def test_a_program_that_windows_lacks_is_no_missing_right_in_exchange(operation: str) -> None:
    """No RBAC role brings iisreset.exe back."""
    failed = operation_failed(
        script_error("CommandNotFoundException"), product="Exchange", operation=operation
    )
    assert (failed.reason, failed.stalled) == (Reason.REMOTE_ERROR, False)


def test_a_script_that_never_began_is_told_as_such() -> None:
    """The bootstrap's own error before the script: it may simply be tried again."""
    details = script_error().details
    failed = operation_failed(
        ScriptError(details, nothing_ran=True), product="Exchange", operation="register"
    )
    assert failed.nothing_ran


def test_long_and_many_line_errors_become_one_short_line() -> None:
    """Messages stand in conditions."""
    failed = operation_failed(
        script_error("x", "T", "outer\r\n  words " * 100, "the cause"),
        product="Lync",
        operation="x",
    )
    assert "\n" not in failed.message
    assert len(failed.message) < 600
    assert "the cause" in failed.message
