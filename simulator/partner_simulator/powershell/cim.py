"""Get-CimInstance: a handful of WMI classes over what the world knows of the machine."""

from __future__ import annotations

import fnmatch
import operator as operators
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from partner_simulator.ports import CmdletError, CmdletWorld, PsObject, Session

_QUERY = re.compile(r"^\s*select\s+.+?\s+from\s+(\w+)(?:\s+where\s+(.+?))?\s*$", re.I | re.S)
_TERM = re.compile(
    r"^\(?\s*(\w+)\s*(=|<>|!=|<=|>=|<|>|\blike\b)\s*(?:'([^']*)'|\"([^\"]*)\"|(-?\d+))\s*\)?$", re.I
)
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operators.eq,
    "<>": operators.ne,
    "!=": operators.ne,
    "<": operators.lt,
    ">": operators.gt,
    "<=": operators.le,
    ">=": operators.ge,
}
_LOCAL = timezone(timedelta(0), "local")
"""Marks a time that a script shall see as local time."""


def answer(world: CmdletWorld, session: Session, question: Mapping[str, Any]) -> Iterable[PsObject]:
    """Instances that a `cim` question selects by class and filter, or by query.

    Raises CmdletError for an unknown class (as WMI: InvalidClass) or a filter that is no WQL.
    """
    name, condition = question["class"], question["filter"]
    if question["query"] is not None:
        match = _QUERY.match(question["query"])
        if match is None:
            raise _invalid_query(question["query"])
        name, condition = match.groups()
    maker = _CLASSES.get(name.lower())
    if maker is None:
        raise CmdletError(
            "HRESULT 0x80041010",
            "Microsoft.Management.Infrastructure.CimException",
            "MetadataError",
            "Invalid class ",
            target=f"root/cimv2:{name}",
        )
    chosen = _predicate(condition)
    return [item for item in maker(world, session) if chosen(item.properties)]


def _invalid_query(text: str) -> CmdletError:
    return CmdletError(
        "HRESULT 0x80041017",
        "Microsoft.Management.Infrastructure.CimException",
        "InvalidArgument",
        "Invalid query ",
        target=text,
    )


def _predicate(condition: str | None) -> Callable[[Mapping[str, Any]], bool]:
    """WQL of terms joined by AND and OR (AND binds tighter), without nested brackets."""
    if not condition:
        return lambda _: True
    either = [
        [_term(condition, term) for term in re.split(r"\s+and\s+", part, flags=re.I)]
        for part in re.split(r"\s+or\s+", condition.strip(), flags=re.I)
    ]
    return lambda item: any(all(holds(item) for holds in every) for every in either)


def _term(condition: str, term: str) -> Callable[[Mapping[str, Any]], bool]:
    match = _TERM.match(term.strip())
    if match is None:
        raise _invalid_query(condition)
    name, operator = match.group(1).lower(), match.group(2).lower()
    text = next(group for group in match.groups()[2:] if group is not None)

    def holds(item: Mapping[str, Any]) -> bool:
        values = {key.lower(): value for key, value in item.items()}
        if name not in values:
            raise _invalid_query(condition)
        return _compare(values[name], operator, text)

    return holds


def _compare(value: Any, operator: str, text: str) -> bool:
    if operator == "like":
        pattern = text.replace("*", "[*]").replace("?", "[?]").replace("%", "*").replace("_", "?")
        return fnmatch.fnmatchcase(str(value).lower(), pattern.lower())
    left: Any = str(value).lower()
    right: Any = text.lower()
    if isinstance(value, int):
        left, right = (
            int(value),
            int(text) if text.lstrip("-").isdigit() else text.lower() == "true",
        )
    return bool(_OPERATORS[operator](left, right))


def _instance(name: str, **properties: Any) -> PsObject:
    return PsObject(
        (f"Microsoft.Management.Infrastructure.CimInstance#root/cimv2/{name}",), name, properties
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(_LOCAL)


def _processes(world: CmdletWorld, session: Session) -> Iterable[PsObject]:
    for item in world.system(session, "processes", {}):
        yield _instance(
            "Win32_Process",
            Name=item["name"],
            ProcessId=item["process_id"],
            ParentProcessId=item.get("parent_process_id", 0),
            CommandLine=item.get("command_line"),
            CreationDate=_time(item["started_at"]),
        )


def _services(world: CmdletWorld, session: Session) -> Iterable[PsObject]:
    for item in world.system(session, "services", {}):
        yield _instance(
            "Win32_Service",
            Name=item["name"],
            DisplayName=item.get("display_name", item["name"]),
            State=item["state"],
            Started=item["state"] == "Running",
            StartMode=item.get("start_mode", "Auto"),
            Status="OK",
            ProcessId=item.get("process_id", 0),
        )


def _operating_system(world: CmdletWorld, session: Session) -> Iterable[PsObject]:
    item = world.system(session, "operating_system", {})
    yield _instance(
        "Win32_OperatingSystem",
        Caption=item["caption"],
        Version=item["version"],
        CSName=session.host.partition(".")[0].upper(),
        LastBootUpTime=_time(item["last_boot_at"]),
        LocalDateTime=_time(item["now"]),
    )


def _computer_system(world: CmdletWorld, session: Session) -> Iterable[PsObject]:
    short, _, domain = session.host.partition(".")
    yield _instance(
        "Win32_ComputerSystem",
        Name=short.upper(),
        DNSHostName=short,
        Domain=domain,
        PartOfDomain=bool(domain),
    )


_CLASSES: Mapping[str, Callable[[CmdletWorld, Session], Iterable[PsObject]]] = {
    "win32_process": _processes,
    "win32_service": _services,
    "win32_operatingsystem": _operating_system,
    "win32_computersystem": _computer_system,
}
