"""What the pages name is there: tables, commands, settings, files, links, names."""

import ast
import importlib
import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.db import connection
from pydantic_core import PydanticUndefined

from quadline import cli
from quadline.api.problems import SENTENCES
from quadline.carriers.protocol import Carrier, Failure, Remedy
from quadline.config.environment import Environment
from quadline.config.schedule import QUEUES
from quadline.conversations.rules import Status, WaitingFor
from quadline.simulator.faults import FaultKind
from quadline.simulator.knobs import Knobs
from scripts import write_pages
from tests.architecture.pages import HISTORY, QUOTED, anchors, links, pages, quoted
from tests.architecture.source import HOUSE, ROOT, files, ours, text

README, CONFIGURATION = Path("README.md"), Path("docs/configuration.md")
GLOSSARY = Path("GLOSSARY.md")
COMMAND = re.compile(r"\bquadline ([a-z][a-z_]+)\b")
SETTING = re.compile(r"^\| `([A-Z_]+)` \| [^|]+ \| ([^|]+) \|", re.MULTILINE)
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:py|md|toml|html|css|js|json|txt|csv|cnf)")
# Files that a college has, or that are made where Quadline runs.
NOT_OURS = {"students.csv", "caseload.csv", "students-faults.csv", "main.cf"}
LATER_REFUSALS = {"409", "429"}  # each says in its own words why
# What the screens put together from parts, and the word "bold" itself.
NOT_LITERAL = {"Cancel this text", "Send 38 texts and 4 emails", "bold"}
MADE = {"bench/results/latest.json"}
MULTI = re.MULTILINE | re.DOTALL
DOTTED = re.compile(r"[A-Za-z_]+(?:\.\w+)+")
OWN = {"demo", "run", "prepare", "web", "worker", "simulator", "version"}


def targets() -> dict[str, str]:
    """The targets of make that say what they do."""
    return dict(
        re.findall(
            r"^([a-z-]+):[^#\n]*##\s*(.+)$", text(Path("Makefile")), re.MULTILINE
        )
    )


def commands() -> set[str]:
    """The commands of ours: those of cli.py, and those of Django that our rooms add."""
    added = {
        name for name, app in get_commands().items() if app.startswith("quadline.")
    }
    return set(cli.OWN) | added


@pytest.mark.parametrize("path", [*write_pages.PAGES, write_pages.EXAMPLE])
def test_no_table_is_stale(path: str) -> None:
    assert (ROOT / path).read_text() == dict(write_pages.written())[path], (
        "run: make pages"
    )


def test_a_page_without_a_place_for_its_table_is_a_fault() -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        write_pages.replaced("# A page", "floors", ["| Floor |"])


def test_a_stale_table_is_seen_and_what_stands_around_it_stays() -> None:
    page = (
        "before\n<!-- table: floors (make pages) -->\n| old |\n<!-- end of table"
        " -->\nafter"
    )
    assert write_pages.replaced(page, "floors", ["| new |"]) == page.replace(
        "old", "new"
    )


