"""Ansible's output for tests: one line of JSON for each task, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.callback import CallbackBase  # type: ignore[import-not-found]

DOCUMENTATION = """
name: told_in_json
type: stdout
short_description: one line of JSON for each task
description: What a task ended with, for a program to read.
"""

_KEPT = ("rc", "stdout", "stderr", "msg", "ping", "warnings")


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Tells how a task ended: ok, failed or unreachable."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "told_in_json"

    def v2_runner_on_ok(self, result: Any) -> None:
        """It went well."""
        _tell("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """It ran and failed."""
        _tell("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """The host could not be had."""
        _tell("unreachable", result)


def _tell(how: str, result: Any) -> None:
    kept = {name: result.result[name] for name in _KEPT if name in result.result}
    print(json.dumps({"how": how, "told": kept}, default=str), flush=True)
