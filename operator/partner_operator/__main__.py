"""`partner-operator` and `python -m partner_operator`: the version is told before anything else is loaded."""

import sys

from partner_operator import __version__


def main() -> None:
    """Answer at once what needs none of the rooms; hand everything else to the command line."""
    if sys.argv[1:] == ["--version"]:
        print(__version__)
        return
    from partner_operator.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
