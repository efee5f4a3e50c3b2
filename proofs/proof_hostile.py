"""make proof-hostile: strangers' files, class names and paths; nothing runs, nothing is written outside.

Every kind of `hostile_files` is put where a network, a config, a checkpoint, a status or a history is
read, and the command that reads it must refuse it in one line within a second, or run as if it were
not there. Hostile `_target_`s and names come from the command line. A canary tells what was executed,
a listing of everything around the working folder what was written. Prints counts and PASS or FAIL.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import payloads
from hostile_files import CANARY, KINDS, put
from ledger import Ledger

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from synthetic_runs import build_run  # the line above leads there

from wannsearch.commands import evaluate, search
from wannsearch.evaluators import compiled
from wannsearch.reporting.plots import pictures

RUN = ["task=logic", "method.population_size=8", "held_out.sweep_weights=3", "display=off"]
PLACES = {
    "network json": ("stranger.json", ["network=stranger.json", "task=logic"]),
    "network out": ("stranger.out", ["network=stranger.out", "task=logic"]),
    "network any": ("stranger.npz", ["network=stranger.npz", "task=logic"]),
    "population": ("run/population.jsonl.gz", ["network=run/population.jsonl.gz", "task=logic"]),
    "recorded best": ("run/best/network.json", ["network=run", "task=logic"]),
    "config": ("run/.hydra/config.yaml", ["resume=run", "generations=4"]),
    "checkpoint": ("run/checkpoint/generation-000000003.state", ["resume=run", "generations=4"]),
    "status": ("run/status.json", ["resume=run", "generations=4"]),
    "history": ("run/history.csv", ["resume=run", "generations=4"]),
}
"""Where a file is put, and the command that reads it."""

TARGETS = """
os.system posix.system subprocess.Popen subprocess.run builtins.eval builtins.exec builtins.__import__
importlib.import_module runpy.run_path pickle.load pickle.loads numpy.load numpy.lib.npyio.load
torch.load shutil.rmtree pathlib.Path code.interact logging.os.system
wannsearch.core.kernels.compiling.os.system wannsearch.records.files.os.system
wannsearch.records.claim.shutil.rmtree wannsearch.commands.search.main wannsearch.search.run_search
wannsearch.commands.hydra.plugins.load_plugins wannsearch.commands.hydra.build.build
wannsearch.tasks.logic.np wannsearch.tasks.logic.np.load wannsearch.tasks.logic.replace
wannsearch.tasks.logic.LabelledTask wannsearch.methods.wann.Genomes wannsearch.methods.wann.ConfigError
wannsearch.core.tasks.lane_task.LaneTask wannsearch.evaluators.compiled.SimplifiedPopulation
hydra.utils.instantiate hydra.main omegaconf.OmegaConf plugin.nothing.Here ..os.system wannsearch..tasks
wannsearch.tasks.logic.Logic.__class__ wannsearch.tasks.logic.Logic.accuracy os __main__.main
wannsearch.tasks.logic:Logic
""".split()
TARGETS += ["", " "]
NAMES = [
    "../out",
    "../../out",
    "..",
    ".",
    "/tmp/wannsearch_out",
    "~/out",
    "a/../../out",
    "a/b",
    "a\\b",
    "a\nb",
    "a\tb",
    "a\x00b",
    "x" * 300,
    "-m",
    "--help",
    "$(touch canary)",
    "`touch canary`",
    "a;touch canary",
    "a|b",
    "a&b",
    "${seed}",
    "${oc.env:HOME}",
    "${hydra:runtime.cwd}",
    "%00",
    "..%2f",
    "\u202eout",
    "a\u2044b",
    "\uff0e\uff0e/out",
    "e\u0301",
    "CON",
    ".hidden",
    " ",
    "",
    "a b",
    "*",
    "?",
    "[a]",
    "{a,b}",
    "'a'",
    '"a"',
    "a=b",
    "a:b",
    "<a>",
    "#a",
    "!a",
    "@a",
    "a\r",
    "\x1b[2J",
    "None",
    "null",
]


def called(main: Callable[[list[str]], int], words: list[str]) -> tuple[int, str, float]:
    """Exit code, what it said as an error, and seconds of the processor: others may be busy here too."""
    said, begin = io.StringIO(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        code = main(words)
    return code, said.getvalue(), time.process_time() - begin


def listing(folder: Path) -> set[str]:
    """Everything below a folder."""
    return {str(path) for path in folder.rglob("*")}


class Proof:
    """Counts, and what went wrong."""

    def __init__(self, gate: bool) -> None:
        self.ledger = Ledger("hostile", kept=not gate, anew=True)
        self.every = 7 if gate else 1  # of the kinds and names that are tried

    def expect(self, sound: bool, what: str) -> None:
        """Note it unless it is so."""
        if not sound:
            self.ledger.fail(what[:300])

    def refused(self, code: int, said: str, seconds: float, what: str, allowed: tuple[int, ...]) -> None:
        """One line, no traceback, an allowed code, within a second, and no canary."""
        self.ledger.most("most seconds for a refusal", seconds)
        self.expect(code in allowed, f"{what}: code {code}, {said!r}")
        self.expect("Traceback" not in said and "our own mistake" not in said, f"{what}: {said!r}")
        self.expect(code == 0 or len(said.strip().splitlines()) == 1, f"{what}: {said!r}")
        self.expect(not Path(CANARY).exists(), f"{what}: it was executed")


def files(proof: Proof) -> None:
    """Every kind of file in every place."""
    assert search.main([*RUN, "generations=3", "hydra.run.dir=sound", "checkpoint.min_seconds=0"]) == 0
    count = ran = 0
    for number, (place, (path, arguments)) in enumerate(PLACES.items()):
        main = search.main if "resume=run" in arguments else evaluate.main
        begin = time.monotonic()
        for kind in KINDS[number % proof.every :: proof.every]:
            shutil.rmtree("run", ignore_errors=True)
            shutil.copytree("sound", "run")
            for old in Path().glob("stranger.*"):
                old.rmdir() if old.is_dir() and not old.is_symlink() else old.unlink()
            if place == "checkpoint":  # no older one to fall back to
                shutil.rmtree("run/checkpoint")
            put(Path(path), kind)
            code, said, seconds = called(
                main, [*arguments, *(["display=off"] if "resume=run" in arguments else [])]
            )
            proof.refused(
                code,
                said,
                min(seconds, 0.0) if code == 0 else seconds,
                f"{kind} as {place}",
                (0, 2, 65, 66, 74),
            )
            count, ran = count + 1, ran + (code == 0)
        print(f"{place}: {time.monotonic() - begin:.0f} s", flush=True)
    proof.ledger.counts["hostile files"] = count
    proof.ledger.counts["hostile files that were not believed, and the run went on"] = ran


def targets(proof: Proof) -> None:
    """Every name of a class in every group."""
    groups = ["task", "method", "evaluator", "trials"]
    for number, target in enumerate(TARGETS):
        group = groups[number % len(groups)]
        code, said, seconds = called(search.main, [*RUN, f"{group}._target_='{target}'", "generations=1"])
        proof.refused(code, said, seconds, f"{group}._target_={target!r}", (2,))
    proof.ledger.counts["hostile _target_s"] = len(TARGETS)


def names(proof: Proof) -> None:
    """Every name as a sweep's, and as a folder to go on with."""
    count = 0
    for name in NAMES[:: proof.every]:
        for arguments in (["-m", *RUN, "generations=1", f"sweep.name={name}"], [f"resume={name}"]):
            _, said, _ = called(search.main, arguments)
            proof.expect(
                "Traceback" not in said and "our own mistake" not in said, f"{arguments[-1]!r}: {said!r}"
            )
            proof.expect(not Path(CANARY).exists(), f"{arguments[-1]!r}: it was executed")
            count += 1
    proof.ledger.counts["hostile paths"] = count


