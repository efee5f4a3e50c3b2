"""What went into a table, as strict JSON whatever the runs hold."""

from __future__ import annotations

import json
from pathlib import Path

from synthetic_table_runs import make_run
from table_settings import material

from wannsearch.records.files import encode_json
from wannsearch.records.layout import FORMAT
from wannsearch.reporting.tables.provenance import build_provenance


def test_a_strangers_values_do_not_break_it(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    with (folder / ".hydra/config.yaml").open("a") as file:
        file.write('nan: .nan\nhalf: "\\ud800"\nbell: "\\a"\n')
    (folder / "status.json").write_text(f'{{"format": {FORMAT}, "state": "done", "why": "\\ud800"}}')
    found = material(tmp_path)
    told = json.loads(
        encode_json(build_provenance({"runs": ["x"]}, found.run_groups, found.tunings, ["\udcff"]))
    )
    settings = told["groups"][0]["config"]
    assert (settings["nan"], settings["half"]) == ("nan", "\\ud800")
    assert told["skipped"] == ["\\xff"]
    assert told["evaluations"] == 192
    assert told["groups"][0]["runs"][0]["network_sha256"] == found.run_groups.groups[0].runs[0].network_sha256
