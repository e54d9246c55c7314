"""docs/bench.md: the tables of a run, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from partner_bench.aims import Aim, aims
from partner_bench.measures import NAMES, Counts, Operated, Part, Race, Report

_TOP = """# What it costs, and how fast it is
This page, its picture and its numbers are written by `make bench`. What is counted is counted on the other side: at
the simulated servers' WinRM and in the audit log of a real kube-apiserver. CPU and memory are the operator process's
own, out of `/proc`. The operator is started as users start it, as the ServiceAccount of the manifests; only
`restart.settle` is none, as the simulated directory replicates at once and waiting would measure nothing.

{machine}

## Aims
"""
_SIZES = """
## The operator by itself
Applications and servers, as in 200/10. Each server is an Exchange organisation of two hosts in a process of its own,
with real TLS, NTLM and WS-Management; its partners are Lync pools with a document, a realm and a certificate each.
The simulator's embedded engine answers in the place of PowerShell, so that what is left is the operator's own time.
{part}

### From its start until all is Ready
All objects are there when the operator starts. Each application is registered and read back, both hosts of each
organisation are restarted one after the other, and looked at. The percentiles are of the time from the start of the
process until the Event that an application was registered and read back.

"""
_STEADY = """
### A pass with nothing to do
One pass over each organisation, by the interval. CPU is that of the passes alone; the share of a core is what they
and the idle process take at the usual interval of ten minutes.

"""
_RESTARTED = """
### The operator is started again
Until every organisation was looked at; then the same where each takes three seconds to answer (with ten servers and
more).

"""
_RACES = """
## Beside Ansible
The same organisations, and PowerShell executes every script: the operator's, and those of two Ansible plays (Ansible's
own winrm connection, NTLM, ten forks). As on Windows, each run has a PowerShell process of its own. The first play has
one task for each application, which registers it if it is missing; the second one asks in a task of its own first.
Both restart the hosts once at the end, one after the other, and look at none of them. All three run in turn, each on
new servers. The operator runs already, as it does when somebody declares something; its time begins with the first of
the objects. For a play, `registered` is the moment in which the last entry exists; for the operator that in which it
has read the last one back and told so. A pass with nothing to do is, for the operator, the time from the annotation
that asks for it until it is told as done.
{part}

![The operator beside two Ansible plays](bench.svg)

"""
_LIMIT = """
## What limits it next
- PowerShell itself: on this machine a process takes 0.8 s before it runs the first line of a script. A play has one
  for each application. The operator has three until all is registered, however many there are: it looks, registers all
  and reads back. Where nothing is to do it has one. So its lead grows with the number of applications, and with 20 on
  one server it cannot be 25 times: 20 processes of a play, which ask for one entry each, take as long as 11 that look
  at everything.
- Until 20 applications are registered: one second in which the objects that belong to a new server arrive, 1.8 s for
  the look, 2.4 s for the run that registers them, 1.6 s for reading back, and the rest for what is written to
  Kubernetes before and after. In the run each application costs what it costs in a play: Exchange fetches a document.
- In a look: the process 0.8 s, the session to Exchange 0.1 s, the management roles 0.2 s, 20 documents 0.2 s, the
  answer 0.1 s.
- Restarts: eight of the operator's eleven processes on an organisation of two hosts. Each host is looked at before its
  restart and after it, and the others too, one restart after the other, because that keeps mail flowing. A play looks
  at none. With few applications that is half of the whole.

