"""What a release is made with, as far as it takes no image: choices, sentences, and the layout of an image."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from partner_release import base, builders, index, layout
from partner_release.base import BaseMissingError
from partner_release.builders import Builder, BuilderMissingError, Kind
from partner_release.facts import published


@pytest.mark.parametrize(
    ("remote", "known"),
    [
        ("https://user:word@example.org/team/it.git", "https://example.org/team/it.git"),
        ("ssh://git@example.org:2222/team/it", "ssh://example.org:2222/team/it"),
        ("git@example.org:team/it.git", None),
        ("/srv/checkouts/it", None),
        ("file:///srv/checkouts/it", None),
        ("", None),
    ],
)
def test_a_label_names_where_the_sources_are_and_no_secret(remote: str, known: str | None) -> None:
    assert published(remote) == known


def program(folder: Path, name: str, *lines: str) -> None:
    """A program on PATH that does what its lines say."""
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(builders.CHOICE, raising=False)
    return tmp_path


def test_docker_without_its_daemon_builds_nothing_and_buildah_does(only: Path) -> None:
    with pytest.raises(BuilderMissingError, match="apt-get install buildah"):
        builders.find_builder()
    program(only, "docker", "exit 1")
    with pytest.raises(BuilderMissingError, match="with its daemon"):
        builders.find_builder()
    program(only, "buildah", "exit 0")
    assert builders.find_builder() == Builder(Kind.BUILDAH)
    program(only, "docker", "exit 0")
    assert builders.find_builder() == Builder(Kind.DOCKER)


def test_the_builder_can_be_named(only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(only, "docker", "exit 0")
    monkeypatch.setenv(builders.CHOICE, "buildah")
    with pytest.raises(BuilderMissingError, match="PARTNER_OPERATOR_BUILDER is buildah, which"):
        builders.find_builder()
    monkeypatch.setenv(builders.CHOICE, "kaniko")
    with pytest.raises(BuilderMissingError, match="write docker or buildah"):
        builders.find_builder()


def test_a_base_that_was_asked_for_by_name_is_never_replaced(only: Path) -> None:
    program(only, "buildah", "exit 125")
    said: list[str] = []
    with pytest.raises(BaseMissingError, match=r"debian:trixie-slim@sha256:0 cannot be pulled"):
        base.base(Builder(Kind.BUILDAH), "debian:trixie-slim@sha256:0", said.append)
    assert said == []


def test_without_registry_and_debootstrap_it_says_aloud_what_is_missing(only: Path) -> None:
    program(only, "buildah", "exit 125")
    said: list[str] = []
    with pytest.raises(BaseMissingError, match="root and debootstrap"):
        base.base(Builder(Kind.BUILDAH), base.USUAL, said.append)
    assert said[0].startswith("NOTE: no registry gave debian:trixie-slim.")


def test_pip_in_a_build_goes_the_way_that_pip_goes_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://somebody:word@example.org/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a.example/simple https://b.example/simple")
    with index.secrets() as files:
        text = files["pip"].read_text()
        assert files["pip"].parent.stat().st_mode & 0o077 == 0
    assert "index-url = https://somebody:word@example.org/simple\n" in text
    assert "extra-index-url = https://a.example/simple\n    https://b.example/simple\n" in text
    assert not files["pip"].exists()


def layer(files: Mapping[str, str]) -> bytes:
    """A layer of an image."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def image(path: Path, *layers: bytes) -> Path:
    """A tar file in OCI's layout."""
    blobs: dict[str, bytes] = {}

    def add(content: bytes) -> dict[str, str]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}"}

    config = add(b'{"config": {"Labels": {"a": "b"}}}')
    manifest = {"config": config, "layers": [add(each) for each in layers]}
    entry = add(json.dumps(manifest).encode())
    blobs["index.json"] = json.dumps({"manifests": [entry]}).encode()
    with tarfile.open(path, "w") as tar:
        for name, content in blobs.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_a_later_layer_replaces_and_removes(tmp_path: Path) -> None:
    made = layout.read(
        image(
            tmp_path / "image.tar",
            layer({"etc/a": "1", "etc/b": "1", "var/old/x": "1", "opt/gone/y": "1"}),
            layer({"etc/a": "2", "etc/.wh.b": "", "opt/.wh.gone": ""}),
            layer({"var/old/.wh..wh..opq": "", "var/old/z": "3"}),
        )
    )
    made.unpack(tmp_path / "root")
    root = tmp_path / "root"
    files = {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()}
    assert files == {"etc/a": "2", "var/old/z": "3"}
    assert made.labels == {"a": "b"}


def test_what_leads_out_of_the_root_is_refused(tmp_path: Path) -> None:
    made = layout.read(image(tmp_path / "image.tar", layer({"../outside": "1"})))
    with pytest.raises(tarfile.OutsideDestinationError):
        made.unpack(tmp_path / "root")
    assert not (tmp_path / "outside").exists()


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.tar"
    with tarfile.open(path, "w"):
        pass
    with pytest.raises(layout.NotAnImageError, match=r"other\.tar is no image"):
        layout.read(path)
