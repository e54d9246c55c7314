"""What sessions share whose product becomes active with IIS: a look at a host, and its restart."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from partner_operator.engine.ports import OperationFailed
from partner_operator.products.calls import Call
from partner_operator.products.plausible import Shown, happened_at
from partner_operator.products.remote import Session
from partner_operator.texts import said, shown
from partner_operator.trust.model import HostState, RestartReport
from partner_operator.trust.reasons import Reason


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class HostStateAnswer(_Answer):
    """The answer of host_state.ps1."""

    answers: dict[str, Shown]
    listeners: list[int]
    workers: list[str | None]
    services: list[Shown]


class RestartAnswer(_Answer):
    """The answer of restart.ps1."""

    restarted: bool
    code: str
    lines: list[str]


class IISSession(Session):
    """One host whose workers cache what a change makes; implements `engine.ports.Restarts`."""

    @abstractmethod
    def _probed(self) -> Mapping[str, Any]:
        """What the host is asked for, to see whether it is healthy: `paths`, `ports` and what the script needs."""

    async def host_state(self) -> HostState:
        """Look at IIS there. Raises OperationFailed."""
        answer = await self._run(Call("host_state", self._probed(), seconds=120))
        told = self._understood(HostStateAnswer, answer)
        clock = datetime.fromtimestamp(answer.clock, UTC)
        return HostState(
            fqdn=self.host,
            workers_started_at=_oldest(told, self.host, clock),
            clock=clock,
            running_services=frozenset(told.services),
            answers=told.answers,
            listeners=frozenset(told.listeners),
        )

    async def restart(self, older_than: datetime) -> RestartReport:
        """Run iisreset locally, where a worker started before `older_than` by the host's own clock.

        Raises OperationFailed; with the reason RestartFailed when iisreset ended and said that it failed.
        """
        parameters = {"olderThan": f"{older_than.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        answer = await self._run(Call("restart", parameters, seconds=300, at_once=True))
        told = self._understood(RestartAnswer, answer)
        if told.restarted and told.code != "0":
            raise OperationFailed(
                Reason.RESTART_FAILED,
                f"iisreset on {self.host} ended with {shown(told.code)} and said: "
                f"{said(' '.join(told.lines), 300) or 'nothing'}",
            )
        # The run took no longer there than it took here.
        began = answer.clock - math.ceil(answer.seconds)
        return RestartReport(told.restarted, datetime.fromtimestamp(began, UTC))


def _oldest(told: HostStateAnswer, host: str, clock: datetime) -> datetime | None:
    """When the oldest worker started; None when none runs. Raises OperationFailed when one does not tell,
    for a worker of unknown age may hold the old configuration.
    """
    started = []
    for worker in (happened_at(text, clock) for text in told.workers):
        if worker is None:
            raise OperationFailed(
                Reason.REMOTE_ERROR, f"{host} does not tell when one of its IIS workers started."
            )
        started.append(worker)
    return min(started, default=None)
