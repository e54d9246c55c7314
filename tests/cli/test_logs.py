"""Lines of the operator's log: fields for machines, an audit that no level silences, and none for each probe."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from partner_operator import __version__
from partner_operator.cli import serve
from partner_operator.logs import AUDIT, FIELDS, LogFormat, configure

FORGED = 'one\n{"level": "info"}\u202e'


Configured = Callable[[LogFormat, int], io.StringIO]


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configured]:
    """The operator's own set-up, and what goes to standard error; logging is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # Under test, all of ours is heard.
    levels = {name: logging.getLogger(name).level for name in (AUDIT, "partner_operator")}

    def set_up(log_format: LogFormat, level: int) -> io.StringIO:
        stream = io.StringIO()
        monkeypatch.setattr("sys.stderr", stream)
        logging.getLogger("partner_operator").setLevel(logging.NOTSET)
        configure(log_format, level)
        return stream

    yield set_up
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def lines_of(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_known_field_is_one_of_the_document_and_no_other_is(configured: Configured) -> None:
    stream = configured(LogFormat.JSON, logging.INFO)
    fields = {name: {"a": FORGED} for name in FIELDS}
    logging.getLogger("partner_operator.x").info("done", extra={**fields, "password": "x"})
    (line,) = lines_of(stream)
    assert set(line) == {"time", "level", "logger", "message", *FIELDS}
    assert all(line[name] == {"a": r'one\n{"level": "info"}\u202e'} for name in FIELDS)


def test_a_line_without_fields_has_none(configured: Configured) -> None:
    stream = configured(LogFormat.JSON, logging.INFO)
    logging.getLogger("x").info("done")
    (line,) = lines_of(stream)
    assert set(line) == {"time", "level", "logger", "message"}


@pytest.mark.parametrize("log_format", LogFormat)
def test_the_audit_is_kept_whatever_the_level_and_the_format(
    configured: Configured, log_format: LogFormat
) -> None:
    stream = configured(log_format, logging.WARNING)
    logging.getLogger("partner_operator.engine.worker").info("a pass")
    extra = {"before": {"enabled": "False"}, "after": {"enabled": FORGED}}
    logging.getLogger(AUDIT).info("Update.", extra=extra)
    (line,) = stream.getvalue().splitlines()
    document = json.loads(line if log_format is LogFormat.JSON else line[line.index("{") :])
    assert document["before"] == {"enabled": "False"}
    assert document["after"] == {"enabled": r'one\n{"level": "info"}\u202e'}


@pytest.mark.parametrize(
    ("namespaces", "lease", "scope"),
    [
        (("a", "b"), "ops/partner-operator", "a, b"),
        ((), None, None),
    ],
)
def test_the_start_is_one_line(
    configured: Configured, namespaces: tuple[str, ...], lease: str | None, scope: str | None
) -> None:
    stream = configured(LogFormat.JSON, logging.INFO)
    serve._say_what_runs(serve.Options(namespaces=namespaces), lease)
    (line,) = lines_of(stream)
    assert (line["version"], line["scope"], line["lease"]) == (__version__, scope, lease)
    assert (scope or "all namespaces") in str(line["message"])
    assert (lease or "no Lease") in str(line["message"])
