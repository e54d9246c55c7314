"""How a run ends when one step of it goes wrong: the rules from which most cells are filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from partner_simulator.wsman import Fault, Soap, Step, When
from partner_simulator.wsman import soap_faults as codes
from partner_simulator.wsman.fault_actions import Action
from support.matrix.model import STEPS, UNKNOWN, UNREACHABLE, Cell, Counts, Expected, Failure, Kind
from support.matrix.stage import Stage

NOTHING = Counts(accepted=0, commands=0, sends=0)
"""Of a run that never got in."""
HTTP_STEPS = STEPS[1:]
SOAP_STEPS = STEPS[2:]
AFTER_CREATE = STEPS[3:]
BOTH = (When.BEFORE, When.AFTER)
Arrange = Callable[[Stage, Cell], None]


def no_reply(step: Step, when: When, first: Failure, *, closes: bool) -> Expected:
    """One request without a usable reply.

    `first`: what it is before Command. `closes`: the connection is gone, so that the shell is deleted
    over a new one, which logs on again.
    """
    done, again = when is When.AFTER, int(closes)
    match step:
        case Step.CONNECT:
            return Expected(first, NOTHING)
        case Step.AUTHENTICATE:
            return Expected(first, Counts(int(done), commands=0, sends=0))
        case Step.CREATE:
            return Expected(first, Counts(commands=0, sends=0, shells_left=int(done)))
        case Step.COMMAND:
            return Expected(UNKNOWN, Counts(1 + again, commands=int(done), sends=0))
        case Step.SEND:
            return Expected(UNKNOWN, Counts(1 + again, sends=1))
        case Step.RECEIVE:
            return Expected(UNKNOWN, Counts(1 + again))
        case Step.SIGNAL:
            # Delete ends the command too.
            return Expected(None, Counts(1 + again))
        case Step.DELETE:
            return Expected(None, Counts(shells_left=int(not done)))
    raise ValueError(step)


def refused(step: Step, failure: Failure) -> Expected:
    """A clear no to one request: before the script got anything to read, nothing ran."""
    if step in (Step.CREATE, Step.COMMAND):
        return Expected(failure, Counts(commands=0, sends=0))
    return no_reply(step, When.BEFORE, failure, closes=False)


NO_OUTPUT = Fault(Step.RECEIVE, Soap(codes.OPERATION_ABORTED))
"""Breaks a run off, so that the operator ends the command by a Signal."""


@dataclass(frozen=True, slots=True)
class Strikes:
    """A fault of the simulator at the cell's step. Such a cell can be put into any run."""

    action: Action
    times: int | None = 1

    def fault(self, cell: Cell) -> Fault:
        """The fault itself."""
        return Fault(cell.step, self.action, when=cell.when, times=self.times)

    def __call__(self, stage: Stage, cell: Cell) -> None:
        """Arm it."""
        stage.host.server.faults.add(self.fault(cell))


def without_reply(
    kind: Kind,
    variant: str,
    action: Action,
    first: Failure,
    steps: Iterable[Step],
    *,
    whens: Iterable[When] = BOTH,
    closes: bool = False,
    times: int | None = 1,
) -> Iterator[Cell]:
    """One variant at these steps, by the rule of `no_reply`."""
    for step in steps:
        for when in whens:
            # In the middle of a logon such a reply only says that the logon broke off.
            early = (step, when) == (Step.AUTHENTICATE, When.BEFORE)
            expected = no_reply(step, when, UNREACHABLE if early else first, closes=closes)
            yield Cell(kind, variant, step, when, expected, Strikes(action, times))


def at(
    kind: Kind,
    variant: str,
    step: Step,
    expected: Expected,
    arrange: Arrange,
    when: When = When.BEFORE,
) -> Cell:
    """One cell by itself."""
    return Cell(kind, variant, step, when, expected, arrange)
