"""The inner session to Exchange's own endpoint, and what every operation in it looks up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from partner_simulator.embedded import failures
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.plain import prop, same, text
from partner_simulator.embedded.run import Run, Told
from partner_simulator.ports import Logon, LogonKind, PsObject


@dataclass(slots=True)
class Left:
    """What one change of a run leaves to the next, which takes it away."""

    entries: tuple[str, Told] | None = None
    """As they were at its end, by the controller that was asked."""
    account: tuple[tuple[str, ...], str, Exchange] | None = None
    """One that is fit, the session that shows it, and for whom."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The inner session to Exchange's own endpoint, and the domain controller of its calls."""

    run: Run
    hop: Logon
    texts: bool
    """Whether values of Exchange's own types arrive as text, equal to what they print as."""
    controller: str = ""
    """Empty: none is named."""
    left: Left = field(default_factory=Left)

    def _named(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return parameters | ({"DomainController": self.controller} if self.controller else {})

    def told(self, cmdlet: str, *, stops: bool = True, **parameters: Any) -> Told:
        """A call with all that it writes. Raises Failed."""
        return self.run.told(cmdlet, self._named(parameters), self.hop, stops=stops)

    def __call__(self, cmdlet: str, **parameters: Any) -> list[PsObject]:
        """The objects of a call. Raises Failed."""
        return self.run.call(cmdlet, self._named(parameters), self.hop)

    def found(self, cmdlet: str, **parameters: Any) -> list[PsObject]:
        """The objects of a call; none where Exchange knows no such object. Raises Failed."""
        try:
            return self(cmdlet, **parameters)
        except Failed as failed:
            if failed.not_found:
                return []
            raise


def session(run: Run) -> Exchange:
    """Open the inner session with the explicit credential, on the controller of the request. Raises Failed."""
    host, user = run.text("host"), run.secrets.get("username")
    endpoint, password = f"http://{host}/PowerShell/", run.secrets.get("password")
    try:
        answer = run.system("credential", endpoint=endpoint, user=user, password=password)
        if "user" not in answer:
            if not run.system("snapins"):
                raise failures.thrown("PartnerOperator.NotExchange")
            raise failures.no_inner_session(host, answer["error"])
        hop = Logon(answer["user"], LogonKind.NETWORK)
        exchange = Exchange(run, hop, texts=answer["values"] == "text")
        exchange("Set-ADServerSettings", ViewEntireForest=True)
    except Failed as failed:
        failed.function = "Open-Exchange"
        raise
    return replace(exchange, controller=run.text("controller"))


def entries_before(exchange: Exchange) -> Told:
    """As the change before this one left them, else read now. Raises Failed."""
    known, exchange.left.entries = exchange.left.entries, None
    if known is not None and same(known[0], exchange.controller):
        return known[1]
    return exchange.told("Get-PartnerApplication")


def check_entry(run: Run, exchange: Exchange, *, behind: bool) -> None:
    """Raises Failed where the entry is gone, or was made into something else meanwhile."""
    for entry in entries_before(exchange).objects:
        if not same(reference_of(entry), run.asked("reference")):
            continue
        alike = same(prop(entry, "ApplicationIdentifier"), run.asked("applicationIdentifier"))
        if alike and bool(prop(entry, "UseAuthServer")) is behind:
            return
        name = text(entry, "Name")
        raise failures.thrown(
            f"Partner application {name} was made into another one meanwhile, so nothing was changed."
        )
    raise failures.thrown("The partner application is not there any more, so nothing was changed.")


def find_users(exchange: Exchange, name: str) -> tuple[list[PsObject], Exchange]:
    """Accounts of a name, and the session that shows them: one that names no controller for another domain's."""
    found = exchange.found("Get-User", Identity=name)
    if found or not exchange.controller:
        return found, exchange
    own = f"{exchange.controller.split('.', 1)[-1]}/".upper()
    forest = replace(exchange, controller="")
    elsewhere = [
        user
        for user in forest.found("Get-User", Identity=name)
        if not text(user, "Identity").upper().startswith(own)
    ]
    return elsewhere, forest if elsewhere else exchange


def reference_of(entry: PsObject) -> str:
    """The directory gives a Guid once and never again."""
    return text(entry, "Guid") or text(entry, "DistinguishedName")
