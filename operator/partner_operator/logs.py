"""Structured logs, as text for people or JSON for machines; never bodies, never secrets."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Final

from partner_operator.texts import in_all, shown


class LogFormat(StrEnum):
    """How a log line looks."""

    TEXT = "text"
    JSON = "json"


QUIET = (
    "urllib3",
    "requests",
    "requests_credssp",
    "requests_ntlm",
    "spnego",
    "winrm",
    "gssapi",
    "krb5",
    "kubernetes",
    "kubernetes_asyncio",
    "aiohttp",
    "asyncio",
    "kopf.objects",
    "kopf.activities",
)
"""Loggers that are heard from WARNING on, whatever level was asked for.

pyspnego prints each logon's messages at DEBUG; out of one of NTLM a password can be guessed offline.
Others print bodies and addresses, or log every single event, request or probe.
"""


_AGAIN = re.compile(r"Request attempt #(?!1\b|1/)\d+(/\d+)? failed; will retry")
"""What kopf says at each further try of a request. It tries for ever, and the first time says it all."""


AUDIT = "partner_operator.audit"
"""The logger of what is said before each change. No level silences it."""

FIELDS: Final[Mapping[str, str]] = {
    "kind": "PartnerServer or PartnerApplication",
    "object": "Which one: `namespace/name`",
    "operation": (
        "What is done: `pass`, a remote run such as `observe`, or a change: `Register`, `Update`, `Recreate`, "
        "`Remove`, `Restart`"
    ),
    "host": "On which machine",
    "generation": "Of the object whose declaration asks for it",
    "seconds": "How long it took",
    "outcome": "`Succeeded` or what went wrong; of a pass `ended`, `failed` or `broken`",
    "reason": "One of the [reasons](reasons.md)",
    "before": "The entry as it was; null where there is none",
    "after": "The entry as it is asked to be; null where it is to go",
    "version": "Of the operator",
    "scope": "The namespaces that it serves; null: all",
    "lease": "The Lease that decides which operator works; null: none does",
}
"""Fields of a line in JSON beside its time, level, logger and message; docs/audit.md lists them."""


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    return {
        name: in_all(record.__dict__[name], shown) for name in FIELDS if name in record.__dict__
    }


class _Discreet(logging.Filter):
    """Holds back what quiet loggers say below WARNING, also when somebody has turned them up."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("kopf.") and _AGAIN.match(record.getMessage()):
            return False
        return record.levelno >= logging.WARNING or not any(
            record.name == name or record.name.startswith(f"{name}.") for name in QUIET
        )


_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


_WHOLE = frozenset({"before", "after"})
"""Fields that a line for people does not say by itself."""


class TextFormatter(logging.Formatter):
    """One line per record for people. What a traceback adds is indented, so that nobody's text can pass for a
    record of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line. What an audit needs stands behind it."""
        line = shown(super().formatMessage(record))
        told = {name: value for name, value in _fields_of(record).items() if name in _WHOLE}
        return f"{line} {json.dumps(told, ensure_ascii=False)}" if told else line

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        """Return the lines of a traceback."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - logging's name
        """Return the lines of a stack."""
        return _indented(super().formatStack(stack_info))


def _indented(lines: str) -> str:
    return "\n".join(f"  {shown(line)}" for line in lines.split("\n"))


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message, FIELDS, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": shown(record.getMessage()),
            **_fields_of(record),
        }
        if record.exc_info:
            line["traceback"] = _indented(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure(log_format: LogFormat, level: int) -> None:
    """Send everything to stderr in one format; libraries that talk of secrets stay quiet."""
    handler = logging.StreamHandler()
    if log_format is LogFormat.JSON:
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(TextFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handler.addFilter(_Discreet())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger(AUDIT).setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
