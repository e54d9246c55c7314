"""One cmdlet call on its way through the world: what handlers are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from partner_simulator.ports import CmdletCall, CmdletError, CmdletOutput, PsObject
from partner_simulator.world import errors
from partner_simulator.world.active_directory import UnknownController
from partner_simulator.world.arguments import Arguments
from partner_simulator.world.domain import Domain
from partner_simulator.world.ledger import Write, WriteKind
from partner_simulator.world.sharepoint_farm import SharePointFarm


@dataclass(slots=True)
class Invocation:
    """The call, its parameters, where its output goes, and the domain that it is about."""

    domain: Domain
    call: CmdletCall
    output: CmdletOutput
    arguments: Arguments
    _controller: str = field(default="")

    @property
    def host(self) -> str:
        """The machine that runs the cmdlet."""
        return self.call.session.host

    @property
    def who(self) -> str:
        """Whose rights count: the inner session's credential if there is one."""
        return (self.call.second_hop or self.call.session.logon).user

    @property
    def controller(self) -> str:
        """The domain controller of this call, the same for all its reads and writes.

        Raises CmdletError when the named one does not exist.
        """
        if not self._controller:
            asked = self.arguments.text("DomainController")
            try:
                session = self.call.session.shell_id
                self._controller = self.domain.directory.controller(asked, session)
            except UnknownController as error:
                raise errors.no_such_controller(self.host, str(asked)) from error
        return self._controller

    @property
    def views_forest(self) -> bool:
        """Whether the session was told to look at the whole forest."""
        return self.call.session.shell_id in self.domain.forest_views

    def view(self, *, forest: bool) -> None:
        """Let the session look at the whole forest, or at its domain alone."""
        change = self.domain.forest_views.add if forest else self.domain.forest_views.discard
        change(self.call.session.shell_id)

    @property
    def farm(self) -> SharePointFarm:
        """The SharePoint farm that the machine is in."""
        return self.domain.farm_of(self.host)

    def emit(self, value: PsObject) -> None:
        """Write one object to the pipeline."""
        self.output.write_object(value)

    def may(self, target: str, action: str) -> bool:
        """Ask -WhatIf and -Confirm. Never call it with a lock held: a person may think long."""
        return self.output.should_process(target, action)

    def wrote(self, target: str, kind: WriteKind = WriteKind.CONFIGURATION) -> None:
        """Note that this call has changed something."""
        self.domain.ledger.wrote(
            Write(self.domain.clock.now(), self.host, self.who, self.call.name, target, kind)
        )

    def not_found(self, identity: str) -> CmdletError:
        """Exchange's record for an object that is not there."""
        return errors.not_found(self.host, identity, self.controller)


Handler = Callable[[Invocation], None]
Handlers = Mapping[str, Handler]


def properties(*pairs: tuple[str, Any]) -> dict[str, Any]:
    """Ordered properties of an object."""
    return dict(pairs)
