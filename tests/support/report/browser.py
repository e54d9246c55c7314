"""What a browser makes of a page: measured by a script that the test puts into a copy of it."""

from __future__ import annotations

import html
import json
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partner_testbed.chromium import Chromium

_MEASURE = """
<script>
const faults = [];
const wide = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > wide) faults.push('the page is wider than its window');
for (const each of document.querySelectorAll('main *, header *')) {
  if (each.closest('svg') || each.classList.contains('hidden') || each.closest('.hidden')) continue;
  if (each.closest('thead') && getComputedStyle(each.closest('thead')).position === 'absolute') continue;
  const box = each.getBoundingClientRect();
  const beyond = box.width && box.right > wide + 1;
  if (beyond) faults.push('beyond the window: ' + each.textContent.trim().slice(0, 60));
  const over = each.clientWidth && each.scrollWidth > each.clientWidth + 1;
  if (over) faults.push('out of its box: ' + each.textContent.trim().slice(0, 60));
}
for (const group of document.querySelectorAll('svg.picture g')) {
  const box = group.querySelector('rect');
  for (const text of group.querySelectorAll('text')) {
    if (box && text.getBBox().width > box.getBBox().width) faults.push('wider than its place: ' + text.textContent);
  }
}
const told = {faults, rows: document.querySelectorAll('tbody tr').length,
  text: document.body.innerText.slice(0, 400000), ways: document.querySelectorAll('path.way').length,
  paper: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.body).color};
const out = document.createElement('pre');
out.id = 'measured';
out.textContent = JSON.stringify(told);
document.body.append(out);
</script>
"""
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_MEASURED = re.compile(r'<pre id="measured">(.*?)</pre>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a window of some width has."""

    faults: list[str]
    rows: int
    ways: int
    text: str
    paper: str
    ink: str


def measured(chromium: Chromium, page: Path, width: int) -> Measured:
    """Measure a copy of the page without its policy, which would forbid the measuring."""
    copy = page.with_name(f"measured-{page.name}")
    text = page.read_text(encoding="utf-8")
    without, number = _POLICY.subn("", text)
    assert number == 1
    copy.write_text(without.replace("</body>", f"{_MEASURE}</body>"), encoding="utf-8")
    dom, _ = chromium.dom(copy, width)
    found = _MEASURED.search(dom)
    assert found is not None, dom[-500:]
    said: dict[str, Any] = json.loads(html.unescape(found[1]))
    return Measured(**said)


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG."""

    width: int
    height: int
    inked: float
    """Which part of its lines is not like the line above: 0 for a blank sheet."""


def picture(path: Path) -> Picture:
    """Read the size of a PNG and how much is on it."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    packed, place = b"", 8
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        if kind == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        place += length + 12
    lines = zlib.decompress(packed)
    size = len(lines) // height
    rows = [lines[row * size : (row + 1) * size] for row in range(height)]
    drawn = sum(1 for row in rows if len(set(row[1:])) > 8)
    return Picture(width, height, drawn / height)