def test_the_readme_names_every_command_and_no_other() -> None:
    named = set(COMMAND.findall("\n".join(quoted(README))))
    assert commands() >= OWN
    assert commands() <= named
    assert named <= commands() | set(get_commands())


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_command_and_target_that_a_page_names_is_there(page: Path) -> None:
    said = "\n".join(
        [
            *quoted(page),
            *re.findall(r"^```sh\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL),
        ]
    )
    django = set(get_commands())
    assert {
        name for name in COMMAND.findall(said) if name not in commands() | django
    } == set()
    assert set(re.findall(r"\bmake ([a-z][a-z-]+)", said)) - set(targets()) == set()


def test_the_readme_names_every_target_of_make() -> None:
    assert set(targets()) - {"clean"} <= set(
        re.findall(r"\bmake ([a-z-]+)", text(README))
    )


def test_every_setting_is_on_its_page_once_with_its_default() -> None:
    written = SETTING.findall(text(CONFIGURATION))
    named = sorted(name.lower() for name, _ in written)
    assert named == sorted(Environment.model_fields)
    wrong = {name: default for name, default in written if default != default_of(name)}
    assert wrong == {}


def default_of(name: str) -> str:
    """As the page writes it."""
    setting = Environment.model_fields[name.lower()]
    if setting.default is PydanticUndefined:
        return "**must be set**"
    return f"`{setting.default}`" if str(setting.default) else "empty"


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = {word for word in quoted(page) if FILE.fullmatch(word)} - NOT_OURS - MADE
    assert {name for name in named if not is_there(name, page)} == set()


def is_there(name: str, page: Path) -> bool:
    """By its path from the root, the package or the page; or one with this end."""
    beginnings = (ROOT, HOUSE, ROOT / page.parent)
    if any((beginning / name).is_file() for beginning in beginnings):
        return True
    return any(str(path).endswith(f"/{name}") for path in files())


@pytest.mark.parametrize(
    "page", [path for path in files() if path.suffix == ".md"], ids=str
)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [
        f"{path}#{heading}" for path, heading in links(page) if not leads(path, heading)
    ]
    assert broken == []


def leads(path: Path, heading: str) -> bool:
    if not path.exists():
        return False
    return not heading or heading in anchors(path.relative_to(ROOT))


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    rows = re.findall(r"^\| .+ \| ([^|]+) \|$", text(GLOSSARY), re.MULTILINE)
    named = {name for cell in rows for name in re.findall(r"`([\w.]+)`", cell)}
    dotted = {
        name for name in named if DOTTED.fullmatch(name) and not FILE.fullmatch(name)
    }
    assert len(dotted) > 20
    assert {name for name in dotted if not is_in_the_code(name)} == set()


def is_in_the_code(name: str) -> bool:
    """`room.Model`, `room.module.Name`, or `Class.name` of some model or rule."""
    parts = name.split(".")
    if parts[0][0].isupper():
        member = re.compile(rf"^class {parts[0]}\b.*?^    {parts[1]}\b", MULTI)
        return any(member.search(source) for source in sources())
    for end in range(len(parts) - 1, 0, -1):
        module = ".".join(["quadline", *parts[:end]])
        if has(module, parts[end:]) or has(f"{module}.models", parts[end:]):
            return True
    return False


def sources() -> list[str]:
    return [
        text(path)
        for path in files()
        if path.suffix == ".py" and path.parts[0] == "quadline"
    ]


def has(module: str, names: list[str]) -> bool:
    try:
        found: object = importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    for name in names:
        fields = getattr(found, "__annotations__", {})
        if not hasattr(found, name) and name not in fields:
            return False
        found = getattr(found, name, None)
    return True


def test_the_page_of_the_api_names_every_refusal_status_and_reason() -> None:
    page = text(Path("docs/api.md"))
    refused = set(re.findall(r"^\| (\d{3}) \|", page, re.MULTILINE))
    assert refused == {*map(str, SENTENCES), *LATER_REFUSALS}
    words = {f"`{word}`" for kind in (Status, WaitingFor) for word in kind}
    assert {word for word in words if word not in page} == set()


def test_the_page_of_carriers_names_every_method_and_failure() -> None:
    page = text(Path("docs/adding-a-carrier.md"))
    methods = {name for name in vars(Carrier) if not name.startswith("_")}
    names = {
        *methods,
        *(each.name for each in Failure),
        *(each.value for each in Remedy),
    }
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_page_of_operating_names_every_queue() -> None:
    said = "\n".join(quoted(Path("docs/operating.md")))
    assert {name for name in QUEUES if name not in said.splitlines()} == set()


def test_what_the_guide_has_in_bold_is_on_a_screen() -> None:
    screens = "\n".join(
        text(path) for path in ours(".html", ".py", ".js", under="quadline/web")
    )
    bold = re.findall(r"\*\*([^*\n]+)\*\*", text(Path("docs/guide.md")))
    words = {word for phrase in bold for word in phrase.split(" › ")}
    # others begin a paragraph
    labels = {word for word in words if word[-1] not in ".?:"}
    assert len(labels) > 30
    assert {label for label in labels if label not in screens} == NOT_LITERAL


def test_what_is_worth_an_alarm_is_logged() -> None:
    page = text(Path("docs/operating.md"))
    [sentence] = re.findall(r"Lines worth an alarm: (.*?)\. ", page)
    lines = QUOTED.findall(sentence)
    code = "\n".join(sources())
    assert len(lines) > 5
    assert [line for line in lines if f'"{line}"' not in code] == []


@pytest.mark.django_db
@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_query_of_a_page_can_be_asked(page: Path) -> None:
    blocks = re.findall(r"^```sql\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)
    queries = [
        query for block in blocks for query in block.split(";") if "SELECT" in query
    ]
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(query)
            assert cursor.fetchall() == [(0,)], "in an empty house nothing is overdue"


def test_the_page_of_the_simulator_names_every_fault_setting_and_option() -> None:
    page = text(Path("docs/simulator.md"))
    first_cells = "\n".join(re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE))
    named = set(QUOTED.findall(first_cells))
    parser = ast.parse(text(Path("quadline/simulator/options.py")))
    options = {
        str(call.args[0].value)
        for call in ast.walk(parser)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if call.func.attr == "add_argument" and isinstance(call.args[0], ast.Constant)
    }
    there = {*FaultKind, *(knob.name for knob in fields(Knobs))}
    assert {name for name in there if name not in named} == set()
    assert {option for option in options if option not in first_cells} == set()


def test_each_named_case_of_reliability_is_a_test() -> None:
    case = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+){3,}")
    named = {
        word for word in quoted(Path("docs/reliability.md")) if case.fullmatch(word)
    }
    tests = "\n".join(text(path) for path in ours(".py", under="tests"))
    tests += "\n".join(text(path) for path in ours(".py", under="quadline"))
    assert len(named) > 5
    # a case, or a step of the model
    steps = set(re.findall(r"def (?:test_)?(\w+)\(", tests))
    counters = {name for name in named if name.startswith("quadline_")}
    assert named - counters - steps == set()


def test_no_page_of_today_is_taken_for_history() -> None:
    assert {README, GLOSSARY, CONFIGURATION, Path("ARCHITECTURE.md")} <= set(pages())
    assert not [page for page in pages() if page.is_relative_to(HISTORY)]
