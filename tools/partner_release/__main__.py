"""Build the image into the builder's store, or everything that a release hands out into dist/."""

import argparse
import shutil
import sys
import time

from partner_release import bundle, image
from partner_release.base import USUAL
from partner_release.facts import ROOT, facts

_DIST = ROOT / "dist"


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m partner_release", description=__doc__)
    parser.add_argument("do", choices=["image", "release"])
    parser.add_argument("--base", default=USUAL, help="the image's base, best with its digest")
    arguments = parser.parse_args()
    known, begun = facts(), time.monotonic()
    try:
        if arguments.do == "image":
            builder, name = image.build(known, arguments.base, _say)
            print(
                f"{name} is in the store of {builder.kind}. {_PUSH[builder.kind].format(name=name)}"
            )
        elif known.dirty:
            sys.exit("What is not committed goes into no release: commit it, or put it away.")
        else:
            shutil.rmtree(_DIST, ignore_errors=True)
            for file in bundle.bundle(known, arguments.base, _DIST, _say):
                print(f"{file.stat().st_size:>11,}  {file}")
    except RuntimeError as error:
        sys.exit(str(error))
    print(f"{time.monotonic() - begun:.0f} s")


_PUSH = {
    "docker": "To push it: docker tag {name} REGISTRY/{name} && docker push REGISTRY/{name}",
    "buildah": "To push it: buildah push {name} docker://REGISTRY/{name}",
}


if __name__ == "__main__":
    main()
