"""Structured logs, as text for people or JSON for machines; never bodies, never secrets."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType

from partner_operator.texts import shown


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
)
"""Loggers that are heard from WARNING on, whatever level was asked for.

pyspnego prints each logon's messages at DEBUG; out of one of NTLM a password can be guessed offline.
Others print bodies and addresses, or log every single event.
"""


_AGAIN = re.compile(r"Request attempt #(?!1\b|1/)\d+(/\d+)? failed; will retry")
"""What kopf says at each further try of a request. It tries for ever, and the first time says it all."""


class _Discreet(logging.Filter):
    """Holds back what quiet loggers say below WARNING, also when somebody has turned them up."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("kopf.") and _AGAIN.match(record.getMessage()):
            return False
        return record.levelno >= logging.WARNING or not any(
            record.name == name or record.name.startswith(f"{name}.") for name in QUIET
        )


_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class TextFormatter(logging.Formatter):
    """One line per record for people. What a traceback adds is indented, so that nobody's text can pass for a
    record of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line."""
        return shown(super().formatMessage(record))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        """Return the lines of a traceback."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - logging's name
        """Return the lines of a stack."""
        return _indented(super().formatStack(stack_info))


def _indented(lines: str) -> str:
    return "\n".join(f"  {shown(line)}" for line in lines.split("\n"))


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": shown(record.getMessage()),
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
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
