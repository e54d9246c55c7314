"""What the sessions of all products share: one remote run, a checked answer, a read, a change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from partner_operator.engine.aside import aside
from partner_operator.engine.ports import (
    Credentials,
    LogonRefused,
    OperationFailed,
    Outcome,
    RunFailed,
    Step,
    Wanted,
)
from partner_operator.products import documents, items
from partner_operator.products.calls import Call, together
from partner_operator.products.documents import FetchedDocument, FetchedDocuments
from partner_operator.products.failures import run_failed
from partner_operator.products.parts import Part, Reading, controller_of
from partner_operator.products.scripts import STEPS, watched
from partner_operator.texts import in_all, shown, well_formed
from partner_operator.trust.model import (
    Authentication,
    DesiredApplication,
    DesiredServer,
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
    script_failure,
)

Runner = Callable[[Endpoint, RemoteRequest], Awaitable[Answer]]
Model = TypeVar("Model", bound=BaseModel)

REGISTERING = frozenset({"register", "register_behind"})
"""Operations that tell which entry they made."""

_LOGONS: dict[Authentication, Literal["ntlm", "credssp", "kerberos"]] = {
    Authentication.NTLM: "ntlm",
    Authentication.CREDSSP: "credssp",
    Authentication.KERBEROS: "kerberos",
}


@dataclass(frozen=True, slots=True)
class Remote:
    """How the scripts of one product are run."""

    product: str
    called: str
    """As users read it in what is said before its version is known."""
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
        seen = await aside(lambda: self._observed(answers[0], told), len(told.entries))
        return reading.applied(seen)

    async def fetch(self, urls: Sequence[str], seconds: int) -> Sequence[FetchedDocument]:
        """Fetch documents and nothing else, as many as fit into an answer and so many seconds."""
        answer = await self._run(Call("documents", documents.wanted(urls, seconds)))
        return self._understood(FetchedDocuments, answer).documents

    async def apply(
        self, observed: Observed, change: Change, application: DesiredApplication
    ) -> str | None:
        """Make one change. Returns what `engine.ports.Outcome.made` tells. Raises OperationFailed."""
        (outcome,) = await self.apply_all(observed, [Wanted(change, application)])
        if outcome.failure is not None:
            raise outcome.failure
        return outcome.made

    async def apply_all(self, observed: Observed, wanted: Sequence[Wanted]) -> Sequence[Outcome]:
        """Make these changes, see `engine.ports.Session`."""
        prepared = [self._prepared(observed, each) for each in wanted]
        calls = [each for each in prepared if isinstance(each, Call)]
        outcomes = iter(await self._made_in_one_run(calls) if calls else ())
        return [
            next(outcomes) if isinstance(each, Call) else Outcome(failure=each) for each in prepared
        ]

    def _prepared(self, observed: Observed, wanted: Wanted) -> Call | OperationFailed:
        """How a change is made, or why it cannot be asked for."""
        try:
            return self._call(observed, wanted.change, wanted.application)
        except OperationFailed as failure:
            return failure

    async def _made_in_one_run(self, calls: Sequence[Call]) -> Sequence[Outcome]:
        """One outcome for each call."""
        if calls[0].operation not in STEPS:
            (alone,) = calls
            await self._run(replace(alone, at_once=True))
            return [Outcome()]
        asked = calls[: items.fitting([call.parameters for call in calls])]
        run = together(asked)
        try:
            answer = await self._answer(run)
        except RemoteRunError as error:
            failure, begun = self._failure(error, run.operation), items.begun(error.printed)
            told = begun and failure.outcome_unknown
            if not told or isinstance(failure, LogonRefused):
                raise failure from None
            outcomes = [Outcome(failure=failure)] * min(begun, len(asked))
        else:
            outcomes = self._outcomes(answer, asked)
        return [*outcomes, *[Outcome(begun=False)] * (len(calls) - len(outcomes))]

    def _outcomes(self, answer: Answer, asked: Sequence[Call]) -> list[Outcome]:
        """What became of each item that was begun. Raises OperationFailed."""
        results = self._understood(items.ItemsAnswer, answer).results
        if len(results) > len(asked):
            raise self._not_understood("results", "more than was asked for")
        consoles = items.consoles(answer.console, len(results))
        return [
            self._outcome(call, result, console)
            for call, result, console in zip(asked, results, consoles, strict=False)
        ]

    def _outcome(self, call: Call, result: items.ItemAnswer, console: str) -> Outcome:
        error = result.error
        if error is not None:
            hidden = (self.credentials.password, self.credentials.username)
            why = script_failure(error.model_dump(), self.host, hidden)
            return Outcome(failure=self._failure(why, call.operation))
        try:
            told = result.data or {}
            made = self._made(told, console, call) if call.operation in REGISTERING else None
        except OperationFailed as failure:
            return Outcome(failure=failure)
        return Outcome(made)

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
    def _made(self, told: Mapping[str, Any], console: str, call: Call) -> str | None:
        """Reference of the entry that a registration made, see `engine.ports.Outcome`.

        `told`: what its step returned; `console`: what was printed for people meanwhile.
        """

    def _own_failure(self, error: ScriptError) -> OperationFailed | None:
        """A failure of a script that only the product understands; None for any other."""
        return None

    def _explained(self, failure: RunFailed) -> RunFailed:
        """A failure with what only the product knows of its cause."""
        return failure

    async def _run(self, call: Call) -> Answer:
        """Raises OperationFailed and LogonRefused."""
        try:
            return await self._answer(call)
        except RemoteRunError as error:
            raise self._failure(error, call.operation) from None

    def _failure(self, error: RemoteRunError, operation: str) -> RunFailed:
        own = None
        if isinstance(error, ScriptError) and not error.logon_refused:
            own = self._own_failure(error)
        failure = own or run_failed(
            error, product=self.remote.called, operation=operation, host=self.host
        )
        return self._explained(failure)

    async def _answer(self, call: Call) -> Answer:
        """Raises RemoteRunError, and OperationFailed where the host may not be asked."""
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
            script=watched(product.lower(), call.script or call.operation),
            parameters={"host": self.host, "lifeSeconds": int(call.seconds), **call.parameters},
            secrets={"username": credentials.username, "password": credentials.password}
            if call.secrets
            else {},
            deadline_seconds=call.seconds + call.patience,
            about=f"{server.key.namespace}/{server.key.name}",
            asker=None if call.at_once else Asker(server.key.namespace, server.key.name),
            product=product,
        )
        answer = await self.remote.runner(endpoint, request)
        self.logon_refused = answer.logon_refused
        return answer

    def _understood(self, model: type[Model], answer: Answer) -> Model:
        """The answer as its model. Raises OperationFailed when it is not what the script promises."""
        return self._as(model, answer.data)

    def _as(self, model: type[Model], data: Mapping[str, Any]) -> Model:
        """The same of a part of one."""
        try:
            return model.model_validate(in_all(data, well_formed))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise self._not_understood(place, first["msg"]) from None

    def _not_understood(self, place: str, why: str) -> OperationFailed:
        return OperationFailed(
            Reason.CONTRACT_VIOLATED,
            f"{self.host} answered with something the operator does not understand ({shown(place)}: {why}). The "
            "operator changes nothing there. Report this with the product's version.",
        )


Opened = TypeVar("Opened", bound=Session)


class Operations(Generic[Opened]):
    """The sessions of one product over one runner; implements `engine.ports.Operations`."""

    product: Product
    session: type[Opened]
    called: str = ""
    """Its names in sentences, where it has had several."""

    def __init__(self, runner: Runner, ca_bundle: str | None = None) -> None:
        self._remote = Remote(
            str(self.product), self.called or str(self.product), runner, ca_bundle
        )

    def on(self, server: DesiredServer, credentials: Credentials, host: str) -> Opened:
        """A session on one host; nobody is asked before its first run."""
        return self.session(self._remote, server, credentials, host)
