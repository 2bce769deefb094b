"""The measures of style count what they say they count."""

from pathlib import Path

from scripts import measure_style


def only_function(source: str) -> measure_style.Function:
    [function] = measure_style.functions_of(source)
    return function


def package(folder: Path, **modules: str) -> Path:
    folder = folder / "quadline"
    for name, source in modules.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder


def test_density_counts_nodes_without_operators_and_contexts() -> None:
    function = only_function("def double(number):\n    return number * 2\n")
    kinds = ["FunctionDef", "arguments", "arg", "Return", "BinOp", "Name", "Constant"]
    assert measure_style.density(function) == len(kinds) / 2


def test_a_function_is_as_long_as_its_lines_without_decorators() -> None:
    source = (
        "@cache\n@job(\n    queue='texts',\n)\ndef act():\n    first()\n\n   "
        " second()\n"
    )
    assert measure_style.length(only_function(source)) == 4


def test_a_comment_is_no_string_that_has_a_hash() -> None:
    source = 'COLOR = "#fff"  # as printed\n# twice\nWORDS = """\n# not one\n"""\n'
    assert measure_style.comments_in(source) == 2


def test_a_cycle_of_imports_is_found_through_other_modules(tmp_path: Path) -> None:
    found = package(
        tmp_path,
        first="from quadline.rooms import second",
        rooms__second="import quadline.third",
        third="from quadline.first import act",
        apart="from quadline.first import act",
    )
    cycle = {"quadline.first", "quadline.rooms.second", "quadline.third"}
    assert measure_style.import_cycles(found) == [cycle]


def test_what_is_imported_late_or_for_types_closes_no_cycle(tmp_path: Path) -> None:
    late = "def act():\n    from quadline.second import other\n"
    for_types = "if TYPE_CHECKING:\n    from quadline.second import other\n"
    for first in (late, for_types):
        found = package(tmp_path, first=first, second="from quadline.first import act")
        assert measure_style.import_cycles(found) == []


def test_an_import_that_is_tried_closes_a_cycle(tmp_path: Path) -> None:
    tried = (
        "try:\n    from quadline.second import other\nexcept ImportError:\n    other ="
        " None\n"
    )
    found = package(tmp_path, first=tried, second="from quadline.first import act")
    assert measure_style.import_cycles(found) == [{"quadline.first", "quadline.second"}]


def test_tests_and_migrations_are_not_counted(tmp_path: Path) -> None:
    found = package(
        tmp_path, act="", room__tests__test_act="", room__migrations__0001=""
    )
    assert measure_style.counted_files(found) == [found / "act.py"]


def test_a_figure_that_is_worse_than_what_is_held_is_named() -> None:
    held = measure_style.Figure("comments", 3.0, most=6, to_reach="4 to 6", least=3.2)
    assert not held.is_held
