"""iisreset (P-IIS-1): its words, its exit codes, and what it does to a machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from partner_simulator.ports import LogonKind
from partner_simulator.world.machines import STOPPED, Machine

ACCESS_DENIED = (
    "Access denied, you must be an administrator of the remote computer to use this\r\n"
    "command. Either have your account added to the administrator local group of\r\n"
    "the remote computer or to the domain administrator global group.\r\n"
)
RPC_UNAVAILABLE = "The RPC server is unavailable. (2147944122, 800706ba)\r\n"
CANNOT_ACCEPT_CONTROL = (
    "Restart attempt failed.\r\n"
    "The service cannot accept control messages at this time. (2147943461, 80070425)\r\n"
)
DID_NOT_START = (
    "Restart attempt failed.\r\n"
    "The IIS Admin Service or the World Wide Web Publishing Service did not start.\r\n"
)
DENIED, UNAVAILABLE, FAILED = 5, 1722, 1
"""Exit codes (SIM-CHOICE)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Exit code and text."""

    exit_code: int
    output: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command line of iisreset, read."""

    computer: str
    action: str
    """restart, start, stop or status."""


def read(arguments: Sequence[str]) -> Asked:
    """Read arguments; letter case does not matter, `-` is as good as `/`."""
    computer, action = "", "restart"
    for argument in arguments:
        word = argument.lower()
        if word[:1] not in "/-":
            computer = argument
        elif word[1:] in ("restart", "start", "stop", "status"):
            action = word[1:]
    return Asked(computer, action)


def target_of(
    asked: Asked, local: Machine, kind: LogonKind, find: Callable[[str], Machine | None]
) -> Machine | Answer:
    """The machine that is meant, or why it cannot be had (a remote one is a second hop)."""
    if not asked.computer or asked.computer.casefold() in (
        local.fqdn,
        local.fqdn.partition(".")[0],
        "localhost",
    ):
        return local
    if kind is LogonKind.NETWORK:
        return Answer(DENIED, "\r\n" + ACCESS_DENIED)
    remote = find(asked.computer)
    if remote is None or not remote.up:
        return Answer(UNAVAILABLE, "\r\n" + RPC_UNAVAILABLE)
    return remote


def run(asked: Asked, machine: Machine, success_text: str) -> Answer:
    """Do it. A restart takes as long as the machine's behaviour says."""
    behaviour = machine.behaviour
    if behaviour.denied:
        return Answer(DENIED, "\r\n" + ACCESS_DENIED)
    match asked.action:
        case "status":
            return Answer(0, _status(machine))
        case "stop":
            machine.stop_web()
            return Answer(0, "\r\nAttempting stop...\r\nInternet services successfully stopped\r\n")
        case "start":
            machine.start_web()
            return Answer(
                0, "\r\nAttempting start...\r\nInternet services successfully started\r\n"
            )
    return _restart(machine, success_text)


def _restart(machine: Machine, success_text: str) -> Answer:
    behaviour = machine.behaviour
    attempting = "\r\nAttempting stop...\r\n"
    if behaviour.refusals > 0:
        behaviour.refusals -= 1
        return Answer(FAILED, attempting + CANNOT_ACCEPT_CONTROL)
    if not behaviour.keeps_workers:
        machine.stop_web()
        time.sleep(behaviour.seconds)
        machine.start_web()
        machine.restarts += machine.serves_web
    stopped = "Internet services successfully stopped\r\nAttempting start...\r\n"
    if machine.services["W3SVC"].state == STOPPED:
        return Answer(FAILED, attempting + stopped + DID_NOT_START)
    return Answer(0, attempting + stopped + success_text + "\r\n")


def _status(machine: Machine) -> str:
    return "".join(
        f"Status for {service.display_name} ( {service.name} ) : {service.state}\r\n"
        for service in machine.service_list()
        if service.name in ("IISADMIN", "W3SVC", "WAS")
    )
