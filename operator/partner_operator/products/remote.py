"""What the sessions of all products share: one remote run, a checked answer, a read, a change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from partner_operator.engine.ports import Credentials, OperationFailed, RunFailed, Step
from partner_operator.products import documents
from partner_operator.products.documents import FetchedDocument, FetchedDocuments
from partner_operator.products.failures import run_failed
from partner_operator.products.parts import Part, Reading, controller_of
from partner_operator.products.scripts import watched
from partner_operator.texts import in_all, shown, well_formed
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    DesiredServer,
    Entry,
    Observed,
    Product,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Change
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import (
    Answer,
    Asker,
    Endpoint,
    RemoteRequest,
    RemoteRunError,
    ScriptError,
)

Runner = Callable[[Endpoint, RemoteRequest], Awaitable[Answer]]
Model = TypeVar("Model", bound=BaseModel)

LONGEST_SECONDS = 400
"""For one run. The engine's `Patience.longest_run` is reckoned from it."""

REGISTERING = frozenset({"register", "register_behind"})
"""Operations that tell which entry they made."""

_LOGONS: dict[Authentication, Literal["ntlm", "credssp", "kerberos"]] = {
    Authentication.NTLM: "ntlm",
    Authentication.CREDSSP: "credssp",
    Authentication.KERBEROS: "kerberos",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One script of a product with its parameters."""

    operation: str
    parameters: Mapping[str, Any]
    seconds: float = 240
    """Its whole time here, at most LONGEST_SECONDS; the script itself lives no longer on the host."""
    secrets: bool = False
    """The script needs the logon for an inner session."""
    at_once: bool = False
    """What it does is written down and was looked at just now: it waits for no turn."""


@dataclass(frozen=True, slots=True)
class Remote:
    """How the scripts of one product are run."""

    product: str
    """As users read it: 'Exchange', 'Lync'."""
    runner: Runner
    ca_bundle: str | None
    """Trusted authorities for servers that declare none of their own."""


@dataclass(slots=True)
class Session(ABC):
    """One host of one server of a product; implements `engine.ports.Session`."""

    remote: Remote
    server: DesiredServer
    credentials: Credentials
    host: str
    logon_refused: bool = field(default=False, init=False)
    """See `engine.ports.Session`."""

    async def observe(self, urls: Sequence[str], controller: str | None) -> Observed:
        """Read everything that decisions need. Changes nothing."""
        answers: list[Answer] = []

        async def ask(left: Sequence[str], after: str, seconds: int) -> Part:
            there = controller_of(reading.parts[0]) if reading.parts else None
            call = self._reading(there or controller)
            page = {"after": after, "entryBytes": documents.ENTRY_BYTES}
            parameters = {**call.parameters, **documents.wanted(left, seconds), **page}
            answers.append(await self._run(replace(call, parameters=parameters)))
            return self._told(answers[-1])

        reading = Reading(urls, ask, self.fetch, lambda: self.logon_refused)
        told = await reading.whole()
        return reading.applied(self._observed(answers[0], told))

    async def fetch(self, urls: Sequence[str], seconds: int) -> Sequence[FetchedDocument]:
        """Fetch documents and nothing else, as many as fit into an answer and so many seconds."""
        answer = await self._run(Call("documents", documents.wanted(urls, seconds)))
        return self._understood(FetchedDocuments, answer).documents

    async def apply(
        self, observed: Observed, change: Change, application: DesiredApplication
    ) -> str | None:
        """Make one change, on the domain controller of `observed`. Raises OperationFailed."""
        call = replace(self._call(observed, change, application), at_once=True)
        answer = await self._run(call)
        return self._made(answer, call) if call.operation in REGISTERING else None

    @abstractmethod
    def _reading(self, controller: str | None) -> Call:
        """How it is read, but for the documents."""

    @abstractmethod
    def _told(self, answer: Answer) -> Part:
        """The answer as what the script promises. Raises OperationFailed."""

    @abstractmethod
    def _observed(self, answer: Answer, told: Any) -> Observed:
        """What was read; `told`: all answers as one, of the same type as `_told` returns."""

    @abstractmethod
    def _call(self, observed: Observed, change: Change, application: DesiredApplication) -> Call:
        """How a change is made."""

    @abstractmethod
    def _made(self, answer: Answer, call: Call) -> str | None:
        """Reference of the entry that a registration made, see `engine.ports.Session.apply`."""

    def _own_failure(self, error: ScriptError) -> OperationFailed | None:
        """A failure of a script that only the product understands; None for any other."""
        return None

    def _explained(self, failure: RunFailed) -> RunFailed:
        """A failure with what only the product knows of its cause."""
        return failure

    async def _run(self, call: Call) -> Answer:
        server, credentials, product = self.server, self.credentials, self.remote.product
        fault = credentials.fault(server, self.host)
        if fault is not None:
            raise OperationFailed(
                Reason.HOST_NOT_ALLOWED, fault, Next.HUMAN, nothing_ran=True, step=Step.LOGON
            )
        endpoint = Endpoint(
            host=self.host,
            port=server.port,
            authentication=_LOGONS[server.authentication],
            username=credentials.username,
            password=credentials.password,
            ca_pem=server.ca_bundle or self.remote.ca_bundle,
        )
        request = RemoteRequest(
            operation=call.operation,
            script=watched(product.lower(), call.operation),
            parameters={"host": self.host, "lifeSeconds": int(call.seconds), **call.parameters},
            secrets={"username": credentials.username, "password": credentials.password}
            if call.secrets
            else {},
            deadline_seconds=call.seconds,
            about=f"{server.key.namespace}/{server.key.name}",
            asker=None if call.at_once else Asker(server.key.namespace, server.key.name),
            product=product,
        )
        try:
            answer = await self.remote.runner(endpoint, request)
        except RemoteRunError as error:
            own = None
            if isinstance(error, ScriptError) and not error.logon_refused:
                own = self._own_failure(error)
            failure = own or run_failed(
                error, product=product, operation=call.operation, host=self.host
            )
            raise self._explained(failure) from None
        self.logon_refused = answer.logon_refused
        return answer

    def _understood(self, model: type[Model], answer: Answer) -> Model:
        """The answer as its model. Raises OperationFailed when it is not what the script promises."""
        host = self.host
        try:
            return model.model_validate(in_all(answer.data, well_formed))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise OperationFailed(
                Reason.CONTRACT_VIOLATED,
                f"{host} answered with something the operator does not understand ({shown(place)}: {first['msg']}). "
                "Nothing is changed there. Please report this with the product's version.",
            ) from None


Opened = TypeVar("Opened", bound=Session)


class Operations(Generic[Opened]):
    """The sessions of one product over one runner; implements `engine.ports.Operations`."""

    product: Product
    session: type[Opened]

    def __init__(self, runner: Runner, ca_bundle: str | None = None) -> None:
        self._remote = Remote(str(self.product), runner, ca_bundle)

    def on(self, server: DesiredServer, credentials: Credentials, host: str) -> Opened:
        """A session on one host; nobody is asked before its first run."""
        return self.session(self._remote, server, credentials, host)


def replaced(entry: Entry | None) -> dict[str, object]:
    """What a script is told of the entry in whose place a new one is made, and what tells it from another."""
    return {
        "replaces": entry.reference if entry else "",
        "replacedIdentifier": entry.application_identifier if entry else "",
        "replacedRealm": entry.realm if entry else "",
        "replacedUrl": (entry.metadata_url or "") if entry else "",
    }
