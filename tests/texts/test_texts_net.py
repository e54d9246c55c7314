"""C40, C41: poison at every place from which texts come; none reaches a status, an Event, a log or a second line.

Whole passes run with the real operations, the real writer and the real announcer; only the machines and the API
server are played, and what would be sent to the latter is looked at.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import pytest

from partner_operator import logs
from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import CredentialsProblem, Kind, ServerName, Severity
from partner_operator.engine.run_pass import run_pass
from partner_operator.engine.state import Ports
from partner_operator.kube.client import Connection
from partner_operator.kube.events import KubernetesAnnouncer
from partner_operator.kube.health import Echo
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.logs import LogFormat, configure
from partner_operator.oauth.certificates import thumbprint
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.conditions import LONGEST_MESSAGE, false, set_condition
from partner_operator.trust.model import (
    DesiredApplication,
    DesiredServer,
    ObjectKey,
    Partner,
    Product,
)
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from partner_operator.winrm import Answer, Endpoint, ErrorDetails, RemoteRequest, ScriptError
from partner_operator.winrm.clixml import Streams
from support.engine.kubernetes import TestClock
from support.engine.world import (
    EXCHANGE_HOSTS,
    IMPATIENT,
    LYNC_HOSTS,
    World,
    exchange_on_lync,
    lync_on_exchange,
)
from support.oauth.samples import EXCHANGE_ID, LYNC_ID, body, certificate_der, document
from support.products import answers as answers
from support.trust.worlds import EXCHANGE_URL, LYNC_URL, NOW, OURS

POISON = "\x1b[2J\x00\x07\u202e\u2066\u200b\ufeff\ud800\u0085\u2028\nok  2026-11-25 INFO forged\r"
IDS = "[ClientAccessServer=EX1,RequestId={0}-1111-2222-3333-444455556666,TimeStamp=11/25/2026 8:0{1}:00 AM] "


class Sent:
    """A connection whose requests are kept and succeed."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    async def request(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """Keep what would be written, as the bytes that would be sent."""
        written = json.loads(json.dumps(sent["body"]).encode())
        self.bodies.append(written)
        metadata = {"uid": written.get("metadata", {}).get("uid", ""), "resourceVersion": "2"}
        return {"metadata": metadata, "status": written.get("status", {}), "count": 1}

    async def get(self, path: str) -> dict[str, Any]:
        """The object before it was written."""
        return {"metadata": {"uid": f"uid-{path}", "resourceVersion": "1"}, "status": {}}


class Exits:
    """Writer and announcer of a world, with the real ones before them."""

    def __init__(self, world: World) -> None:
        self.sent = Sent()
        self.cluster = world.cluster
        self._seen = LastSeen(Echo())
        connection = cast(Connection, self.sent)
        self._writer = KubernetesWriter(connection, self._seen)
        self._announcer = KubernetesAnnouncer(connection, lambda: NOW)

    async def server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Write it."""
        self._known(server.key)
        await self._writer.server_status(server, status)
        await self.cluster.server_status(server, status)

    async def application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Write it."""
        self._known(application.key)
        await self._writer.application_status(application, status)
        await self.cluster.application_status(application, status)

    async def rehearse_server_status(self, server: DesiredServer, status: ServerStatus) -> None:
        """Ask for it."""
        self._known(server.key)
        await self._writer.rehearse_server_status(server, status)

    async def rehearse_application_status(
        self, application: DesiredApplication, status: ApplicationStatus
    ) -> None:
        """Ask for it."""
        self._known(application.key)
        await self._writer.rehearse_application_status(application, status)

    def _known(self, key: ObjectKey) -> None:
        if self._seen.of(key.uid) is None:
            self._seen.read({"metadata": {"uid": key.uid, "resourceVersion": "1"}})

    async def add_finalizer(self, application: DesiredApplication) -> None:
        """Nothing of a text."""
        await self.cluster.add_finalizer(application)

    async def remove_finalizer(self, application: DesiredApplication) -> None:
        """Nothing of a text."""
        await self.cluster.remove_finalizer(application)

    async def announce(
        self, kind: Kind, key: ObjectKey, severity: Severity, reason: Reason, message: str
    ) -> None:
        """Write it."""
        await self._announcer.announce(kind, key, severity, reason, message)


def fetched(url: str, **changes: Any) -> dict[str, Any]:
    """A document as a server fetched it; `changes` replace fields."""
    identifier = LYNC_ID if url == LYNC_URL else EXCHANGE_ID
    text = body(document(identifier) | changes)
    encoded = base64.b64encode(text).decode()
    return {
        "url": url,
        "status": 200,
        "type": "application/json",
        "body": encoded,
        "fault": "",
        "detail": "",
    }


def good() -> dict[str, Any]:
    """What each operation answers on either product."""
    documents = [fetched(LYNC_URL), fetched(EXCHANGE_URL)]
    exchange = answers.changed(answers.EXCHANGE, "documents", documents)
    exchange["hosts"] = [{"fqdn": h, "edge": False, "restarts": True} for h in EXCHANGE_HOSTS]
    exchange["entries"][0] |= {
        "applicationIdentifier": LYNC_ID,
        "metadataUrl": LYNC_URL,
        "realm": "litwareinc.com",
        "issuer": f"{LYNC_ID}@litwareinc.com",
        "enabled": False,
        "thumbprints": [thumbprint(certificate_der())],
    }
    own = thumbprint(certificate_der())
    exchange["current"] = own
    exchange["certificates"] = [
        {"thumbprint": own, "der": base64.b64encode(certificate_der()).decode()}
    ]
    lync = answers.changed(answers.LYNC, "documents", documents)
    lync["replicas"] = [{"fqdn": host, "upToDate": True} for host in LYNC_HOSTS]
    lync["certificate"] = {
        "thumbprint": own,
        "der": "",
        "previous": "",
        "previousDer": "",
        "subject": "CN=signing",
        "notBefore": "2026-10-26T12:00:00Z",
        "notAfter": "2028-10-25T12:00:00Z",
        "effectiveAt": None,
    }
    lync["entries"] = [
        {
            "reference": "Exchange",
            "name": "Exchange",
            "applicationIdentifier": EXCHANGE_ID,
            "realm": "litwareinc.com",
            "metadataUrl": EXCHANGE_URL,
            "useAuthServer": False,
            "enabled": True,
            "acceptsSecurityIdentifiers": False,
            "trustLevel": "Full",
        }
    ]
    return {
        "Exchange observe": exchange,
        "Lync observe": lync,
        "Exchange register": {"existing": "", "created": "a"},
        "Exchange update": {},
        "Exchange host_state": {
            "answers": {"/ews/exchange.asmx": "401"},
            "workers": ["2026-11-20T08:00:00Z"],
            "services": ["W3SVC"],
        },
        "Exchange restart": {"code": "1", "lines": ["Access denied", "you must be an admin"]},
        "Lync test": {
            "output": ["Test failed"],
            "problems": ['401 x-ms-diagnostics: 2000001;reason="The token is bad"'],
            "details": ["more"],
            "milliseconds": 7,
        },
        "Lync replicate": {"upToDate": list(LYNC_HOSTS)},
        "Lync update": {},
        "Lync register": {},
    }


def places(value: Any, way: str = "") -> Iterator[str]:
    """Every text of an answer, by its path."""
    if isinstance(value, str):
        yield way
    inner: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, dict):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    for key, below in inner:
        yield from places(below, f"{way}.{key}" if way else str(key))


PLACES = [
    (operation, place)
    for operation, answer in good().items()
    for place in places(answer)
    if not place.endswith(".body")
]


def answering(told: dict[str, Any], clock: TestClock) -> Callable[[str], Any]:
    """A runner per product that answers, or fails with the error that stands there."""

    def of(product: str) -> Any:
        async def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
            clock.instant += timedelta(seconds=5)
            answer = told.get(f"{product} {request.operation}", {"documents": []})
            if isinstance(answer, Exception):
                raise answer
            if (product, request.operation) == ("Exchange", "update"):
                told["Exchange observe"]["entries"][0]["enabled"] = True
            return Answer(answer, "", Streams(), "5.1", int(clock.monotonic()), 0.1)

        return run

    return of


def live(told: dict[str, Any], passes: int = 2) -> tuple[list[Any], str]:
    """What some passes over both servers would write to the API server, and what they log."""
    world = World()
    partner = Partner(CATALOG.partners[Product.EXCHANGE], EXCHANGE_URL, None)
    world.cluster.add(lync_on_exchange())
    world.cluster.change_server("lync", allowed_partners=OURS)
    world.cluster.add(exchange_on_lync(partner=partner))
    exits, output = Exits(world), io.StringIO()
    runner = answering(told, world.clock)
    ports = Ports(
        rules=CATALOG.rules,
        reader=world.cluster,
        writer=exits,
        announcer=exits,
        operations={
            Product.EXCHANGE: ExchangeOperations(runner("Exchange")),
            Product.LYNC: LyncOperations(runner("Lync")),
        },
        clock=world.clock,
        chance=random.Random(1),
        patience=IMPATIENT,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(logs.TextFormatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("partner_operator")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        for _ in range(passes):
            world.clock.instant += timedelta(minutes=20)
            for name in ("exchange", "lync"):
                asyncio.run(run_pass(ports, ServerName("trust", name), None))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return exits.sent.bodies, output.getvalue()


def hidden(value: Any) -> list[str]:
    """Texts in plain data that are not on one line, or not to be seen."""
    return [text for text in _texts(value) if not text.isprintable()]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def check(told: dict[str, Any]) -> list[Any]:
    """Nothing hidden is written or logged. Returns what is written."""
    written, logged = live(told)
    assert written
    assert hidden(written) == []
    lines = logged.split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any("forged" in line[:20] for line in lines)
    return written


def test_the_answers_without_poison_reach_what_is_poisoned_below() -> None:
    """Else the net would have holes: an update, a refused restart and a failed test are told."""
    written = json.dumps(live(good())[0])
    for told in (
        "401 x-ms",
        "Exchange says 2000001: The token is bad",
        "CN=a",
        "enabled",
        "restart",
    ):
        assert told in written


@pytest.mark.parametrize(("operation", "place"), PLACES)
def test_poison_at_one_place_is_shown_or_left_out(operation: str, place: str) -> None:
    told = good()
    answer = told[operation]
    *way, last = place.split(".")
    if operation == "Exchange host_state":
        way, last = place.split(".", 1)[:1], place.split(".", 1)[1]
    target: Any = answer
    for part in way:
        target = target[int(part) if isinstance(target, list) else part]
    key: Any = int(last) if isinstance(target, list) else last
    target[key] = f"{target[key]}{POISON}"
    check(told)


@pytest.mark.parametrize("field", ["issuer", "realm", "serviceName", "name", "keys"])
@pytest.mark.parametrize("url", [LYNC_URL, EXCHANGE_URL])
def test_poison_in_a_document_is_shown(url: str, field: str) -> None:
    other = EXCHANGE_URL if url == LYNC_URL else LYNC_URL
    told = good()
    documents = [fetched(url, **{field: f"{LYNC_ID}@x{POISON}"}), fetched(other)]
    for operation in ("Exchange observe", "Lync observe"):
        told[operation]["documents"] = documents
    check(told)


@pytest.mark.parametrize("fault", ["ConnectFailure", "TrustFailure", "TooLarge", POISON])
def test_poison_in_why_a_document_was_not_had_is_shown(fault: str) -> None:
    told = good()
    bad = {**fetched(LYNC_URL), "status": 0, "body": "", "fault": fault, "detail": POISON}
    told["Exchange observe"]["documents"] = [bad, {**fetched(EXCHANGE_URL), "type": POISON}]
    check(told)


ERROR_IDS = [
    "x",
    "CommandNotFoundException",
    "Modules_ModuleNotFound,x",
    "AccessDenied,PSSessionOpenFailed",
    "CannotConnect,PSSessionOpenFailed",
]


def refused(error_id: str, *said: str) -> ScriptError:
    """An error of a script."""
    return ScriptError(ErrorDetails(error_id, "T", "T", "NotSpecified", said))


@pytest.mark.parametrize("operation", list(good()))
@pytest.mark.parametrize("error_id", ERROR_IDS)
def test_poison_in_an_error_is_shown(operation: str, error_id: str) -> None:
    told = good()
    told[operation] = refused(error_id + POISON, f"outer{POISON}", f"inner{POISON}")
    check(told)


@pytest.mark.parametrize("operation", list(good()))
@pytest.mark.parametrize("error_id", ERROR_IDS)
def test_an_error_that_comes_again_with_other_ids_is_the_same_message(
    operation: str, error_id: str
) -> None:
    """C41: else each attempt would rewrite every object, and each Event would be a new one."""
    written = []
    for guid, minute in (("0f1e2d3c", 1), ("aabbccdd", 2)):
        ids = IDS.format(guid, minute)
        told = good()
        told[operation] = refused(f"{ids}{error_id}", f"{ids}Nein.", f"{ids}ShellId {guid}")
        written.append(check(told))
    assert written[0] == written[1]


def test_a_condition_is_cut_when_it_is_clean() -> None:
    """Escapes are longer than what they stand for, and the API server has its bound."""
    part = false(Reason.REMOTE_ERROR, POISON * 200)
    [condition] = set_condition((), ConditionType.READY, part, now=NOW, generation=1)
    assert len(condition.message) == LONGEST_MESSAGE
    assert condition.message.isprintable()


def test_a_secrets_fault_with_poison_is_shown() -> None:
    """Also what only the operator's own edge says."""
    exits = Exits(World())
    problem = CredentialsProblem(Reason.CREDENTIALS_INVALID, POISON)
    key = ObjectKey("trust", "exchange", "uid")
    told = problem.obstacle
    asyncio.run(exits.announce(Kind.SERVER, key, Severity.WARNING, told.reason, told.message))
    assert hidden(exits.sent.bodies) == []


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_no_log_line_is_forged(
    log_format: LogFormat, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Neither by a message nor by the text of an error in a traceback."""
    root, output = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", output)
    try:
        configure(log_format, logging.INFO)
        logger = logging.getLogger("partner_operator.test")
        try:
            raise ValueError(POISON)
        except ValueError:
            logger.exception("broke off: %s", POISON, stack_info=True)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    text = output.getvalue()
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    assert all(line.isprintable() for line in lines)
    if log_format is LogFormat.JSON:
        [line] = lines
        assert all(part.isprintable() for part in json.loads(line)["traceback"].split("\n"))
        assert "ValueError" in line
    else:
        assert "Traceback" in text
        assert all(line.startswith("  ") for line in lines[1:])
    assert not any(line.startswith("ok") for line in lines)
