"""What went into a table, as strict JSON whatever the runs hold."""

from __future__ import annotations

import json
from pathlib import Path

from made_runs import make_run
from table_settings import material

from wannsearch.records.files import json_bytes
from wannsearch.reporting.tables.provenance import provenance


def test_a_strangers_values_do_not_break_it(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    with (folder / ".hydra/config.yaml").open("a") as file:
        file.write('nan: .nan\nhalf: "\\ud800"\nbell: "\\a"\n')
    (folder / "status.json").write_text('{"state": "done", "why": "\\ud800"}')
    found = material(tmp_path)
    told = json.loads(json_bytes(provenance({"runs": ["x"]}, found.grouped, found.tunings, ["\udcff"])))
    settings = told["groups"][0]["config"]
    assert (settings["nan"], settings["half"]) == ("nan", "\\ud800")
    assert told["skipped"] == ["\\xff"]
    assert told["evaluations"] == 192
    assert told["groups"][0]["runs"][0]["network_sha256"] == found.grouped.groups[0].runs[0].network_sha256