Counts that grew beyond `tools/partner_bench/counts.json` fail `make bench` (a few more of
hundreds are taken, as they depend on haste). CPU and memory are printed with their change, and depend on the machine.
"""

Row = tuple[str, Callable[[Operated], str]]


def page(report: Report) -> str:
    """The whole page, as far as its parts were measured."""
    text = [
        _TOP.format(machine=_machine(report)),
        *_table(("aim", "wanted", "measured", ""), map(_aim, aims(report))),
    ]
    if report.embedded is not None:
        text += [
            _SIZES.format(part=_part(report.embedded)),
            *_by_size(report.sizes, _CONVERGED),
            _STEADY,
            *_by_size(report.sizes, _STEADY_ROWS),
            _RESTARTED,
            *_by_size(report.sizes, _RESTARTED_ROWS),
        ]
    if report.powershell is not None:
        text += [
            _RACES.format(part=_part(report.powershell)),
            *_table(_RACE_HEAD, [row for race in report.races for row in _race(race)]),
            "\n",
            *_table(_RATIO_HEAD, map(_ratios, report.races)),
        ]
    return "".join([*text, _LIMIT])


def _aim(aim: Aim) -> tuple[str, ...]:
    reached = "reached" if aim.reached else "**not reached**"
    return aim.what, aim.wanted, aim.figure, reached


def _machine(report: Report) -> str:
    machine = report.machine
    return (
        f"Measured on {machine.cores} cores with {machine.memory_gb} GB: Python {machine.python}, "
        f"{machine.kubernetes}, {machine.powershell}.\n"
        "API server, simulated servers, Ansible and operator share these cores."
    )


def _part(part: Part) -> str:
    return (
        f"Measured on commit {part.commit} in {part.minutes:.0f} minutes,\n"
        f"at a load average of {part.load_before:.1f} before and {part.load_after:.1f} after."
    )


def _counts(of: Callable[[Operated], Counts], *names: str) -> tuple[Row, ...]:
    def row(name: str) -> Row:
        return NAMES[name], lambda each: str(getattr(of(each), name))

    return tuple(row(name) for name in names)


_WIRE = ("processes", "logons", "requests", "connections")
_API = ("api_requests", "api_writes")

_CONVERGED: tuple[Row, ...] = (
    *_counts(lambda each: each.converged.counts, *_WIRE, "restarts", *_API),
    (
        "up, first byte to WinRM",
        lambda each: _pair(each.converged.healthy_seconds, each.converged.first_byte_seconds),
    ),
    ("registered: half, 90 %, 99 %", lambda each: _percentiles(each)),
    ("registered: the last", lambda each: f"{each.converged.registered.last:.1f} s"),
    ("all Ready, with restarts", lambda each: f"{each.converged.whole_seconds:.1f} s"),
    ("CPU", lambda each: f"{each.converged.cpu_seconds:.1f} s"),
    ("memory, at its peak", lambda each: _memory(each.converged.rss_mb, each.converged.peak_mb)),
)
_STEADY_ROWS: tuple[Row, ...] = (
    *_counts(lambda each: each.steady.counts, *_WIRE, *_API),
    ("CPU", lambda each: f"{each.steady.cpu_seconds:.2f} s"),
    ("share of a core", lambda each: f"{each.steady.core_percent:.2f} %"),
    ("memory, at its peak", lambda each: _memory(each.steady.rss_mb, each.steady.peak_mb)),
)


def _slow(each: Operated) -> str:
    slow = each.restarted.slow_known_seconds if each.restarted else None
    return "" if slow is None else f"{slow:.1f} s"


def _of_restarted(each: Operated) -> Counts:
    assert each.restarted is not None, "by itself it is started again"
    return each.restarted.counts


_RESTARTED_ROWS: tuple[Row, ...] = (
    *_counts(_of_restarted, *_WIRE, *_API),
    ("all known", lambda each: f"{each.restarted.known_seconds:.1f} s" if each.restarted else ""),
    ("all known, where each takes 3 s", _slow),
    ("CPU", lambda each: f"{each.restarted.cpu_seconds:.1f} s" if each.restarted else ""),
    (
        "memory, at its peak",
        lambda each: (
            _memory(each.restarted.rss_mb, each.restarted.peak_mb) if each.restarted else ""
        ),
    ),
)


def _by_size(sizes: Sequence[Operated], rows: Sequence[Row]) -> Iterator[str]:
    head = ("", *(each.size.label for each in sizes))
    return _table(head, [(name, *map(told, sizes)) for name, told in rows])


_RACE_HEAD = (
    "",
    "",
    "registered",
    "whole",
    "CPU",
    "processes",
    "logons",
    "HTTP",
    "nothing to do",
    "CPU",
    "processes",
    "logons",
)


def _race(race: Race) -> Iterator[tuple[str, ...]]:
    own = race.operator
    done, idle = own.converged, own.steady
    yield (
        own.size.label,
        "operator",
        *_seconds(done.registered.last, done.whole_seconds, done.cpu_seconds),
        *_numbers(done.counts.processes, done.counts.logons, done.counts.requests),
        *_seconds(idle.wall_seconds or 0.0, idle.cpu_seconds),
        *_numbers(idle.counts.processes, idle.counts.logons),
    )
    for play in race.plays:
        first, again = play.converged, play.steady
        yield (
            play.size.label,
            play.name,
            *_seconds(first.registered_seconds, first.whole_seconds, first.cpu_seconds),
            *_numbers(first.counts.processes, first.counts.logons, first.counts.requests),
            *_seconds(again.whole_seconds, again.cpu_seconds),
            *_numbers(again.counts.processes, again.counts.logons),
        )


_RATIO_HEAD = (
    "the faster play takes",
    "until registered",
    "until all is restarted",
    "with nothing to do",
)


def _ratios(race: Race) -> tuple[str, ...]:
    ratios = (race.registered_ratio, race.whole_ratio, race.steady_ratio)
    return (race.size.label, *(f"{ratio:.1f} times as long" for ratio in ratios))


def _seconds(*values: float) -> Iterator[str]:
    return (f"{value:.1f} s" for value in values)


def _numbers(*values: int) -> Iterator[str]:
    return map(str, values)


def _pair(first: float, second: float) -> str:
    return f"{first:.1f} s, {second:.1f} s"


def _memory(now: float, peak: float) -> str:
    return f"{now:.0f} MB, {peak:.0f} MB"


def _percentiles(each: Operated) -> str:
    found = each.converged.registered
    return f"{found.p50:.1f} s, {found.p90:.1f} s, {found.p99:.1f} s"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    for row in rows:
        yield f"| {' | '.join(row)} |\n"
