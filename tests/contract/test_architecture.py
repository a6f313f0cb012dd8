"""The picture of docs/architecture.md is what the code does, and its table names what is there."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.contract.pages import ROOT
from tests.support.calls import called, imported, knows, names

PAGE = (ROOT / "docs" / "architecture.md").read_text()
NODE = re.compile(r'^ +(\w+)\["<b>(\d+) ([\w/]+\.py)</b><br/>([\w., ]+)<br/>[^"<]+"\]$', re.MULTILINE)
EDGE = re.compile(r"^ +(\w+) (-->|-\.->)\|([\w, ]+)\| (\w+)$", re.MULTILINE)
SPAN = re.compile(r"`([^`]+)`")
MOST_FILES = 12
FIRST, LAST = "kafka/seams/fast/fetching.py", "kafka/transactions/producer.py"
QUESTIONS = ("A rebalance loses state", "A new rejection code", "A decision's JSON", "A commit failed")


class Step(NamedTuple):
    """A box of the picture."""

    number: int
    file: Path
    functions: list[str]


def steps(page: str) -> dict[str, Step]:
    return {
        name: Step(int(number), ROOT / "worker" / file, functions.split(", "))
        for name, number, file, functions in NODE.findall(page)
    }


def faults(page: str) -> list[str]:
    """What the picture says and the code does not."""
    boxes, arrows = steps(page), EDGE.findall(page)
    for name, step in boxes.items():
        if not step.file.is_file():
            return [f"{name}: no {step.file.relative_to(ROOT)}"]
    found = [
        f"{name}: {step.file.name} has no {function}"
        for name, step in boxes.items()
        for function in step.functions
        if function not in names(step.file)
    ]
    for source, kind, label, target in arrows:
        caller, callee = boxes[source], boxes[target]
        if kind == "-.->":
            if not all(label in imported(step.file) for step in (caller, callee)):
                found.append(f"{source} and {target} do not both know {label}")
            continue
        calls = {name for function in caller.functions for name in called(caller.file, function)}
        for function in label.split(", "):
            if function not in calls:
                found.append(f"{source} does not call {function}")
            if function not in {each.rpartition(".")[2] for each in callee.functions}:
                found.append(f"{target} is not {function}")
            if not knows(caller.file, callee.file, function):
                found.append(f"{source} imports nothing of {target}")
    return found


def test_the_picture_is_what_the_code_does() -> None:
    assert faults(PAGE) == []


def test_a_way_has_few_files_and_every_step_has_one_before_it() -> None:
    boxes = steps(PAGE)
    assert PAGE.count("<b>") == len(boxes) <= MOST_FILES
    assert [step.number for step in boxes.values()] == list(range(1, len(boxes) + 1))
    files = [str(step.file.relative_to(ROOT / "worker")) for step in boxes.values()]
    assert len(set(files)) == len(files)
    assert (files[0], files[-1]) == (FIRST, LAST)
    arrows = EDGE.findall(PAGE)
    assert [target for *_, target in arrows] == list(boxes)[1:]
    assert all(boxes[source].number < boxes[target].number for source, *_, target in arrows)


@pytest.mark.parametrize(
    ("said", "false"),
    [
        ("partition -->|step| state", "member -->|step| state"),
        ("|step_raw|", "|process|"),
        ("Partition.process<br/>", "Partition.handle<br/>"),
        ("wire/writer.py", "wire/scribe.py"),
        ("partition -->|deliver| sink", "encoder -->|deliver| sink"),
        ("decode -.->|RawRecords|", "decode -.->|TransactionalSink|"),
    ],
)
def test_a_false_picture_is_found(said: str, false: str) -> None:
    assert PAGE.count(said) == 1
    assert faults(PAGE.replace(said, false)) != []


def rows() -> list[tuple[str, str]]:
    """Question and what to open, of each row of the table."""
    table = PAGE.partition("| question |")[2].partition("\n\n")[0]
    cells = [line.strip("|").split("|", 1) for line in table.splitlines()[2:]]
    return [(question.strip(), where) for question, where in cells]


def test_the_table_answers_what_newcomers_ask() -> None:
    assert {question for question, _ in rows()} >= set(QUESTIONS)


@pytest.mark.parametrize(("question", "where"), rows())
def test_what_the_table_names_is_there(question: str, where: str) -> None:
    spans = SPAN.findall(where)
    paths = [span for span in spans if "/" in span]
    assert paths, question
    for path in paths:
        assert place(path).exists(), path
    for path, name in pairwise(spans):
        if "/" in path and "/" not in name:
            assert name in names(place(path)), f"{path} has no {name}"


def place(path: str) -> Path:
    """A path of the table: below worker/, or from the root."""
    return ROOT / path if path.startswith("schemas/") else ROOT / "worker" / path