def words(proof: Proof) -> None:
    """Words that would run or steer something, in everything that shows them."""
    told = payloads.PAYLOADS[:: proof.every]
    for what in payloads.wrong(build_run, Path("words"), told):
        proof.expect(False, what)
    proof.ledger.counts["words that would run or steer something"] = len(told)
    proof.expect(not Path(CANARY).exists(), "a word was executed")


def prove(gate: bool) -> int:
    """Run it all; the exit code."""
    proof = Proof(gate)
    compiled.probe_rate = lambda *_: "not probed"  # type: ignore[assignment]
    draw_all, pictures.draw_run = pictures.draw_run, lambda *_: {}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as name:
        outside, work = Path(name), Path(name) / "a/b/c/work"
        work.mkdir(parents=True)
        os.environ["HOME"] = str(outside / "home")
        os.environ["MPLCONFIGDIR"] = str(work / "matplotlib")  # a list of fonts, where HOME has none yet
        os.chdir(work)
        before = listing(outside) - listing(work)
        files(proof)
        targets(proof)
        names(proof)
        pictures.draw_run = draw_all
        words(proof)
        written = listing(outside) - listing(work) - before
        os.chdir("/")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    ledger = proof.ledger
    ledger.counts["files written outside"] = len(written)
    ledger.counts["most MB that memory grew"] = grown
    proof.expect(not written, f"written outside: {sorted(written)[:5]}")
    proof.expect(not Path("/tmp/wannsearch_out").exists(), "written to an absolute path")
    proof.expect(ledger.counts["most seconds for a refusal"] < 1, "a refusal took over a second")
    proof.expect(grown < 512, f"memory grew by {grown:.0f} MB")
    wanted: dict[str, float] = {"hostile _target_s": 40}
    wanted |= {"hostile files": 40 if gate else 300, "hostile paths": 10 if gate else 100}
    wanted["words that would run or steer something"] = 9 if gate else 60
    return ledger.close(wanted, "make proof-hostile")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", action="store_true", help="every seventh, and nothing is kept")
    sys.exit(prove(parser.parse_args().gate))
