"""Everything that one release hands out, in one folder, with the digest of each file."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from partner_release import image, layout, sbom, wheel
from partner_release.command import run
from partner_release.facts import NAME, ROOT, Facts
from partner_testbed.cache import Progress
from partner_testbed.helm import find_helm

SUMS = "SHA256SUMS"
CHART = ROOT / "charts" / NAME


def bundle(facts: Facts, wanted_base: str, folder: Path, progress: Progress) -> list[Path]:
    """Build all of it into ``folder``, which must not be there yet. Raises what the parts raise."""
    folder.mkdir(parents=True)
    progress("the wheel")
    files = [wheel.build(facts, folder)]
    progress("the image; minutes, if it was never built here")
    files.append(image.archive(facts, wanted_base, folder, progress))
    progress("the list of what is in the image")
    files.append(folder / f"{NAME}-{facts.version}-image.cdx.json")
    made = layout.read(files[1])
    with TemporaryDirectory(prefix="partner-operator-image-") as temporary:
        root = Path(temporary) / "root"
        made.unpack(root)
        files[-1].write_text(sbom.document(facts, made, root), encoding="utf-8")
    progress("the chart")
    files.append(_chart(folder, progress))
    sums = folder / SUMS
    sums.write_text("".join(f"{_digest(file)}  {file.name}\n" for file in sorted(files)))
    return [*files, sums]


def _chart(folder: Path, progress: Progress) -> Path:
    before = set(folder.iterdir())
    run([str(find_helm(progress)), "package", str(CHART), "--destination", str(folder)])
    [made] = set(folder.iterdir()) - before
    return made


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
