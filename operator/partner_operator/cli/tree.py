"""What was told, as a tree: coloured and wrapped in a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.cells import cell_len
from rich.console import Console, Group
from rich.text import Text
from rich.tree import Tree

from partner_operator.view.certificates import Certificate, Stage
from partner_operator.view.overview import Overview, Waiting, counts
from partner_operator.view.pairs import Pair, Party, PartyKind
from partner_operator.view.servers import Server, Undeclared
from partner_operator.view.states import Hue, State, Told
from partner_operator.view.trusts import Test, Trust
from partner_operator.view.waits import Who
from partner_operator.view.words import ago, day, length, listed, short

STYLES: Final = {
    Hue.GOOD: "green",
    Hue.BUSY: "cyan",
    Hue.WARNING: "yellow",
    Hue.BAD: "bold red",
    Hue.QUIET: "dim",
}
MOST_PAIRS = 12
"""Pairs of a namespace above which those that are Ready take one line each."""
_WIDEST_NAME = 24
"""Cells up to which names are filled up, so that what follows stands in a column."""
_WORD = max(len(state.word) for state in State)


@dataclass(slots=True)
class Line:
    """One line, and what belongs to it."""

    text: Text
    below: list[Line] = field(default_factory=list)

    def add(self, *pieces: str | tuple[str, str]) -> Line:
        """One more line below. A piece is a text, or a text with its style."""
        line = Line(Text.assemble(*pieces))
        self.below.append(line)
        return line


def show(overview: Overview, console: Console, notes: Sequence[str] = (), *, whole: bool) -> None:
    """Print all of it. `whole`: one object was asked for, so nothing is left out."""
    console.print(drawn(overview, console, notes, whole=whole), soft_wrap=not console.is_terminal)


def drawn(overview: Overview, console: Console, notes: Sequence[str], *, whole: bool) -> Group:
    """All of it, as it fits this console."""
    symbols = _Symbols(console)
    lines = [Line(Text(note, "yellow")) for note in notes]
    lines += _Teller(overview, symbols, whole=whole).lines()
    if console.is_terminal:
        return Group(*(part for line in lines for part in (_tree(line), "")))
    return Group(*(text for line in lines for text in _plain(line, 0)))


class _Symbols:
    """Symbols where the terminal knows them, letters where it does not, none in a pipe: there words are enough."""

    def __init__(self, console: Console) -> None:
        self._wanted = console.is_terminal
        self._ascii = not console.encoding.lower().startswith("utf")

    def of(self, what: State | Stage) -> str:
        """With a blank behind it."""
        if not self._wanted:
            return ""
        return f"{what.letter if self._ascii else what.symbol} "


class _Teller:
    """Turns an overview into lines."""

    def __init__(self, overview: Overview, symbols: _Symbols, *, whole: bool) -> None:
        self._all = overview
        self._now = overview.now
        self._symbols = symbols
        self._whole = whole
        self._many = len(overview.namespaces) > 1
        self._quiet: list[str] = []
        self._above: set[tuple[str, str]] = set()
        """Sentences, with their namespaces, that stand at the top."""

    def lines(self) -> Iterator[Line]:
        """The heading, what people can do, then one part for each namespace, the worst first."""
        yield self._heading()
        yield from self._for_you()
        for namespace in self._in_order():
            yield from self._namespace(namespace)
        if self._quiet:
            line = Line(Text.assemble((self._symbols.of(State.READY), "green"), "All is Ready in"))
            line.below = [Line(Text(each)) for each in self._quiet]
            yield line

    def _heading(self) -> Line:
        said = f"{_counted(self._all.servers, 'server')}. {_counted(self._all.trusts, 'trust')}."
        if self._all.told_at is not None:
            said += f" Last told something new {ago(self._all.told_at, self._now)}."
        return Line(Text(said, "bold"))

    def _for_you(self) -> Iterator[Line]:
        yours = [each for each in self._all.waiting if each.wait.who is Who.YOU]
        if not yours or self._whole:
            return
        top = Line(Text("These wait for you:", "bold"))
        for each in yours:
            self._wait(top, each)
        yield top

    def _wait(self, top: Line, waiting: Waiting) -> None:
        subject, wait = waiting.subject, waiting.wait
        since = f", for {length(self._now - wait.since)}" if wait.since is not None else ""
        self._above.add((wait.sentence, subject.namespace))
        line = top.add((self._name(subject), "bold"), f" waits for {wait.what}", (since, "dim"))
        if waiting.also:
            line.add(f"So does what rests on it: {listed(waiting.also)}.")
        line.add(wait.sentence)
        if wait.command:
            line.add(("By command: ", "dim"), (wait.command, "bold"))

    def _in_order(self) -> list[str]:
        worst: dict[str, int] = defaultdict(lambda: State.READY.rank)
        for each in self._all.objects:
            worst[each.namespace] = min(worst[each.namespace], each.told.state.rank)
        return sorted(worst, key=lambda namespace: (worst[namespace], namespace))

    def _namespace(self, namespace: str) -> Iterator[Line]:
        servers = [each for each in self._all.servers if each.namespace == namespace]
        trusts = [each for each in self._all.trusts if each.namespace == namespace]
        if self._many and not self._whole and _is_quiet(servers, trusts):
            self._quiet.append(f"{namespace}: {len(servers)} servers, {len(trusts)} trusts")
            return
        if self._many:
            yield Line(Text(f"Namespace {namespace}", "bold underline"))
        if servers:
            top = Line(Text("Servers", "bold"))
            for server in servers:
                self._server(top, server)
            yield top
        pairs = [pair for pair in self._all.pairs if pair.there[0].namespace == namespace]
        if pairs:
            top = Line(Text("Trusts", "bold"))
            for pair in pairs:
                self._pair(top, pair, brief=len(pairs) > MOST_PAIRS and not self._whole)
            yield top

    def _server(self, top: Line, server: Server) -> None:
        about = ", ".join(filter(None, (server.product, server.organization, server.version)))
        line = top.add(*self._state(server.told), _filled(server.name), (f"  {about}", "dim"))
        self._told(line, server.told, server.namespace)
        for certificate in server.certificates:
            self._certificate(line, certificate)
        for host in server.hosts:
            if host.missing:
                line.add(f"{host.name} lacks {listed(host.missing)}.")
        for host_name in server.skewed_hosts:
            line.add((f"The clock of {host_name} differs from the operator's.", "yellow"))
        self._undeclared(line, server)
        if server.token_servers:
            there = line.add("Token servers:")
            for token_server in server.token_servers:
                off = "" if token_server.enabled is not False else " (disabled)"
                there.add(f"{token_server.name}{off}", (f"  {token_server.url}", "dim"))
        if self._whole:
            for setting in server.settings:
                line.add((setting, "dim"))

    def _undeclared(self, line: Line, server: Server) -> None:
        if server.undeclared_whole is False:
            line.add(("The list of what it trusts is not proven whole.", STYLES[Hue.WARNING]))
        if not server.undeclared:
            return
        cut = f", and {server.undeclared_cut} more" if server.undeclared_cut else ""
        there = line.add(f"Trusted here and declared nowhere{cut}:")
        for each in server.undeclared:
            off = "" if each.enabled is not False else " (disabled)"
            there.add(f"{each.identity}{off}", (f"  {_kind(each)}", "dim"))
        if any(not each.undeclarable for each in server.undeclared) or server.undeclared_cut:
            there.add(("To declare them: ", "dim"), _export(server))

    def _certificate(self, line: Line, certificate: Certificate) -> None:
        stage, ends = certificate.stage, certificate.ends
        when = f"{day(ends)} ({ago(ends, self._now)})" if ends is not None else "unknown"
        verb = "ended" if stage is Stage.ENDED else "ends"
        quiet = stage is Stage.GOOD
        line.add(
            ("" if quiet else self._symbols.of(stage), STYLES[stage.hue]),
            f"Certificate {short(certificate.thumbprint)} {certificate.role.value}, ",
            (f"{verb} {when}", "" if quiet else STYLES[stage.hue]),
        )

    def _pair(self, top: Line, pair: Pair, *, brief: bool) -> None:
        one, other = self._party(pair.one), self._party(pair.other)
        trusts = (*pair.there, *pair.back)
        if brief and all(trust.told.state is State.READY for trust in trusts):
            both = "both directions" if pair.back else f"{one} trusts {other}"
            top.add(
                (f"{self._symbols.of(State.READY)}Ready  ", "green"), f"{one} and {other}: {both}"
            )
            return
        kind = "" if pair.other.kind is PartyKind.SERVER else f"  {pair.other.kind.value}"
        line = top.add((f"{one} and {other}", ""), (kind, "dim"))
        wide = _width([f"{one} trusts {other}", f"{other} trusts {one}"])
        for trust in pair.there:
            self._trust(line, trust, f"{one} trusts {other}", wide)
        for trust in pair.back:
            self._trust(line, trust, f"{other} trusts {one}", wide)
        ours = {PartyKind.SERVER, PartyKind.MISSING}
        if not pair.back and pair.other.kind in ours and not self._whole:
            line.add(
                (f"{' ' * len(self._symbols.of(State.READY))}{'-':{_WORD}}", "dim"),
                (f"  {other} trusts {one}: not declared", "dim"),
            )

    def _trust(self, top: Line, trust: Trust, said: str, wide: int) -> None:
        mode = "" if trust.mode == "Enforce" else f"  mode {trust.mode}"
        name = trust.name
        line = top.add(*self._state(trust.told), _filled(said, wide), (f"  {name}{mode}", "dim"))
        self._told(line, trust.told, trust.namespace)
        for each in trust.plan:
            line.add(("Enforce would change: ", "yellow"), each)
        if trust.test is not None:
            self._test(line, trust.test)
        if self._whole and trust.active_since is not None:
            line.add((f"Active since {ago(trust.active_since, self._now)}.", "dim"))

    def _test(self, line: Line, test: Test) -> None:
        if test.at is None:
            line.add(("Its test has not run yet.", "dim"))
            return
        when = ago(test.at, self._now)
        if test.passed:
            line.add((f"Test passed {when} ({test.latency}).", "dim"))
            return
        times = f", {test.failures} times in a row" if test.failures > 1 else ""
        line.add((f"Test failed {when}{times}: ", STYLES[Hue.BAD]), test.message)

    def _told(self, line: Line, told: Told, namespace: str) -> None:
        """Why it is as it is, where that needs a word."""
        if told.leaving:
            line.add(("It is being deleted.", "yellow"))
        if told.state is State.READY:
            line.add((told.sentence, "dim"))
        else:
            above = (told.sentence, namespace) in self._above
            reason = told.reason and (told.reason if above else f"{told.reason}: ")
            line.add((reason, STYLES[told.state.hue]), "; see above." if above else told.sentence)
        for warning in told.warnings:
            line.add((warning, STYLES[Hue.WARNING]))
        if told.late:
            line.add((told.late, STYLES[Hue.BAD]))
        if self._whole:
            self._conditions(line, told)

    def _conditions(self, line: Line, told: Told) -> None:
        for each in told.conditions:
            if each.message != told.sentence:
                since = f", for {length(self._now - each.since)}" if each.since is not None else ""
                said = f"{each.type} is {each.status} ({each.reason}{since}): "
                line.add((said, "dim"), each.message)

    def _state(self, told: Told) -> tuple[tuple[str, str], str]:
        state = told.state
        return (f"{self._symbols.of(state)}{state.word:{_WORD}}", STYLES[state.hue]), "  "

    def _party(self, party: Party) -> str:
        return self._in(party.namespace, party.label)

    def _name(self, subject: Server | Trust) -> str:
        return self._in(subject.namespace, subject.name)

    def _in(self, namespace: str, name: str) -> str:
        return f"{namespace}/{name}" if self._many and namespace else name


def _is_quiet(servers: Iterable[Server], trusts: Iterable[Trust]) -> bool:
    """Whether there is nothing to say but that all is Ready."""
    good = {Stage.GOOD, Stage.TO_COME}
    told = [*(server.told for server in servers), *(trust.told for trust in trusts)]
    return all(
        each.state is State.READY and not (each.late or each.warnings or each.leaving)
        for each in told
    ) and all(each.stage in good for server in servers for each in server.certificates)


def _counted(objects: Sequence[Server] | Sequence[Trust], what: str) -> str:
    """`3 servers: 1 Stalled, 2 Ready`."""
    many = f"{len(objects)} {what}{'' if len(objects) == 1 else 's'}"
    states = ", ".join(f"{number} {state.word}" for state, number in counts(objects))
    return f"{many}: {states}" if states else many


def _export(server: Server) -> str:
    return f"partner-operator export {server.name} -n {server.namespace}"


def _kind(each: Undeclared) -> str:
    gone = ", not visible now" if each.missing_since is not None else ""
    never = ", cannot be declared" if each.undeclarable else ""
    return f"{each.kind.value}{gone}{never}"


def _width(texts: Sequence[str]) -> int:
    return min(2 * _WIDEST_NAME, max((cell_len(text) for text in texts), default=0))


def _filled(text: str, wide: int = _WIDEST_NAME // 2) -> str:
    """Filled up by what it takes on the screen: a Chinese letter takes two cells."""
    return text + " " * max(0, wide - cell_len(text))


def _tree(line: Line) -> Tree:
    tree = Tree(line.text, guide_style="dim")
    stack = [(line, tree)]
    while stack:
        now, branch = stack.pop()
        stack += [(below, branch.add(below.text)) for below in now.below]
    return tree


def _plain(line: Line, depth: int) -> Iterator[Text]:
    yield Text("  " * depth + line.text.plain.rstrip())
    for below in line.below:
        yield from _plain(below, depth + 1)
