"""The rooms and what may pass between them, held by reading the imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "wannsearch"
MODULES = sorted(PACKAGE.rglob("*.py"))

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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_file_holds_one_idea_of_at_most_300_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text)), "a module opens with its idea"


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
        own = name in ("read_text", "os.open", "gzip.open", "tarfile.open", "lzma.open", "bz2.open")
        mode = words.get("mode", " ".join(ast.unparse(given) for given in node.args[:2]))
        flags = (words.get(flag) == "True" for flag in ("text", "universal_newlines"))
        text = any(flags) or (opens and not own and "b" not in mode)
        bare = not (name.endswith("TemporaryFile") and not node.args)  # binary by default
        assert not (text and bare and "encoding" not in words), f"{path.name}:{node.lineno} {name}"
