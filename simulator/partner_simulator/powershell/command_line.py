"""What a command line on a simulated machine asks for, as cmd.exe and powershell.exe read it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from partner_simulator.ports import COMMAND_LINE_CHARACTERS

USAGE_ERROR = -196608
"""Exit code of powershell.exe for a command line that it cannot use (0xFFFD0000)."""


@dataclass(frozen=True, slots=True)
class PowerShellRun:
    """A run of powershell.exe: what pwsh shall be given."""

    arguments: tuple[str, ...]
    text: str
    """Script text of -Command or -EncodedCommand, as far as the line shows it."""

    @property
    def reads_input(self) -> bool:
        """Whether the script reads standard input, and so waits for its end."""
        return bool(
            re.search(
                r"\$input\b|\[(?:System\.)?Console\]::(?:In\b|OpenStandardInput|Read)",
                self.text,
                re.I,
            )
        )


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """A run of one of the few other programs: its name without folder and `.exe`, and arguments."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing runs; this is what the caller sees."""

    exit_code: int
    stderr: str


PROGRAMS = frozenset({"iisreset", "hostname", "whoami"})

# Options of Windows PowerShell: None takes no value, else what becomes of the value.
_OPTIONS: Mapping[str, str] = {
    "noprofile": "drop",  # our profile is what makes the machine look like Windows
    "nologo": "flag",
    "noninteractive": "flag",
    "noexit": "drop",
    "sta": "drop",
    "mta": "drop",
    "executionpolicy": "value",
    "inputformat": "value",
    "outputformat": "value",
    "version": "drop value",
    "windowstyle": "drop value",
    "configurationname": "drop value",
    "encodedcommand": "encoded",
    "command": "rest",
    "file": "file",
    "psconsolefile": "unknown",
}
_SHORT: Mapping[str, str] = {
    "nop": "noprofile",
    "noni": "noninteractive",
    "nol": "nologo",
    "noe": "noexit",
    "ex": "executionpolicy",
    "ep": "executionpolicy",
    "ec": "encodedcommand",
    "e": "encodedcommand",
    "c": "command",
    "f": "file",
    "i": "inputformat",
    "if": "inputformat",
    "o": "outputformat",
    "of": "outputformat",
    "v": "version",
    "w": "windowstyle",
}


def parse(
    line: str, longest: int = COMMAND_LINE_CHARACTERS
) -> PowerShellRun | ProgramRun | Refusal:
    """Read `line` as WinRS hands it to cmd.exe, which takes at most `longest` characters."""
    if len(line) > longest:
        return Refusal(1, "The command line is too long.\r\n")
    words = split(line)
    while len(words) > 2 and _program(words[0]) == "cmd" and words[1].lower() == "/c":
        words = split(" ".join(words[2:])) if len(words) == 3 else words[2:]
    if not words:
        return Refusal(0, "")
    program = _program(words[0])
    if program == "powershell":
        return _powershell(words[1:])
    if program in PROGRAMS:
        return ProgramRun(program, tuple(words[1:]))
    return Refusal(
        9009,
        f"'{words[0]}' is not recognized as an internal or external command,\r\n"
        "operable program or batch file.\r\n",
    )


def split(line: str) -> list[str]:
    """Split by the rules of CommandLineToArgvW: quotes, doubled quotes, backslashes before quotes."""
    words: list[str] = []
    word: list[str] | None = None
    quoted = False
    index = 0
    while index < len(line):
        letter = line[index]
        if letter == "\\":
            run = len(line[index:]) - len(line[index:].lstrip("\\"))
            before_quote = line[index + run : index + run + 1] == '"'
            word = [] if word is None else word
            word.append("\\" * (run // 2 if before_quote else run))
            index += run
            if before_quote and run % 2:
                word.append('"')
                index += 1
            continue
        if letter == '"':
            word = word or []
            if quoted and line[index + 1 : index + 2] == '"':
                word.append('"')
                index += 1
            quoted = not quoted
        elif letter in " \t" and not quoted:
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = [] if word is None else word
            word.append(letter)
        index += 1
    if word is not None:
        words.append("".join(word))
    return words


def _program(word: str) -> str:
    """Name of a program without its folder and `.exe`, in lower case."""
    name = re.split(r"[\\/]", word.lower())[-1]
    return name.removesuffix(".exe")


def _powershell(words: list[str]) -> PowerShellRun | Refusal:
    arguments: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith(("-", "/")):
            return _command([word, *rest], arguments)
        option = _option(word[1:].lower())
        kind = _OPTIONS.get(option, "unknown")
        if kind == "unknown":
            return _usage(f"{word} is not recognized as the name of an option.")
        if kind == "rest":
            return _command(rest, arguments)
        if kind in {"flag", "drop"}:
            arguments += [f"-{option}"] if kind == "flag" else []
            continue
        if not rest:
            return _usage(f"Missing argument for parameter {option}.")
        value = rest.pop(0)
        if kind == "encoded":
            return _encoded(value, arguments)
        if kind == "file":
            return PowerShellRun((*arguments, "-File", value, *rest), "")
        if kind == "value":
            arguments += [f"-{option}", value]
    return PowerShellRun((*arguments, "-Command", "-"), "$input")


def _option(name: str) -> str:
    """The option that a (shortened) name means, or the name itself."""
    if name in _SHORT:
        return _SHORT[name]
    candidates = [option for option in _OPTIONS if option.startswith(name)] if name else []
    return candidates[0] if len(candidates) == 1 else name


def _command(words: list[str], arguments: list[str]) -> PowerShellRun | Refusal:
    if not words:
        return _usage("Cannot process the command because of a missing parameter.")
    return PowerShellRun((*arguments, "-Command", *words), " ".join(words))


def _encoded(value: str, arguments: list[str]) -> PowerShellRun | Refusal:
    try:
        text = base64.b64decode(value, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return _usage(
            "Cannot process the command because the value specified with -EncodedCommand is not"
            " properly encoded. The value must be Base64 encoded."
        )
    return PowerShellRun((*arguments, "-EncodedCommand", value), text)


def _usage(text: str) -> Refusal:
    return Refusal(USAGE_ERROR, text + "\r\n")
