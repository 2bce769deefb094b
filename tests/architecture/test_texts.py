"""What is committed reads well anywhere: no paths of one machine, and the page on how a text travels is true."""

import ast
import re
from pathlib import Path

import grimp
import pytest
from django.conf import settings

from quadline.carriers.registry import CARRIERS
from tests.architecture.source import ROOT, files, ours, text, tree

# Written in two parts, so that this file passes its own test.
MACHINE_PATHS = re.compile(r"(?<![\w.:-])/(wo" + r"rk|ro" + r"ot|home/\w+|Users/\w+)/")
IN_UTF_16 = {"utf-16.csv"}  # a roster as a spreadsheet wrote it
BINARY = {".bin", ".eml", ".png", ".jpg", ".ico", ".woff2", ".gz", ".br", ".lock"}
TRAVELS = Path("docs/how-a-text-travels.md")
EIGHT = [
    "quadline/web/compose.py",
    "quadline/delivery/outbox.py",
    "quadline/consent/rules.py",
    "quadline/delivery/sender.py",
    "quadline/carriers/twilio.py",
    "quadline/webhooks/views.py",
    "quadline/delivery/receipts.py",
    "quadline/delivery/inbound.py",
]
ITEM = re.compile(r"^\d+\. +\[?`([\w./-]+\.py)`.*", re.MULTILINE)


def test_no_text_names_a_path_of_somebodys_machine() -> None:
    found = []
    for path in files():
        if path.suffix in BINARY or path.name in IN_UTF_16 or "vendor" in path.parts:
            continue
        found += [f"{path}: {line.strip()[:120]}" for line in text(path).splitlines() if MACHINE_PATHS.search(line)]
    assert found == []


def steps() -> list[re.Match[str]]:
    return list(ITEM.finditer(text(TRAVELS)))


def test_a_text_travels_through_exactly_these_eight_files() -> None:
    named = [step[1] for step in steps()]

    assert [name if name.startswith("quadline/") else f"quadline/{name}" for name in named] == EIGHT
    assert set(map(Path, EIGHT)) <= set(files())


def test_the_functions_it_tells_to_read_are_there() -> None:
    absent = []
    for path, step in zip(map(Path, EIGHT), steps(), strict=True):
        told = re.search(r": read (`\w+`(?:(?:,| and|, and) `\w+`)*)", step[0])
        defined = {node.name for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert told, f"{path}: the page does not say what to read"
        absent += [f"{path}: {name}" for name in re.findall(r"`(\w+)`", told[1]) if name not in defined]
    assert absent == []


def module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def test_each_file_leads_to_the_next() -> None:
    """By imports; to the carrier by its name in the registry, and back from it by the address it is told to call."""
    graph = grimp.build_graph("quadline", cache_dir=None)
    compose, outbox, rules, sender, twilio, views, receipts, inbound = map(module, EIGHT)
    leads = [(compose, outbox), (outbox, rules), (outbox, sender), (sender, "quadline.carriers.registry")]
    leads += [(views, receipts), (views, inbound)]

    assert [pair for pair in leads if not graph.find_shortest_chain(importer=pair[0], imported=pair[1])] == []
    assert any(target.startswith(f"{twilio}.") for target in CARRIERS.values())


@pytest.mark.parametrize("kind", ["inbound", "status", "voice", "events"])
def test_the_addresses_the_carrier_is_told_to_call_are_the_doors_that_are_open(kind: str) -> None:
    from quadline.carriers import registry
    from quadline.webhooks.views import application

    told = registry.current()._address(kind)  # type: ignore[attr-defined]  # Twilio's own
    doors = {getattr(route, "path", "") for route in application().routes}

    assert told == f"{settings.PUBLIC_URL}/webhooks/twilio/{kind}"
    assert f"/{{carrier}}/{kind}" in doors


def test_every_link_between_pages_of_the_docs_leads_somewhere() -> None:
    broken = []
    for path in ours(".md"):
        targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text(path))
        broken += [f"{path}: {target}" for target in targets if not (ROOT / path.parent / target).exists()]
    assert broken == []
