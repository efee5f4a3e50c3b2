"""The rooms and what may pass between them, held by reading the imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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
HEAVY_ONLY_WHERE_USED = {"torch", "matplotlib", "gymnasium", "sklearn", "scipy"}
TORCH_AT_HOME = (PACKAGE / "evaluators" / "training", PACKAGE / "sparsity")
"""Rooms that nothing but a training loads."""
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
FORBIDDEN_NAMES = {"eval", "exec"}
FORBIDDEN_ATTRIBUTES = {"instantiate", "torch.load", "yaml.load", "yaml.full_load", "yaml.unsafe_load"}


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imported(tree: ast.AST) -> list[tuple[str, bool]]:
    """Dotted modules, and whether the import stands at the top of the file."""
    top = set(ast.iter_child_nodes(tree))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    allowed = MAY_IMPORT.get(room(path))
    if allowed is None:
        return  # commands may import everything
    for module, _ in imported(ast.parse(path.read_text(encoding="utf-8"))):
        if module.startswith("wannsearch."):
            assert module.split(".")[1] in allowed, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_methods_and_tasks_never_import_one_another(path: Path) -> None:
    if room(path) not in NOT_ONE_ANOTHER:
        return
    siblings = {other.stem for other in (PACKAGE / "conf").parent.glob(f"../conf/{room(path)[:-1]}/*.yaml")}
    for module, _ in imported(ast.parse(path.read_text(encoding="utf-8"))):
        parts = module.split(".")
        if parts[:2] == ["wannsearch", room(path)] and len(parts) > 2:
            assert parts[2] not in siblings - {path.stem}, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_are_imported_only_where_they_are_used(path: Path) -> None:
    for module, at_top in imported(ast.parse(path.read_text(encoding="utf-8"))):
        at_home = module.split(".")[0] == "torch" and any(home in path.parents for home in TORCH_AT_HOME)
        if module.split(".")[0] in HEAVY_ONLY_WHERE_USED and not at_home:
            assert not at_top, f"{path.name} imports {module} at its top"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_reads_code_out_of_data(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {module.split(".")[0] for module, _ in imported(tree)} & FORBIDDEN_MODULES
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        assert name not in FORBIDDEN_NAMES | FORBIDDEN_ATTRIBUTES, f"{path.name} calls {name}"
        assert name.split(".")[-1] != "instantiate", f"{path.name} calls {name}"
        for keyword in node.keywords:
            allows = keyword.arg in ("allow_pickle", "shell") and ast.unparse(keyword.value) == "True"
            assert not allows, f"{path.name} passes {keyword.arg}=True"


def test_every_module_opens_with_its_idea() -> None:
    assert not [
        path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]


def test_the_map_of_a_room_names_every_module_and_every_room_inside() -> None:
    """A newcomer finds a module by the line of its room's `__init__.py` that begins with its name."""
    missing = []
    for room_map in sorted(PACKAGE.rglob("__init__.py")):
        words = set(
            re.findall(r"\w+", ast.get_docstring(ast.parse(room_map.read_text(encoding="utf-8"))) or "")
        )
        modules = {path.stem for path in room_map.parent.glob("*.py")} - {"__init__"}
        rooms = {path.parent.name for path in room_map.parent.glob("*/__init__.py")}
        missing += [f"{room_map.relative_to(PACKAGE)}: {name}" for name in sorted((modules | rooms) - words)]
    assert not missing


def test_no_type_name_is_defined_twice() -> None:
    """An editor's search for a type finds one place; a leading underscore makes no other name."""
    places: dict[str, list[str]] = {}
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        for name in classes + [name for name in top_level_names(tree) if TYPE_NAME.fullmatch(name)]:
            places.setdefault(name.strip("_"), []).append(str(path.relative_to(PACKAGE)))
    assert not {name: where for name, where in places.items() if len(where) > 1}


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
    "GenomeSize.ONE",  # a value of N in NEAT's distance
}  # fmt: skip
"""Words of the list that a field uses for this very thing."""


def test_no_definition_has_a_name_that_says_nothing() -> None:
    """`max_`, `min_`, `num_`; a noun names a thing, a verb with an object names an action."""
    bad = []
    for path in [*MODULES, *BENCHMARKS]:
        for owner, name in definitions(ast.parse(path.read_text(encoding="utf-8"))):
            plain = name.strip("_").lower()
            if (plain in NO_NAMES or plain.startswith(NO_PREFIXES)) and f"{owner}.{name}" not in TERMS:
                bad.append(f"{path.name}: {owner}.{name}")
    assert not bad


def test_no_docstring_has_fewer_than_five_words() -> None:
    short = []
    for path in [*MODULES, *BENCHMARKS]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                text = ast.get_docstring(node)
                if text is not None and len(text.split()) < 5:
                    short.append(f"{path.name}: {node.name}: {text}")
    assert not short


@pytest.mark.parametrize("group", ["task", "method", "evaluator"])
def test_every_config_of_a_group_has_its_module_and_its_test(group: str) -> None:
    root = PACKAGE.parent
    for config in sorted((root / "conf" / group).glob("*.yaml")):
        assert (PACKAGE / f"{group}s" / f"{config.stem}.py").is_file(), config
        assert list((root / "tests" / f"{group}s").glob(f"test_{config.stem}*.py")), config


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_text_files_name_their_encoding(path: Path) -> None:
    """Python's default is the terminal's, and files are UTF-8 wherever they were written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        words = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        opens = name.endswith(("open", ".fdopen", "TemporaryFile", "read_text", "write_text"))
        own = name in (
            "read_text",
            "_read_text",
            "os.open",
            "gzip.open",
            "tarfile.open",
            "lzma.open",
            "bz2.open",
        )
        mode = words.get("mode", " ".join(ast.unparse(given) for given in node.args[:2]))
        flags = (words.get(flag) == "True" for flag in ("text", "universal_newlines"))
        text = any(flags) or (opens and not own and "b" not in mode)
        bare = not (name.endswith("TemporaryFile") and not node.args)  # binary by default
        assert not (text and bare and "encoding" not in words), f"{path.name}:{node.lineno} {name}"
