"""The image: built from the Dockerfile by what builds images here, and written down in the layout of OCI."""

from pathlib import Path

from partner_release.base import base
from partner_release.builders import Builder, find_builder
from partner_release.facts import NAME, ROOT, Facts
from partner_release.index import secrets
from partner_testbed.cache import Progress

_LABELS = "org.opencontainers.image."


def build(facts: Facts, wanted_base: str, progress: Progress) -> tuple[Builder, str]:
    """Build it into the builder's own store; return that builder and the image's name.

    Raises BuilderMissingError, BaseMissingError and CommandFailedError.
    """
    builder = find_builder()
    under = base(builder, wanted_base, progress)
    image = f"{NAME}:{facts.version}"
    if facts.source is None:
        progress(
            "NOTE: this checkout has no remote that others can read: the image will not say where its source is."
        )
    with secrets() as files:
        builder.build(
            ROOT,
            image,
            arguments={"BASE": under},
            labels=labels(facts, under),
            secrets=files,
            progress=progress,
        )
    return builder, image


def archive(facts: Facts, wanted_base: str, folder: Path, progress: Progress) -> Path:
    """Build it, and write it into a tar file in ``folder``."""
    builder, image = build(facts, wanted_base, progress)
    target = folder / f"{NAME}-{facts.version}-image.tar"
    builder.save(image, target)
    return target


def labels(facts: Facts, base_name: str) -> dict[str, str]:
    """What the image says of itself, under OCI's predefined keys."""
    known = {
        "title": NAME,
        "description": facts.description,
        "licenses": facts.licence,
        "version": facts.version,
        "revision": facts.revision,
        "created": facts.committed.isoformat(),
        "base.name": base_name,
    }
    if facts.source:
        known |= {"source": facts.source}
    return {_LABELS + key: value for key, value in known.items()}
