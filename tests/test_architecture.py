"""The rooms and what may pass between them, held by reading the imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "wannsearch"
MODULES = sorted(PACKAGE.rglob("*.py"))
BENCHMARKS = [path for room in ("bench", "hydra_plugins") for path in (PACKAGE.parent / room).glob("*.py")]

MAY_IMPORT = {
    "core": {"core"},
    "variation": {"core", "variation"},
    "ranking": {"core", "ranking"},
    "methods": {"core", "variation", "ranking", "methods"},
    "tasks": {"core", "tasks"},
    "parent_networks": {"core", "parent_networks"},
    "sparsity": {"core", "sparsity"},
    "evaluators": {"core", "evaluators", "sparsity"},
    "tuning": {"core", "tuning"},
    "formats": {"core", "formats"},
    "records": {"core", "formats", "records", "search"},
    "reporting": {"core", "formats", "records", "reporting"},
    "search": {"core"},
    "kinds": {"core", "formats", "records", "reporting", "search", "evaluators", "kinds"},
}
NOT_ONE_ANOTHER = {"methods", "tasks"}
BASE_TASKS = {"gymnasium"}
"""Tasks that stand for many environments, from which the task of a single one may derive."""
HEAVY_ONLY_WHERE_USED = {"torch", "matplotlib", "gymnasium", "envpool", "sklearn", "scipy"}
TORCH_AT_HOME = (PACKAGE / "evaluators" / "training", PACKAGE / "sparsity")
"""Rooms that nothing but a training loads."""
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
FORBIDDEN_NAMES = {"eval", "exec"}
FORBIDDEN_ATTRIBUTES = {"instantiate", "torch.load", "yaml.load", "yaml.full_load", "yaml.unsafe_load"}


@cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: ast.expr | None = None) -> str:
    """A module's path below the package, with the line where a finding has one."""
    name = str(path.relative_to(PACKAGE.parent))
    return f"{name}:{node.lineno}" if node else name


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


@cache
def imported(path: Path) -> list[tuple[str, bool]]:
    """Dotted modules, and whether the import stands at the top of the file."""
    tree = syntax_tree(path)
    top = set(ast.iter_child_nodes(tree))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path)} imports relatively; imports are absolute"
            found.append((node.module or "", node in top))
    return found


def top_level_names(tree: ast.Module) -> Iterator[str]:
    """The names that a module binds at its top."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def definitions(node: ast.AST, owner: str = "") -> Iterator[tuple[str, str]]:
    """Every name that is bound below this node, with the function or class that binds it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield owner, child.name
            yield from definitions(child, child.name)
            continue
        if isinstance(child, ast.arg):
            yield owner, child.arg
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield owner, child.id
        elif isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Store):
            yield owner, child.attr
        yield from definitions(child, owner)


def test_imports_go_one_way() -> None:
    """Commands may import everything, and so may what has no line in the table."""
    against = [
        f"{place(path)} imports {module}"
        for path in MODULES
        if (allowed := MAY_IMPORT.get(room(path))) is not None
        for module, _ in imported(path)
        if module.startswith("wannsearch.") and module.split(".")[1] not in allowed
    ]
    assert not against, "\n".join(against)


def test_methods_and_tasks_never_import_one_another() -> None:
    between = []
    for path in (path for path in MODULES if room(path) in NOT_ONE_ANOTHER):
        siblings = {other.stem for other in (PACKAGE.parent / "conf" / room(path)[:-1]).glob("*.yaml")}
        assert siblings, f"conf/{room(path)[:-1]} has no config"
        for module, _ in imported(path):
            parts = module.split(".")
            others = siblings - {path.stem} - BASE_TASKS
            if parts[:2] == ["wannsearch", room(path)] and set(parts[2:3]) & others:
                between.append(f"{place(path)} imports {module}")
    assert not between, "\n".join(between)


def test_heavy_libraries_are_imported_only_where_they_are_used() -> None:
    heavy = []
    for path in MODULES:
        for module, at_top in imported(path):
            library = module.split(".")[0]
            at_home = library == "torch" and any(home in path.parents for home in TORCH_AT_HOME)
            if library in HEAVY_ONLY_WHERE_USED and at_top and not at_home:
                heavy.append(f"{place(path)} imports {module} at its top")
    assert not heavy, "\n".join(heavy)


