"""Composition root: the only file that knows every room."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import ssl
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn, TypeAlias

from partner_operator import __version__
from partner_operator.allocator import give_memory_back
from partner_operator.catalog import CATALOG, OPERATIONS
from partner_operator.doctor.challenge import hear
from partner_operator.doctor.facts import Heard, Shell, Way
from partner_operator.doctor.probe import probe
from partner_operator.doctor.report import Output, conclude
from partner_operator.doctor.run import NoSuchServer, examine
from partner_operator.engine.bell import Bell
from partner_operator.engine.clock import SystemClock
from partner_operator.engine.ports import Operations, ServerName
from partner_operator.engine.state import Ports
from partner_operator.engine.unserved import serve_unserved
from partner_operator.engine.watchdog import Watchdog
from partner_operator.engine.worker import Worker
from partner_operator.explain_token import CannotExplain, explain_token
from partner_operator.kube.client import ApiFailure, Connection, NoCluster
from partner_operator.kube.digests import Digests
from partner_operator.kube.doorbell import run_operator
from partner_operator.kube.events import KubernetesAnnouncer
from partner_operator.kube.health import Echo
from partner_operator.kube.kinds import ServedKinds
from partner_operator.kube.leader import lead
from partner_operator.kube.lease import Lease, LeaseLost, NoLease, lease_name
from partner_operator.kube.objects import LastSeen
from partner_operator.kube.patience import NONE
from partner_operator.kube.reader import KubernetesReader
from partner_operator.kube.watches import CannotServe
from partner_operator.kube.writer import KubernetesWriter
from partner_operator.logs import LogFormat, configure
from partner_operator.metrics.collector import Ears, State
from partner_operator.metrics.server import CannotListen, answering, listening_at, new_registry
from partner_operator.products.remote import Runner
from partner_operator.recorder import Recorder
from partner_operator.texts import shown
from partner_operator.trust.allowed import FORM, USUAL_BOUNDS, Bounds, is_pattern
from partner_operator.trust.model import DesiredServer, Product
from partner_operator.winrm import (
    SLOTS,
    Answer,
    Channels,
    Endpoint,
    RemoteRequest,
    RemoteRunError,
    TimedOut,
    Turns,
    Unreachable,
    run,
)

THREADS = 256
"""A restart occupies its thread for minutes; threads that nobody needs are not started."""

logger = logging.getLogger(__name__)

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> None:
    """`partner-operator`: parse the command line and do what it says."""
    options = _parser().parse_args(arguments)
    if options.command == "explain-token":
        _explain(options)
    try:
        if options.command == "doctor":
            configure(LogFormat.TEXT, logging.ERROR)
            sys.exit(asyncio.run(_doctor(options)))
        configure(LogFormat(options.log_format), getattr(logging, options.log_level.upper()))
        give_memory_back()
        asyncio.run(_run(options))
    except (
        NoCluster,
        NoLease,
        LeaseLost,
        CannotServe,
        ApiFailure,
        NoSuchServer,
        UnusableAuthorities,
        CannotListen,
    ) as problem:
        sys.exit(shown(f"partner-operator: {problem}"))
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="partner-operator", description="Keeps OAuth trust as declared."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands)
    _add_explain_token(commands)
    _add_doctor(commands)
    return parser


def _add_run(commands: Commands) -> None:
    run_parser = commands.add_parser("run", help="run the operator until it is told to stop")
    scope = run_parser.add_mutually_exclusive_group(required=True)
    scope.add_argument(
        "--namespace", action="append", default=[], help="serve this namespace (repeatable)"
    )
    scope.add_argument("--all-namespaces", action="store_true", help="serve the whole cluster")
    run_parser.add_argument("--log-format", choices=[f.value for f in LogFormat], default="text")
    run_parser.add_argument("--log-level", choices=["debug", "info", "warning"], default="info")
    run_parser.add_argument("--liveness", metavar="URL", help="answer health probes at this URL")
    run_parser.add_argument(
        "--metrics",
        type=_listening,
        metavar="URL",
        help="let Prometheus scrape metrics at this URL, such as http://0.0.0.0:9402/metrics",
    )
    run_parser.add_argument(
        "--lease-namespace",
        metavar="NS",
        help="of several operators one works: the Lease is here (in a pod by default: its own namespace)",
    )
    run_parser.add_argument(
        "--ca-file",
        type=Path,
        help="certificate authorities (PEM) for servers whose object names no caBundle",
    )
    _add_bounds(run_parser)
    _add_record(run_parser)


def _add_record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--record",
        type=Path,
        metavar="DIR",
        help="write each remote run into this folder, redacted (for docs/field-test.md)",
    )


def _add_bounds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allowed-hosts",
        type=_patterns,
        metavar="PATTERNS",
        help="log on to no host but these, whatever a Secret says; names or *.contoso.com, separated by commas",
    )
    parser.add_argument(
        "--allowed-ports",
        type=_ports,
        default=USUAL_BOUNDS.ports,
        metavar="PORTS",
        help="log on to no port but these, separated by commas (5986)",
    )


def _listening(text: str) -> str:
    try:
        listening_at(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(word.strip() for word in text.split(","))
    for pattern in patterns:
        if not is_pattern(pattern):
            raise argparse.ArgumentTypeError(f"{shown(pattern)!r} names no hosts: {FORM}")
    return patterns


def _ports(text: str) -> frozenset[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and 0 < int(word) < 65536 for word in words):
        raise argparse.ArgumentTypeError("write port numbers separated by commas, such as 5986")
    return frozenset(int(word) for word in words)


def _bounds(options: argparse.Namespace) -> Bounds:
    return Bounds(options.allowed_hosts, options.allowed_ports)


def _add_explain_token(commands: Commands) -> None:
    token_parser = commands.add_parser(
        "explain-token", help="say which rule a server-to-server token breaks"
    )
    token_parser.add_argument(
        "token", metavar="FILE", help="file with the token; - for standard input"
    )
    token_parser.add_argument(
        "--document",
        action="append",
        required=True,
        metavar="FILE_OR_URL",
        help="metadata document of a trusted partner (repeatable)",
    )
    token_parser.add_argument(
        "--host", required=True, help="host name by which the server is called"
    )
    token_parser.add_argument(
        "--realm", required=True, help="realm of the server that judges the token"
    )
    token_parser.add_argument("--ca-file", type=Path, help="certificate authorities (PEM) for URLs")


def _add_doctor(commands: Commands) -> None:
    doctor_parser = commands.add_parser(
        "doctor", help="examine the way to one PartnerServer; changes nothing"
    )
    doctor_parser.add_argument("name", metavar="NAME", help="the PartnerServer")
    doctor_parser.add_argument("--namespace", required=True, help="where it is")
    doctor_parser.add_argument("--output", choices=[o.value for o in Output], default="text")
    doctor_parser.add_argument(
        "--ca-file",
        type=Path,
        help="certificate authorities (PEM), as for run",
    )
    _add_bounds(doctor_parser)
    _add_record(doctor_parser)


def _explain(options: argparse.Namespace) -> NoReturn:
    try:
        broken = explain_token(
            options.token,
            options.document,
            host=options.host,
            realm=options.realm,
            ca_file=options.ca_file,
        )
    except CannotExplain as problem:
        sys.exit(shown(f"partner-operator: {problem}"))
    sys.exit(broken)


async def _run(options: argparse.Namespace) -> None:
    """Work at once where no Lease decides, else when it is ours."""
    ca_bundle = _authorities(options.ca_file)
    state = State()
    async with answering(options.metrics, new_registry(state)):
        await _run_measured(options, ca_bundle, state)


async def _run_measured(options: argparse.Namespace, ca_bundle: str | None, state: State) -> None:
    # The Lease has a time of its own for each request, and asks again by itself.
    async with await Connection.open(patience=NONE) as first:
        state.requests.append(first.answered)
        namespace = options.lease_namespace or first.namespace
        name = None if namespace is None else lease_name(namespace, options.namespace)
        _say_what_runs(options, None if name is None else f"{namespace}/{name}")
        if namespace is None:
            async with await Connection.open() as connection:
                state.works = lambda: True
                await _serve(options, ca_bundle, connection, state)
            return
        lease = Lease(first, namespace, lease_name(namespace, options.namespace))
        before = lease.must_be_certain
        state.works = lambda: lease.is_certain
        async with await Connection.open(before) as connection:
            await lead(
                lease,
                options.liveness,
                lambda stop: _serve(options, ca_bundle, connection, state, before, stop),
            )


def _say_what_runs(options: argparse.Namespace, lease: str | None) -> None:
    """One line at the start, by which a log can be told from another's."""
    scope = ", ".join(options.namespace) or None
    logger.info(
        "partner-operator %s serves %s; %s",
        __version__,
        f"namespace {scope}" if scope else "all namespaces",
        f"Lease {lease} decides which operator works" if lease else "no Lease: it works at once",
        extra={"version": __version__, "scope": scope, "lease": lease},
    )


