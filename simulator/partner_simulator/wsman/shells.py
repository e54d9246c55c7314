"""The shells of one host: owned by users, limited by quotas, reaped when idle."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from partner_simulator.ports import Session
from partner_simulator.wsman import soap_faults
from partner_simulator.wsman.commands import Command
from partner_simulator.wsman.counters import Counters, OpenShell, Tally
from partner_simulator.wsman.settings import Quotas
from partner_simulator.wsman.soap_faults import SoapFault, fault


class Shell:
    """One WinRS shell. Not bound to a TCP connection, only to its user."""

    def __init__(self, session: Session, idle_timeout_seconds: float) -> None:
        """The shell starts with no command."""
        self.session = session
        self.idle_timeout_seconds = idle_timeout_seconds
        self.commands: dict[str, Command] = {}
        self.pending = 0
        """Requests at work in it right now that keep it from being idle."""
        self.last_used = time.monotonic()
        self.opened = self.last_used

    @property
    def view(self) -> OpenShell:
        """How counters name it."""
        session = self.session
        return OpenShell(session.host, session.logon.user, session.shell_id)

    def command(self, command_id: str) -> Command:
        """Return a command. Raises SoapFault (same code as for an unknown shell, other text)."""
        found = self.commands.get(command_id.upper())
        if found is None:
            raise fault(
                soap_faults.UNKNOWN_SHELL,
                "The Windows Remote Shell received a request to perform an operation on a command "
                "identifier that does not exist. Either the command has completed execution or the "
                "client specified an invalid command identifier. ",
            )
        return found

    def is_idle(self, now: float) -> bool:
        """Whether its idle timeout has passed at this reading of time.monotonic()."""
        return self.pending == 0 and now - self.last_used > self.idle_timeout_seconds


class ShellTable:
    """All shells of one host."""

    def __init__(self, counters: Counters) -> None:
        """Start empty."""
        self._lock = threading.RLock()
        self._shells: dict[str, Shell] = {}
        self._counters = counters

    def open(self, shell: Shell, quotas: Quotas) -> None:
        """Add a shell. Raises SoapFault when a quota is used up."""
        user = shell.session.logon.user
        with self._lock:
            users = {other.session.logon.user for other in self._shells.values()}
            mine = sum(other.session.logon.user == user for other in self._shells.values())
            if mine >= quotas.shells_per_user:
                raise _quota(soap_faults.SHELL_QUOTA, quotas)
            if len(users | {user}) > quotas.concurrent_users:
                raise _quota(soap_faults.USER_QUOTA, quotas)
            self._shells[shell.session.shell_id] = shell
            self._counters.shell_opened(shell.view)

    def find(self, shell_id: str, user: str) -> Shell:
        """Return this user's shell and note that it is used. Raises SoapFault if there is none."""
        with self._lock:
            shell = self._shells.get(shell_id)
            if shell is None or shell.session.logon.user != user:
                raise fault(soap_faults.UNKNOWN_SHELL)
            shell.last_used = time.monotonic()
            return shell

    def admit_command(self, shell: Shell, quotas: Quotas) -> None:
        """Raise SoapFault when this shell or its user may not start another command."""
        user = shell.session.logon.user
        with self._lock:
            if len(shell.commands) >= quotas.commands_per_shell:
                raise _quota(soap_faults.COMMANDS_PER_SHELL_QUOTA, quotas)
            mine = (other for other in self._shells.values() if other.session.logon.user == user)
            if sum(len(other.commands) for other in mine) >= quotas.operations_per_user:
                raise _quota(soap_faults.OPERATION_QUOTA, quotas)

    def add_command(self, shell: Shell, command: Command) -> None:
        """Note a started command; if the shell has gone meanwhile, the command is killed."""
        with self._lock:
            if shell.session.shell_id in self._shells:
                shell.commands[command.command_id] = command
                self._counters.operation_opened(shell.view, command.command_id)
                return
        command.terminate()
        raise fault(soap_faults.UNKNOWN_SHELL)

    def end_command(self, shell: Shell, command: Command) -> None:
        """Terminate a command and forget it."""
        with self._lock:
            shell.commands.pop(command.command_id, None)
            self._counters.operation_closed(command.command_id)
        command.terminate()

    def close(self, shell: Shell) -> None:
        """Terminate all commands of a shell and forget it."""
        with self._lock:
            self._shells.pop(shell.session.shell_id, None)
            self._counters.shell_closed(shell.session.shell_id)
            commands = list(shell.commands.values())
        for command in commands:
            self.end_command(shell, command)

    def use(self, shell: Shell, change: int) -> None:
        """Count requests at work in a shell up or down; idleness is measured from the last one."""
        with self._lock:
            shell.pending += change
            shell.last_used = time.monotonic()

    def reap(self) -> None:
        """Close all shells whose idle timeout has passed."""
        now = time.monotonic()
        with self._lock:
            idle = [shell for shell in self._shells.values() if shell.is_idle(now)]
        for shell in idle:
            self._counters.add(Tally.SHELLS_REAPED, shell.session.host, shell.session.logon.user)
            self.close(shell)

    def close_all(self) -> None:
        """Close every shell, as a host that goes down does."""
        with self._lock:
            shells = list(self._shells.values())
        for shell in shells:
            self.close(shell)

    def peek(self, shell_id: str, command_id: str) -> Command | None:
        """Return a command if it exists, without using its shell."""
        with self._lock:
            shell = self._shells.get(shell_id)
            return None if shell is None else shell.commands.get(command_id)


def _quota(code: int, quotas: Quotas) -> SoapFault:
    return replace(fault(code), shape=quotas.fault_shape)