def test_nothing_reads_code_out_of_data() -> None:
    unsafe = []
    for path in MODULES:
        libraries = {module.split(".")[0] for module, _ in imported(path)} & FORBIDDEN_MODULES
        unsafe += [f"{place(path)} imports {library}" for library in sorted(libraries)]
        for node in ast.walk(syntax_tree(path)):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name in FORBIDDEN_NAMES | FORBIDDEN_ATTRIBUTES or name.split(".")[-1] == "instantiate":
                unsafe.append(f"{place(path, node)} calls {name}")
            for keyword in node.keywords:
                if keyword.arg in ("allow_pickle", "shell") and ast.unparse(keyword.value) == "True":
                    unsafe.append(f"{place(path, node)} passes {keyword.arg}=True")
    assert not unsafe, "\n".join(unsafe)


def test_every_module_opens_with_its_idea() -> None:
    silent = [place(path) for path in MODULES if not ast.get_docstring(syntax_tree(path))]
    assert not silent, "\n".join(silent)


def test_the_map_of_a_room_names_every_module_and_every_room_inside() -> None:
    """A newcomer finds a module by the line of its room's `__init__.py` that begins with its name."""
    missing = []
    for room_map in sorted(PACKAGE.rglob("__init__.py")):
        words = set(re.findall(r"\w+", ast.get_docstring(syntax_tree(room_map)) or ""))
        modules = {path.stem for path in room_map.parent.glob("*.py")} - {"__init__"}
        rooms = {path.parent.name for path in room_map.parent.glob("*/__init__.py")}
        missing += [f"{room_map.relative_to(PACKAGE)}: {name}" for name in sorted((modules | rooms) - words)]
    assert not missing, "\n".join(missing)


def test_no_type_name_is_defined_twice() -> None:
    """An editor's search for a type finds one place; a leading underscore makes no other name."""
    places: dict[str, list[str]] = {}
    for path in MODULES:
        tree = syntax_tree(path)
        classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        for name in classes + [name for name in top_level_names(tree) if TYPE_NAME.fullmatch(name)]:
            places.setdefault(name.strip("_"), []).append(str(path.relative_to(PACKAGE)))
    twice = [f"{name}: {', '.join(where)}" for name, where in places.items() if len(where) > 1]
    assert not twice, "\n".join(twice)


TYPE_NAME = re.compile(r"_?[A-Z][a-z0-9]+([A-Z][A-Za-z0-9]*)?")
NO_NAMES = set(
    """
    again alone asked at begun both chosen each everybody everyone few fewest found given gone heard here
    hers his into its kept known laid least less lived made many mine more most needed nobody noted nothing
    now once one ours paid played rest said same seen shown somebody something sound such taken theirs
    them then there these they those together told too wanted what which who whom whose written yet
    yours
    """.split()
)
"""Pronouns, adverbs, persons and participles without a noun: they name no thing and no action."""
NO_PREFIXES = ("most_", "least_", "fewest_", "so_many_")
TERMS = {
    "ArmRole.FOUND", "SparsityResult.found",  # the arm of found networks, beside RANDOM and DENSE
    "Ties.FEWEST_CONNECTIONS",  # a value of lexicase's last criterion
    "GenomeSize.ONE",  # a value of N in NEAT's distance
}  # fmt: skip
"""Words of the list that a field uses for this very thing."""


def test_no_definition_has_a_name_that_says_nothing() -> None:
    """`max_`, `min_`, `num_`; a noun names a thing, a verb with an object names an action."""
    bad = []
    for path in [*MODULES, *BENCHMARKS]:
        for owner, name in definitions(syntax_tree(path)):
            plain = name.strip("_").lower()
            if (plain in NO_NAMES or plain.startswith(NO_PREFIXES)) and f"{owner}.{name}" not in TERMS:
                bad.append(f"{path.name}: {owner}.{name}")
    assert not bad, "\n".join(bad)


def test_no_docstring_has_fewer_than_five_words() -> None:
    short = []
    for path in [*MODULES, *BENCHMARKS]:
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                text = ast.get_docstring(node)
                if text is not None and len(text.split()) < 5:
                    short.append(f"{path.name}: {node.name}: {text}")
    assert not short, "\n".join(short)


@pytest.mark.parametrize("group", ["task", "method", "evaluator"])
def test_every_config_of_a_group_has_its_module_and_its_test(group: str) -> None:
    root = PACKAGE.parent
    alone = []
    for config in sorted((root / "conf" / group).glob("*.yaml")):
        if "_target_:" not in config.read_text(encoding="utf-8"):
            continue  # it names no class of its own
        if not (PACKAGE / f"{group}s" / f"{config.stem}.py").is_file():
            alone.append(f"{config} has no module")
        if not list((root / "tests" / f"{group}s").glob(f"test_{config.stem}*.py")):
            alone.append(f"{config} has no test")
    assert not alone, "\n".join(alone)


