"""Names of our API: what users' YAML, `kubectl` and RBAC rules lean on."""

from __future__ import annotations

from typing import Final

from partner_operator.engine.ports import Kind

GROUP: Final = "partner-operator.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
FIELD_MANAGER: Final = "partner-operator"
"""Owner of `.status` in managedFields, and the component that Events name."""

SERVERS: Final = "partnerservers"
APPLICATIONS: Final = "partnerapplications"
PLURALS: Final = {Kind.SERVER: SERVERS, Kind.APPLICATION: APPLICATIONS}

SERVER_FINALIZER: Final = f"{GROUP}/server"
"""On PartnerServers; kopf's own, which it strips from every object that needs no daemon."""
REGISTRATION_FINALIZER: Final = f"{GROUP}/registration"
"""On PartnerApplications; ours."""

LOGON_TYPE: Final = f"{GROUP}/logon"
"""Type of the only Secrets whose password is ever sent to a host."""

RECONCILE_REQUESTED_AT: Final = f"{GROUP}/reconcile-requested-at"
"""Annotation: any new value asks for one pass now."""
APPROVE_RESTART: Final = f"{GROUP}/approve-restart"
"""Annotation: any new value approves the round of restarts that a PartnerServer's condition names."""
RELEASE: Final = f"{GROUP}/release"
"""Annotation: the uid of an object that may leave without contact to a server."""
DRAINED: Final = f"{GROUP}/drained"
"""Annotation that tells kopf at once that the worker of a terminating PartnerServer has ended."""
MODE_BEFORE: Final = f"{GROUP}/mode-before"
"""Annotation of people's program: the mode that an object had when it was suspended. The operator reads it never."""
