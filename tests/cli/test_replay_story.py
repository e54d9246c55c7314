"""A recorded run is a fixture: the engine comes to the same end without the servers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from partner_operator.engine.clock import SystemClock
from partner_operator.engine.ports import Credentials
from partner_operator.recorder import Recorder
from partner_operator.trust.model import DesiredServer, Product
from partner_simulator.simulation import Simulation
from support.operated_domain import declared_server, logon, names_of, remotely
from support.pwsh import find_pwsh
from support.replay.recorded import Replay
from support.replay.story import Story
from support.secrets.search import found
from support.trust.worlds import OURS

pytestmark = pytest.mark.pwsh


@dataclass(frozen=True)
class Recording:
    """What was recorded, and what came of it."""

    folder: Path
    servers: tuple[DesiredServer, DesiredServer]
    statuses: list[str]
    events: list[tuple[str, str, str]]
    secrets: tuple[str, ...]

    def documents(self) -> list[dict[str, Any]]:
        """The records, in order."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.iterdir())]

    def replayed(self, folder: Path | None = None) -> Story:
        """The same declarations over a replay, with other credentials: nobody needs the real ones."""
        player = Replay(folder or self.folder)
        credentials = Credentials("nobody", "not-the-recorded-one", "digest", OURS)
        servers = (
            replace(self.servers[0], ca_bundle=None),
            replace(self.servers[1], ca_bundle=None),
        )
        return Story(player, player, servers, (credentials, credentials))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """From nothing to a passed test, once, on the simulated domain."""
    folder = tmp_path_factory.mktemp("recording")
    with Simulation(pwsh=find_pwsh()) as simulation, names_of(simulation):
        story = Story(
            Recorder(remotely, folder),
            SystemClock(),
            (
                declared_server(simulation, Product.EXCHANGE),
                declared_server(simulation, Product.LYNC),
            ),
            (logon(simulation, Product.EXCHANGE), logon(simulation, Product.LYNC)),
        )
        asyncio.run(story.tell())
        assert story.ready(), "\n".join(story.statuses())
        assert simulation.trust_works() is None
        assert simulation.open_shells() == ()
        secrets = tuple(simulation.secrets())
    return Recording(folder, story.servers, story.statuses(), story.told(), secrets)


async def test_a_replay_comes_to_the_same_conditions_statuses_and_events(
    recording: Recording,
) -> None:
    """Registered on both sides, restarted, replicated, tested: all from files, in the recorded order."""
    story = recording.replayed()
    await story.tell()
    assert story.ready()
    assert story.statuses() == recording.statuses
    assert story.told() == recording.events
    assert isinstance(story.runner, Replay)
    assert story.runner.left == []


def test_the_whole_story_was_recorded(recording: Recording) -> None:
    """Each operation of the road, and the far side's answers with it."""
    counts = Counter(record["operation"] for record in recording.documents())
    assert {"observe", "register", "restart", "host_state", "test"} <= set(counts)
    assert counts["register"] == 2
    assert all(record["answer"]["seconds"] > 0 for record in recording.documents())


def test_no_secret_is_in_any_record(recording: Recording) -> None:
    """In no spelling, though Exchange's inner session got the password as data."""
    for path in recording.folder.iterdir():
        assert not found(path.read_text(), recording.secrets), path.name


async def test_a_replay_does_not_answer_what_was_not_asked(
    recording: Recording, tmp_path: Path
) -> None:
    """Another identity is another registration: the recording does not know how that would end."""
    for path in recording.folder.iterdir():
        record = json.loads(path.read_text())
        if record["operation"] == "register":
            record["parameters"]["identity"] = "Another"
        (tmp_path / path.name).write_text(json.dumps(record))
    with pytest.raises(LookupError, match="was recorded with"):
        await recording.replayed(tmp_path).tell()


async def test_a_record_of_another_version_is_still_played(
    recording: Recording, tmp_path: Path
) -> None:
    """Fields of an answer that this version does not know are left out."""
    for path in recording.folder.iterdir():
        record = json.loads(path.read_text())
        record["answer"]["a_field_of_tomorrow"] = 1
        (tmp_path / path.name).write_text(json.dumps(record))
    story = recording.replayed(tmp_path)
    await story.tell()
    assert story.statuses() == recording.statuses
