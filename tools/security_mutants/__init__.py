"""The lines that security rests on, each in a broken form, and the test that is meant for it."""

from __future__ import annotations

from security_mutants.answers import ANSWERS
from security_mutants.secrets import SECRETS
from security_mutants.transport import TRANSPORT
from security_mutants.trust import TRUST
from security_mutants.work import WORK

SECURITY = (*TRANSPORT, *ANSWERS, *SECRETS, *TRUST, *WORK)
