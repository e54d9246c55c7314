"""What a process left behind: nothing is proven by what may be lost, and large outputs cost no more than their size."""

from __future__ import annotations

import tracemalloc

import pytest

from partner_operator.winrm import ProtocolViolation, RemoteRunError, answer, understand
from support.winrm.frames import ASKED

_WORDS = (
    b"This script contains malicious content and has been blocked.",
    b"FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage",
    b"x.ps1 cannot be loaded because running scripts is disabled on this system.",
    b"The command line is too long.",
    b"'x' is not recognized as an internal or external command,",
)


@pytest.mark.parametrize("said", _WORDS)
def test_an_obstacle_on_the_way_to_a_good_end_proves_nothing(said: bytes) -> None:
    """Nothing that stops the bootstrap ends with 0; standard output was lost, and a program may have said this."""
    with pytest.raises(RemoteRunError) as caught:
        understand("ex1", answer.Output(b"", said, 0, {}), ASKED, ())
    assert isinstance(caught.value, ProtocolViolation)
    assert caught.value.outcome_unknown
    assert not caught.value.nothing_ran


def test_striking_out_a_request_costs_no_more_than_its_text() -> None:
    """A host may throw back sixteen megabytes of what looks like a request."""
    thrown_back = f"PO1<5:{'a' * 64}:" + "QUJD\r\n" * 300_000
    tracemalloc.start()
    try:
        said = answer.without_secrets(f"so: {thrown_back}>PO1 done", ("hunter2",))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert said == f"so: {answer.STRUCK_OUT} done"
    assert peak < 8 * len(thrown_back)
