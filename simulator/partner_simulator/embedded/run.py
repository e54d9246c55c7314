"""One operation at work: what it was asked, its product's cmdlets, and what it writes for people."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from partner_simulator.embedded import failures
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.plain import plain
from partner_simulator.ports import CmdletCall, CmdletError, Logon, PsObject, Session
from partner_simulator.powershell.command import Command
from partner_simulator.powershell.overlay import SETTERS_THAT_ASK
from partner_simulator.world.world import World

_CLIXML = (
    '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
)


class Gone(Exception):
    """The command was terminated, or its watchdog ended it; nothing goes on, and nobody is told."""


@dataclass(slots=True)
class Run:
    """What the script of an operation has: parameters, secrets, its machine, a console."""

    world: World
    session: Session
    request: Mapping[str, Any]
    secrets: Mapping[str, str]
    command: Command
    deadline: float
    """By the monotonic clock: then the script's watchdog ends the process."""
    _warned: list[str] = field(default_factory=list)

    def asked(self, name: str) -> Any:
        """A parameter; what was not given is null, as in a script."""
        return self.request.get(name)

    def text(self, name: str) -> str:
        """A parameter as text."""
        return plain(self.request.get(name))

    def check(self) -> None:
        """Raises Gone when nobody waits for this any more."""
        if self.command.terminated or time.monotonic() > self.deadline:
            raise Gone

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Gone as soon as nobody waits for this any more."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.05))

    def system(self, what: str, **arguments: Any) -> Any:
        """Ask the machine's Windows."""
        self.check()
        return self.world.system(self.session, what, arguments)

    def say(self, text: str) -> None:
        """One line for people, on standard output."""
        self.command.emit("stdout", f"{text}\n".encode())

    def finish(self) -> None:
        """Warnings that the script did not take for itself, as PowerShell writes them at its end."""
        if self._warned:
            lines = "".join(f'<S S="warning">{escape(text)}</S>' for text in self._warned)
            self.command.emit("stderr", f"{_CLIXML}{lines}</Objs>".encode())

    def told(
        self,
        cmdlet: str,
        parameters: Mapping[str, Any],
        hop: Logon | None = None,
        *,
        stops: bool = True,
        leaves_warnings: bool = False,
    ) -> Told:
        """All that a product cmdlet writes; `hop`: inside the inner session of this logon.

        `leaves_warnings`: to PowerShell, which writes them at once, also those before an error.
        Raises Failed for a terminating error, and with `stops` for any other as well.
        """
        self.check()
        for parameter in SETTERS_THAT_ASK.get(cmdlet, frozenset()) & parameters.keys():
            refusal = self.world.bind(self.session, cmdlet, parameter, parameters[parameter])
            if refusal is not None:
                raise failures.of_setter(refusal, cmdlet, parameter)
        told = Told(self, cmdlet, hop is not None, stops)
        if leaves_warnings:
            told.warnings = self._warned
        try:
            self.world.invoke(CmdletCall(self.session, cmdlet, "", parameters, hop), told)
        except CmdletError as error:
            raise failures.of_cmdlet(error, cmdlet, remote=told.remote) from error
        return told

    def method(
        self, verb: str, parameters: Mapping[str, Any], arguments: int = 0
    ) -> list[PsObject]:
        """A method of a live object, such as `SPTrustedSecurityTokenService.Update`. Raises Failed."""
        self.check()
        told = Told(self, verb, remote=False, stops=True)
        try:
            self.world.invoke(CmdletCall(self.session, verb, "", parameters, None), told)
        except CmdletError as error:
            raise failures.of_method(error, verb.rpartition(".")[2], arguments) from error
        return told.objects

    def call(
        self, cmdlet: str, parameters: Mapping[str, Any], hop: Logon | None = None
    ) -> list[PsObject]:
        """The objects of a call whose warnings the script leaves to PowerShell. Raises Failed."""
        return self.told(cmdlet, parameters, hop, leaves_warnings=True).objects


@dataclass(slots=True)
class Told:
    """What one call wrote, in order. Implements ports.CmdletOutput, for a script with nobody at its console."""

    run: Run
    cmdlet: str
    remote: bool
    stops: bool
    objects: list[PsObject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    """Verbose lines and warnings."""
    errors: list[Failed] = field(default_factory=list)

    def write_object(self, value: PsObject) -> None:
        self.run.check()
        self.objects.append(value)

    def write_error(self, error: CmdletError) -> None:
        self.run.check()
        failed = failures.of_cmdlet(error, self.cmdlet, remote=self.remote)
        if self.stops:
            raise failed
        self.errors.append(failed)

    def write_warning(self, text: str) -> None:
        self.warnings.append(text)
        self.details.append(text)

    def write_verbose(self, text: str) -> None:
        self.details.append(text)

    def write_host(self, text: str) -> None:
        self.run.say(text)

    def should_process(self, target: str, action: str) -> bool:
        self.run.check()
        self.details.append(f'Performing the operation "{action}" on target "{target}".')
        return True
