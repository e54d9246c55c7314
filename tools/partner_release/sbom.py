"""What is inside the image, as a CycloneDX document: packages of Debian and of Python, with versions and licences.

It is read from the image's own file system: dpkg's database and the metadata that pip left.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import Parser
from importlib.metadata import distributions
from pathlib import Path

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import License
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from partner_release.facts import NAME, Facts
from partner_release.layout import Image

ENVIRONMENT = f"opt/{NAME}/lib"
_DPKG = "var/lib/dpkg/status"
_LONGEST_NAME = 100  # some write the whole text of their licence where its name belongs


def document(facts: Facts, image: Image, root: Path) -> str:
    """The document as JSON; ``root`` is the image's file system."""
    made_of = [*_debian(root), *_python(root)]
    whole = Component(
        name=NAME,
        type=ComponentType.CONTAINER,
        version=facts.version,
        bom_ref="image",
        hashes=[HashTypeFactory().from_composite_str(image.digest)],
        licenses=_licences([facts.licence]),
    )
    bom = Bom(
        components=made_of,
        metadata=BomMetaData(component=whole, timestamp=facts.committed),
        dependencies=[
            Dependency(whole.bom_ref, [Dependency(each.bom_ref) for each in made_of]),
            *(Dependency(each.bom_ref) for each in made_of),
        ],
        serial_number=uuid.uuid5(uuid.NAMESPACE_OID, image.digest),
    )
    writer = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    return writer.output_as_string(indent=1) + "\n"


def _debian(root: Path) -> Iterator[Component]:
    release = dict(
        re.findall(r'^(\w+)="?([^"\n]*)"?$', (root / "etc/os-release").read_text(), re.MULTILINE)
    )
    suite = {"distro": f"{release['ID']}-{release['VERSION_ID']}"}
    for paragraph in (root / _DPKG).read_text(encoding="utf-8").split("\n\n"):
        fields = Parser().parsestr(paragraph)
        if fields["Status"] == "install ok installed":
            where = {"arch": fields["Architecture"], **suite}
            url = PackageURL("deb", release["ID"], fields["Package"], fields["Version"], where)
            yield _component(url, _copyright(root, fields["Package"]))


def _python(root: Path) -> Iterator[Component]:
    [packages] = (root / ENVIRONMENT).glob("python3*/site-packages")
    for found in distributions(path=[str(packages)]):
        name = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
        url = PackageURL("pypi", None, name, found.version)
        yield _component(url, _named(found.metadata))  # type: ignore[arg-type]  # an email.message.Message, always


def _component(url: PackageURL, licences: Iterable[str]) -> Component:
    return Component(
        name=url.name,
        version=url.version,
        purl=url,
        bom_ref=url.to_string(),
        licenses=_licences(licences),
    )


def _named(metadata: Message) -> list[str]:
    """What a Python package says of its licence, in the order of trust."""
    for field in ("License-Expression", "License"):
        text = str(metadata.get(field) or "").strip()
        if text and text != "UNKNOWN" and len(text) <= _LONGEST_NAME and "\n" not in text:
            return [text]
    classified = (str(each) for each in metadata.get_all("Classifier") or ())
    return [each.rpartition(" :: ")[2] for each in classified if each.startswith("License :: OSI")]


def _copyright(root: Path, package: str) -> list[str]:
    """The short names of Debian's machine-readable copyright file, where a package has one."""
    path = root / "usr/share/doc" / package / "copyright"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not text.startswith("Format:"):
        return []
    return sorted({name.strip() for name in re.findall(r"^License: *(.+)$", text, re.MULTILINE)})


def _licences(names: Iterable[str]) -> list[License]:
    """As identifiers of SPDX where they are some, else as names: Debian's are its own."""
    made: list[License] = []
    names = list(names)
    for name in names:
        found = LicenseFactory().make_from_string(name)
        # A document may say one expression, or a list of licences, but not both.
        made.append(found if len(names) == 1 else LicenseFactory().make_with_name(name))
    return made