async def _serve(
    options: argparse.Namespace,
    ca_bundle: str | None,
    connection: Connection,
    state: State,
    before_run: Callable[[], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Until a signal comes, or `stop` is set. What has begun on a server by then is read to its end."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="winrm")
    echo = Echo()
    announcer = state.objects.announcer(KubernetesAnnouncer(connection))
    turns, channels = Turns(SLOTS), Channels()
    runner = _in_turn(turns, state.runs.measured(_on_threads(pool, before_run, channels)))
    operations = _operations(runner, ca_bundle, options.record)
    kinds, digests = ServedKinds(connection), Digests()

    def ports_of_a_worker() -> Ports:
        seen = LastSeen(echo)
        reader = KubernetesReader(
            connection, seen, CATALOG, options.namespace, _bounds(options), kinds, digests
        )
        return Ports(
            reader=state.objects.reader(reader),
            writer=state.objects.writer(KubernetesWriter(connection, seen)),
            announcer=announcer,
            operations=operations,
            rules=CATALOG.rules,
            clock=SystemClock(),
            chance=random.Random(),  # noqa: S311 - jitter, not a secret
            hang_up=lambda name: channels.end(f"{name.namespace}/{name.name}"),
        )

    watchdog = Watchdog(ports_of_a_worker)
    state.memories = watchdog.memories
    state.ears = Ears(lambda: echo.unheard, lambda: echo.silence)
    state.waiting_runs = lambda: turns.waiting
    state.requests.append(connection.answered)

    async def work_on(name: ServerName, bell: Bell) -> None:
        with state.serving(name, bell):
            await Worker(ports_of_a_worker(), name, bell, watchdog.attend(name)).run()
        watchdog.leave(name)

    async def answer_unserved(bell: Bell) -> None:
        with state.serving(None, bell):
            await serve_unserved(ports_of_a_worker(), bell)

    watching = asyncio.create_task(watchdog.run(), name="watchdog")
    try:
        await run_operator(
            connection=connection,
            echo=echo,
            namespaces=options.namespace,
            liveness=options.liveness,
            make_worker=work_on,
            make_unserved_worker=answer_unserved,
            kinds=kinds,
            stop=stop,
        )
    finally:
        watching.cancel()
        # Beside the loop, which goes on renewing the Lease.
        await asyncio.to_thread(pool.shutdown)


async def _doctor(options: argparse.Namespace) -> int:
    """Print the list. Returns 0 if it has no cross, 1 if it has one."""
    ca_bundle = _authorities(options.ca_file)
    name = ServerName(options.namespace, options.name)
    shells: dict[str, Shell] = {}

    def way_to(server: DesiredServer, host: str) -> Way:
        return probe(host, server.port, server.ca_bundle or ca_bundle)

    def hear_from(server: DesiredServer, host: str, path: str) -> Heard:
        return hear(host, path, server.ca_bundle or ca_bundle)

    with ThreadPoolExecutor(1, thread_name_prefix="winrm") as pool:
        runner = _in_turn(Turns(SLOTS), _on_threads(pool))

        async def run_and_note(endpoint: Endpoint, request: RemoteRequest) -> Answer:
            answer = await runner(endpoint, request)
            shells[endpoint.host] = Shell(answer.powershell_version, answer.bits)
            return answer

        async with await Connection.open() as connection:
            facts = await examine(
                name,
                reader=KubernetesReader(
                    connection, LastSeen(Echo()), CATALOG, [options.namespace], _bounds(options)
                ),
                operations=_operations(run_and_note, ca_bundle, options.record),
                catalog=CATALOG,
                prober=way_to,
                listener=hear_from,
                shells=shells,
                clock=SystemClock(),
            )
    text, code = conclude(name, facts, Output(options.output))
    print(text)
    return code


class UnusableAuthorities(Exception):
    """The file of --ca-file cannot be used; the sentence says why."""


def _authorities(ca_file: Path | None) -> str | None:
    """The PEM text of --ca-file, tried before anything depends on it. Raises UnusableAuthorities."""
    if ca_file is None:
        return None
    try:
        text = ca_file.read_text()
        ssl.create_default_context(cadata=text)
    except (OSError, ValueError) as error:
        raise UnusableAuthorities(f"{ca_file} has no usable certificates: {error}") from None
    return text


def _on_threads(
    pool: ThreadPoolExecutor,
    before_run: Callable[[], None] | None = None,
    channels: Channels | None = None,
) -> Runner:
    """Each remote run on a thread of its own. What `before_run` raises, the run raises, and nothing begins.

    `channels` keeps connections from run to run, until it is told that a pass is over.
    """

    async def run_remotely(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        if before_run is not None:
            before_run()
        return await asyncio.get_running_loop().run_in_executor(
            pool, run, endpoint, request, channels
        )

    return run_remotely


def _in_turn(turns: Turns, runner: Runner) -> Runner:
    """Each remote run in its turn."""

    async def run_in_turn(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        async with turns.turn(request.asker, endpoint.host):
            try:
                answer = await runner(endpoint, request)
            except RemoteRunError as error:
                turns.heard(endpoint.host, answered=not isinstance(error, (Unreachable, TimedOut)))
                raise
            turns.heard(endpoint.host, answered=True)
            return answer

    return run_in_turn


def _operations(
    runner: Runner, ca_bundle: str | None, record: Path | None
) -> dict[Product, Operations]:
    """The products' operations over this runner, recorded where a folder is given."""
    runner = Recorder(runner, record) if record else runner
    return {each.product: each(runner, ca_bundle) for each in OPERATIONS}
