"""Kinds 1 to 5 and 21: what can go wrong with a logon, at the start and in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from partner_operator.winrm import Authentication
from partner_simulator.wsman import (
    ChannelBinding,
    Drop,
    Fault,
    HtmlPage,
    HttpStatus,
    Occasion,
    Redirect,
    Reset,
    Step,
    Unauthorized,
    When,
    WsmanSettings,
)
from partner_simulator.wsman.authentication import server_end_point
from support.matrix.model import (
    FORBIDDEN,
    NO_ANSWER,
    UNAUTHENTICATED,
    UNKNOWN_AND_REFUSED,
    UNREACHABLE,
    Cell,
    Counts,
    Expected,
    Kind,
)
from support.matrix.rules import BOTH, NOTHING, SOAP_STEPS, Arrange, Strikes, at, no_reply
from support.matrix.stage import Stage
from support.winrm.host import HOST, USER

_REFUSED = Expected(UNAUTHENTICATED, Counts(0, 1, commands=0, sends=0))
_WAYS: tuple[Authentication, ...] = ("ntlm", "credssp")


def cells() -> Iterator[Cell]:
    """All of them."""
    for way in _WAYS:
        yield from _at_the_start(way)
    yield from _broken_off()
    yield from _in_the_middle()
    yield from _environment()


def _at_the_start(way: Authentication) -> Iterator[Cell]:
    step = Step.AUTHENTICATE

    def wrong_password(stage: Stage, _: Cell) -> None:
        stage.endpoint |= {"authentication": way, "password": "wrong"}

    def no_account(stage: Stage, _: Cell) -> None:
        stage.endpoint["authentication"] = way
        stage.host.directory.passwords.pop(USER)

    def offers(*schemes: str) -> Arrange:
        def arrange(stage: Stage, _: Cell) -> None:
            stage.endpoint["authentication"] = way
            stage.host.server.settings = WsmanSettings(offered_schemes=schemes)

        return arrange

    yield at(Kind.UNAUTHORIZED, f"wrong password, {way}", step, _REFUSED, wrong_password)
    # Windows tells none of these apart on the wire, so neither can the simulator or the operator.
    for state in ("expired", "disabled", "locked"):
        yield at(Kind.ACCOUNT, f"{state}, {way}", step, _REFUSED, no_account)
    yield at(Kind.SKEW, f"no entry for the user, {way}", step, _REFUSED, no_account)
    for scheme in ("Kerberos", "Basic"):
        expected = Expected(FORBIDDEN, NOTHING)
        yield at(Kind.SCHEME, f"only {scheme}, for {way}", step, expected, offers(scheme))
    if way == "ntlm":
        yield at(Kind.BINDING, "another certificate's", step, _REFUSED, _other_end_point)
        bare = Expected(FORBIDDEN, NOTHING)
        yield at(Kind.UNAUTHORIZED, "no WWW-Authenticate", step, bare, offers())


def _broken_off() -> Iterator[Cell]:
    """CredSSP's handshake is another program than NTLM's; so it is broken off here once more."""
    url = "https://127.0.0.1:9/wsman"
    for kind, variant, action, failure in (
        (Kind.LOST, "RST", Reset(), UNREACHABLE),
        (Kind.LOST, "FIN", Drop(), UNREACHABLE),
        (Kind.HTTP, "500 without a body", HttpStatus(500), UNREACHABLE),
        (Kind.HTTP, "503 with text", HttpStatus(503, b"<h2>x</h2>", "text/html"), UNREACHABLE),
        (Kind.SUCCESS, "HTML", HtmlPage(), NO_ANSWER),
        (Kind.REDIRECT, "307", Redirect(url), NO_ANSWER),
    ):
        for when in BOTH:
            expected = no_reply(Step.AUTHENTICATE, when, failure, closes=False)
            arrange = _over_credssp(Strikes(action))
            yield at(kind, f"{variant}, credssp", Step.AUTHENTICATE, expected, arrange, when)


def _over_credssp(strikes: Strikes) -> Arrange:
    def arrange(stage: Stage, cell: Cell) -> None:
        stage.endpoint["authentication"] = "credssp"
        strikes(stage, cell)

    return arrange


def _other_end_point(stage: Stage, _: Cell) -> None:
    """Somebody in the middle: TLS ends elsewhere, and the binding names another certificate."""
    host = stage.host
    other = host.authority.issue_server([HOST])
    host.server.settings = WsmanSettings(channel_binding=ChannelBinding.STRICT)
    stage.patch.setattr(
        "partner_simulator.wsman.server.server_end_point",
        lambda _: server_end_point(other.certificate),
    )
    host.server.use_certificate(host.authority.issue_server([HOST]))


def _in_the_middle() -> Iterator[Cell]:
    for step in SOAP_STEPS:
        for kind, variant in (
            (Kind.UNAUTHORIZED, "password changed"),
            (Kind.ACCOUNT, "locked meanwhile"),
        ):
            yield at(kind, variant, step, _refused_at(step), _locked_out_at)
        forgotten = Strikes(Unauthorized())
        yield at(Kind.UNAUTHORIZED, "logon forgotten", step, _again_at(step), forgotten)
        bare = Strikes(Unauthorized(challenge=False))
        yield at(Kind.UNAUTHORIZED, "no WWW-Authenticate", step, _unasked_at(step), bare)


def _refused_at(step: Step) -> Expected:
    """The logon ends here. Nothing is tried any more with this password, not even Delete."""
    match step:
        case Step.CREATE:
            # Create travels with the logon's last message: no other logon was tried.
            return Expected(UNAUTHENTICATED, Counts(1, commands=0, sends=0))
        case Step.COMMAND:
            return Expected(UNAUTHENTICATED, Counts(1, 1, commands=0, sends=0, shells_left=1))
        case Step.SEND | Step.RECEIVE:
            return Expected(UNKNOWN_AND_REFUSED, Counts(1, 1, shells_left=1))
    return Expected(None, Counts(1, 1, shells_left=1))


def _unasked_at(step: Step) -> Expected:
    """No password was refused: it is as with any reply that is none, and the next request logs on."""
    if step is Step.CREATE:
        return _refused_at(step)
    return no_reply(step, When.BEFORE, UNREACHABLE, closes=step is not Step.DELETE)


def _again_at(step: Step) -> Expected:
    """The host forgot the logon and asks for it once more; the password is still right."""
    if step is Step.CREATE:
        # The first request is part of the logon: a 401 to it is a refusal.
        return Expected(UNAUTHENTICATED, Counts(1, commands=0, sends=0))
    return Expected(None, Counts(2, sends=2 if step is Step.SEND else 1))


def _locked_out_at(stage: Stage, cell: Cell) -> None:
    def change(_: Occasion) -> bool:
        stage.host.directory.passwords[USER] = "changed"
        return True

    stage.host.server.faults.add(Fault(cell.step, Unauthorized(), where=change))


def _environment() -> Iterator[Cell]:
    def proxies(stage: Stage, _: Cell) -> None:
        decoy = stage.open_decoy()
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            stage.patch.setenv(name, f"http://127.0.0.1:{decoy.port}")
        stage.patch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")

    def netrc(stage: Stage, _: Cell) -> None:
        path = Path(stage.closing.enter_context(TemporaryDirectory())) / "netrc"
        path.write_text(f"machine {HOST} login other password other\n")
        path.chmod(0o600)
        stage.patch.setenv("NETRC", str(path))

    yield at(Kind.PROXY, "proxies and a CA bundle", Step.CONNECT, Expected(None), proxies)
    yield at(Kind.PROXY, "netrc", Step.AUTHENTICATE, Expected(None), netrc, When.BEFORE)