def test_text_files_name_their_encoding() -> None:
    """Python's default is the terminal's, and files are UTF-8 wherever they were written."""
    calls = [
        f"{place(path, node)} {ast.unparse(node.func)}"
        for path in MODULES
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.Call) and opens_text_without_encoding(node)
    ]
    assert not calls, "\n".join(calls)


def opens_text_without_encoding(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    words = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    opens = name.endswith(("open", ".fdopen", "TemporaryFile", "read_text", "write_text"))
    own = name in ("read_text", "_read_text", "os.open", "gzip.open", "tarfile.open", "lzma.open", "bz2.open")
    mode = words.get("mode", " ".join(ast.unparse(given) for given in call.args[:2]))
    flags = (words.get(flag) == "True" for flag in ("text", "universal_newlines"))
    text = any(flags) or (opens and not own and "b" not in mode)
    bare = not (name.endswith("TemporaryFile") and not call.args)  # binary by default
    return text and bare and "encoding" not in words


KIND_CLASSES = {"Population", "Subnetworks", "Genomes", "TopologyKind", "SubnetworkKind"}
KIND_BLIND_ROOMS = {"commands", "records", "reporting", "search", "ranking"}


def find_kind_branches(tree: ast.AST) -> Iterator[str]:
    """The conditions that ask which kind of candidates something is: by class, or by the kind's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
            names = {part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name)}
            if names & KIND_CLASSES:
                yield ast.unparse(node)
        elif isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
            names = {part.id for part in parts if isinstance(part, ast.Name)}
            attributes = {part.attr for part in parts if isinstance(part, ast.Attribute)}
            owners = {ast.unparse(part.value) for part in parts if isinstance(part, ast.Attribute)}
            asks_name = bool(attributes & {"kind"}) or any(owner.endswith("kind") for owner in owners)
            if names & KIND_CLASSES or asks_name:
                yield ast.unparse(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.Match) and any(name in ast.unparse(node) for name in KIND_CLASSES):
            yield ast.unparse(node)


def test_no_room_asks_which_kind_the_candidates_are() -> None:
    core = (PACKAGE / "core").glob("*.py")
    paths = [*core, *(path for path in MODULES if room(path) in KIND_BLIND_ROOMS)]
    assert not [
        f"{path.relative_to(PACKAGE)}: {branch}"
        for path in paths
        for branch in find_kind_branches(syntax_tree(path))
    ]
    # Commands reach a kind through `find_kind` alone.
    kind_modules = {"wannsearch.kinds.topology", "wannsearch.kinds.subnetwork"}
    assert not [
        path.name
        for path in MODULES
        if room(path) != "kinds"
        for module, _ in imported(path)
        if module in kind_modules
    ]


@pytest.mark.parametrize(
    "branch",
    [
        "isinstance(x, Population)", "isinstance(x, (int, Subnetworks))", "type(x) is Population",
        "x.kind == 'y'", "kind.name != 'topologies'",
    ],
)  # fmt: skip
def test_a_branch_on_a_kind_is_seen(branch: str) -> None:
    assert list(find_kind_branches(ast.parse(f"if {branch}:\n    pass")))


def test_no_test_reads_a_clock_or_waits_less_than_a_minute() -> None:
    """A busy machine fails no test: bounds on seconds stand in `proofs/` and `bench/`."""
    clocks = re.compile(r"(time\.)?(time|monotonic|perf_counter|process_time|thread_time)(_ns)?")
    bad = []
    for path in sorted((PACKAGE.parent / "tests").rglob("test_*.py")):
        for node in ast.walk(syntax_tree(path)):
            if not isinstance(node, ast.Call):
                continue
            if clocks.fullmatch(ast.unparse(node.func)):
                bad.append(f"{place(path, node)} reads a clock")
            bad += [
                f"{place(path, node)} waits {keyword.value.value} s"
                for keyword in node.keywords
                if keyword.arg == "timeout"
                and isinstance(keyword.value, ast.Constant)
                and isinstance(keyword.value.value, int | float)
                and keyword.value.value < 60
            ]
    assert not bad, "\n".join(bad)
