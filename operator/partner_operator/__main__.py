"""`python -m partner_operator`."""

from partner_operator.cli.main import main

if __name__ == "__main__":
    main()
