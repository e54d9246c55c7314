"""Our finalizer on objects that have something on a server: put on again where somebody took it off."""

from __future__ import annotations

from dataclasses import replace

from partner_operator.engine.ports import (
    Announcer,
    DeclaredApplication,
    Kind,
    Severity,
    Writer,
)
from partner_operator.engine.refused_writes import confined
from partner_operator.engine.state import Draft, Pass
from partner_operator.engine.together import together
from partner_operator.trust.deletion import must_be_held
from partner_operator.trust.plan import ApplicationView
from partner_operator.trust.reasons import Reason


async def restore_finalizers(work: Pass) -> None:
    """Put on all finalizers that must be on. Asks no server, so it works in every mode. Raises Gone."""

    async def restore(draft: Draft) -> None:
        with confined(work, draft):
            ports = work.ports
            draft.declared = await restored(ports.writer, ports.announcer, draft.declared)

    await together(restore, filter(_lacks_it, work.drafts))


def _lacks_it(draft: Draft) -> bool:
    return not draft.desired.has_finalizer


async def restored(
    writer: Writer, announcer: Announcer, application: DeclaredApplication
) -> DeclaredApplication:
    """The same with its finalizer on, if it must be. Raises Gone."""
    desired = application.desired
    if desired.has_finalizer or not must_be_held(ApplicationView(desired, application.status)):
        return application
    await writer.add_finalizer(desired)
    message = (
        "Somebody took the operator's finalizer off, which holds this object until its registration is removed from "
        "the server. It is on again. To let the object go and leave the server as it is, annotate it before you delete "
        f"it: kubectl annotate papp {desired.key.name} partner-operator.io/release={desired.key.uid}"
    )
    await announcer.announce(
        Kind.APPLICATION, desired.key, Severity.WARNING, Reason.FINALIZER_RESTORED, message
    )
    return replace(application, desired=replace(desired, has_finalizer=True))
