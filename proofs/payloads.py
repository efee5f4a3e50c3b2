"""Words that would run, format or steer something, in whatever shows them.

Sixty strings for pages, pictures, tables, terminals and papers. They are put where people and files give
names: task, method, seed and score of a run, the names of a network's inputs and outputs, the reasons and
overrides of a sweep, the text of an error. Then every writer is looked at: a picture is parsed as XML and
must have the elements of a harmless run's and no others, a terminal gets no character that it obeys.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from stub_runs import STUB

from wannsearch.commands import runs, search
from wannsearch.records import layout
from wannsearch.records.ledger import JobState, Ledger, LedgerEntries, SweepJob
from wannsearch.reporting.plots import pictures

PAGES = """
<script>alert(1)</script>
</text><script>alert(1)</script><text>
<!--<script>
--><script>alert(1)</script><!--
]]><script>alert(1)</script>
<![CDATA[<script>]]>
</style><script>alert(1)</script>
</title></head><body onload=alert(1)>
<img src=x onerror=alert(1)>
<svg onload="alert(1)">
<svg/onload=alert(1)//
"><script>alert(1)</script>
" onload="alert(1)
' onmouseover='alert(1)
<a href="javascript:alert(1)">x</a>
<a xlink:href="javascript:alert(1)"><text>x</text></a>
<foreignObject><iframe src="http://x"/></foreignObject>
<use href="http://x/#y"/>
<image href="http://x/y.png"/>
<?xml-stylesheet href="http://x/y.css"?>
<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>
&y;
&lt;script&gt;
&#60;script&#62;
{{7*7}}
${7*7}
<style>@import "http://x"</style>
javascript:alert(1)
<meta http-equiv=refresh content=0>
-- --
""".strip().splitlines()
TABLES = """
=cmd|' /C calc'!A0
+1+cmd|' /C calc'!A0
-1+1
@SUM(1+1)
=HYPERLINK("http://x";"y")
"x","y
;=1+1
a,b;c
""".strip().splitlines()
TABLES += ["\t=1+1", "\r=1+1", "a\n=1+1", "a\r\n=1+1"]
TERMINALS = [
    "\x1b[2J", "\x1b[31mred", "\x1b]0;title\x07", "\x1b]8;;http://x\x07y\x1b]8;;\x07", "\x9b31m",
    "a\rb", "a\bb", "a\x7fb", "\u202eabc", "\u2066a\u2069", "a\nb", "[red]a[/red]",
]  # fmt: skip
PAPERS = [r"\input{/etc/passwd}", r"\write18{touch canary}", "$x^{", "$\\frac{1}{2}$", "%a", "a&b_c#d~e^f"]
PAYLOADS = [*PAGES, *TABLES, *TERMINALS, *PAPERS]

_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HARMLESS = "harmless"
_RAISING = [*STUB, "generations=1"]
Build = Callable[..., Path]


def _run(build: Build, place: Path, text: str) -> Path:
    """A finished run that says this wherever it can."""
    run = build(place, generations=5, task=text, method=text, seed=text, score_name=text)
    path = run / "best/network.json"
    network = json.loads(path.read_text())
    graph = network["graph"]
    graph |= {"input_names": [text] * graph["inputs"], "output_names": [text] * graph["outputs"]}
    path.write_text(json.dumps(network))
    status = {"format": layout.FORMAT, "state": "failed", "why": text, "generations": 5, "task": text}
    (run / "status.json").write_text(json.dumps(status))
    (run / ".hydra").mkdir()
    (run / ".hydra/config.yaml").write_text(json.dumps({"task": text, "seed": text, "generations": text}))
    Ledger(place.parent).write(
        LedgerEntries(("wannsearch", text), False, (SweepJob((text,), "nowhere", JobState.FAILED, 70, text),))
    )
    return run


def _elements(picture: bytes) -> Counter[str]:
    """How many of each element and attribute; a mark for each link that leads out."""
    found: Counter[str] = Counter()
    for element in ElementTree.fromstring(picture).iter():
        found[str(element.tag)] += 1
        for name, value in element.attrib.items():
            found[name.rpartition("}")[2]] += 1
            found["leads out"] += name.endswith("href") and not value.startswith("#")
    return found


def _pictures(run: Path) -> dict[str, Counter[str]]:
    drawn = pictures.draw_run(run)
    return {name: _elements(content) for name, content in drawn.items() if name.endswith(".svg")}


def _listings(folder: Path) -> str:
    """What `wannsearch-runs` prints, as a table and as JSON."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        runs.main([str(folder)])
        table = said.getvalue()
        runs.main([str(folder), "--json"])
    json.loads(said.getvalue()[len(table) :])
    return said.getvalue()


def _error(text: str, folder: Path) -> str:
    """What a search says whose task raises this."""
    said = io.StringIO()
    words = [*_RAISING, f"hydra.run.dir={folder / 'raised'}"]
    os.environ["WANNSEARCH_SAID"] = text
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        search.main(words)
    return said.getvalue()


def wrong(build: Build, place: Path, texts: list[str]) -> list[str]:
    """What some writer made of these payloads that it must not."""
    found, sound = [], _pictures(_run(build, place / "sound/run", _HARMLESS))
    rows = _listings(place / "sound").count("\n")
    for text in texts:
        folder = place / "told"
        shutil.rmtree(folder, ignore_errors=True)
        run = _run(build, folder / "run", text)
        for name, elements in _pictures(run).items():
            if elements != sound[name]:
                found.append(
                    f"{text!r} in {name}: {elements - sound[name]} more, {sound[name] - elements} less"
                )
        listing = _listings(folder)
        if _OBEYED.search(listing) or listing.count("\n") > rows:
            found.append(f"{text!r} in a listing: {listing!r}")
        said = _error(text, folder)
        if _OBEYED.search(said) or len(said.splitlines()) != 1:
            found.append(f"{text!r} as an error: {said!r}")
        for table in run.rglob("*.csv"):
            cells = [cell for row in csv.reader(table.read_text().splitlines()) for cell in row]
            found += [f"{text!r} in {table.name}" for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    return found
