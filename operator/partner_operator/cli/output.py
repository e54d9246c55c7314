"""Data for programs."""

from __future__ import annotations

import json
from typing import Any

import click
import yaml


def print_data(value: Any, output: str) -> None:
    """Print plain data as JSON, or as YAML."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if output == "yaml":
        text = yaml.safe_dump(json.loads(text), sort_keys=False, allow_unicode=True).rstrip("\n")
    click.echo(text)
