"""Pure decisions: desired, observed, plan, activation, verdict. No I/O, no clock, no YAML, no PowerShell."""
