"""Every option of every command, found by reading the parsers, is tried with values that people give."""

import importlib
import importlib.util
import os
import sys
from argparse import ArgumentParser
from functools import cache
from pathlib import Path

import pytest
from processes import ROOT

from cobra import cli
from cobra.machine import options, script

BAD = ("-1", "x", "", "nan", "inf", "1e999999999", "9" * 30, "9" * 5000, "1.5.2", "gpu", "mps", "cuda:x")
BAD_PATHS = ("", "a" * 300, "a/" * 3000, "pipe", "/dev/zero")
NOT_BELOW = {"--seed", "--eps"}  # of which 0 is a value
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
MODULES = [f"workflow.commands.{name}" for name in ("bundle", "partial_tables", "report", "schema", "why")]
MODULES += [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "benchmarks").glob("*.py"))
    + sorted((ROOT / "benchmarks/studies").glob("*.py"))
    if path.stem not in ("__init__", "quarter_hour")  # which begins where pydantic is not installed
]
PATHS = ("", "a" * 300, "a/" * 3000, "pipe", "/dev/zero")
NOT_BELOW = {"--seed", "--eps"}  # of which 0 is a value
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
MODULES = [f"workflow.commands.{name}" for name in ("bundle", "partial_tables", "report", "schema", "why")]
MODULES += [
    f"benchmarks.{name}"
    for name in (
        "attack_step", "device_correctness", "footprint", "memory", "planning", "preparation", "roofline",
        "scoring", "training_step", "studies.attack_bf16", "studies.attack_budgets",
        "studies.early_stopping",
        "studies.interval_coverage",
    )
]  # fmt: skip
PATHS = (options.path, options.output, options.folder)
# What is no number, no device and no path: names, patterns of paths, JSON. A new option belongs either here
# or to a type that refuses what it cannot use.
TEXTS = {"--settings", "--policy", "--scores", "--gates", "--logs", "--data-logs", "--data", "--detectors"}
TEXTS |= {"--files", "name", "targets"}
FOREIGN = ("", "[1", '{"a": 1}', "caf\udce9 {x}", "/dev/zero", "pipe")  # texts that no option is meant for


class ReadError(Exception):
    """Carries the parser of a program out of it."""


def parser_of(main, *arguments):
    """The parser with which a program reads its arguments."""

    def caught(self, *_):
        raise ReadError(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["program", *arguments])
        patch.setattr(ArgumentParser, "parse_args", caught)
        with pytest.raises(ReadError) as read:
            main()
    return read.value.args[0]


def module_of(path):
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def programs():
    """By name its function, the words before the options, the parser to ask, and that which declares them."""
    found = {}
    for name in cli.COMMANDS:
        whole = parser_of(cli._main, name)
        commands = next(action.choices for action in whole._actions if isinstance(action.choices, dict))
        found[f"cobra {name}"] = (cli._main, [name], whole, commands[name])
    modules = {path.name: module_of(path) for path in SCRIPTS}
    for name, module in [*modules.items(), *((name, importlib.import_module(name)) for name in MODULES)]:
        its = parser_of(module.main)
        found[name] = (module.main, [], its, its)
    return found


def named(action):
    """How a command's words name an argument; one without a name by what it is called."""
    return action.option_strings[-1] if action.option_strings else action.dest


def valued(parser, *types):
    """The arguments of these types that take a value, and not one of some choices."""
    actions = (action for action in parser._actions if action.nargs != 0 and not action.choices)
    return [action for action in actions if action.type in types]


def numbers(parser):
    every = {action.type for action in parser._actions}
    return valued(parser, *(every - {None, options.name, *PATHS}))


def tries():
    for name, (_, before, asked, its) in programs().items():
        for action in numbers(its):
            bad = [*BAD, *(() if named(action) in NOT_BELOW else ("0",))]
            yield from ((name, asked, before, named(action), value) for value in bad)
        for action in valued(its, *PATHS):
            yield from ((name, asked, before, named(action), value) for value in BAD_PATHS)


def test_each_number_device_and_path_of_each_command_refuses_what_it_cannot_use(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ArgumentParser, "format_usage", lambda _: "")  # most of the time
    os.mkfifo("pipe")
    accepted = []
    for name, asked, before, option, value in tries():
        words = [f"{option}={value}"] if option.startswith("-") else [value]
        with pytest.raises(SystemExit) as left:
            asked.parse_args([*before, *words])
        said = capsys.readouterr().err.splitlines()[-1]
        if left.value.code != 2 or "error: argument " not in said or len(said) > 250:
            accepted.append((name, option, value, said))
    assert accepted == []
    assert len(list(tries())) > 700


def test_each_option_that_takes_any_text_is_known():
    loose = {named(action) for *_, its in programs().values() for action in valued(its, None)}
    assert loose <= TEXTS
    assert not any(valued(its, Path, int, float) for *_, its in programs().values())


def complete(parser, action, value):
    """Words in which `action` has the value, and all else that a command must be told is nonsense."""
    for other in parser._actions:
        if other is action or other.required:
            count = other.nargs if isinstance(other.nargs, int) else 1
            given = value if other is action else "0" if numbers(parser).count(other) else "{}"
            if count == 1 and other.option_strings:
                yield f"{named(other)}={given}"
            else:
                yield from [*other.option_strings[-1:], *[given] * count]


def foreign_texts():
    for name, (_, _, _, its) in programs().items():
        if not name.startswith("benchmarks"):  # whose defaults suffice to begin a measurement
            for action in valued(its, None, options.name):
                yield from ((name, named(action), value) for value in FOREIGN)


@pytest.mark.usefixtures("_signals")
def test_a_text_that_no_option_is_meant_for_is_told_in_words_and_never_by_a_traceback(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    tried = []
    for name, option, value in foreign_texts():
        main, before, _, its = programs()[name]
        action = next(action for action in its._actions if named(action) == option)
        monkeypatch.setattr(sys, "argv", ["program", *before, *complete(its, action, value)])
        with pytest.raises(SystemExit) as left:
            script.run(main)
        tried.append((name, option, value, left.value.code))
    told = [said for *_, said in tried if said == 2 or str(said).startswith("error: ")]
    assert len(told) == len(tried) > 300
    assert max(len(str(said)) for said in told) < 1000


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--limit 0", "'0' is out of bounds: give a whole number from 1 to 1000000000"),
        ("--limit -1", "'-1' is out of bounds"),
        ("--threads 0", "a whole number from 1 to 4096"),
        ("--device mps", "'mps' is no device of ours: give auto, cpu, cuda, or cuda:1"),
        ("--steps 0", "a whole number from 1 to 1000000"),
        ("--restarts 0", "a whole number from 1 to 10000"),
        ("--steps 1e3", "'1e3' is no whole number"),
        ("--eps 8", "'8' is outside [0, 1]: give a ratio such as 4/255"),
        ("--eps 3%", "'3%' is neither a number nor a ratio"),
        ("--resolution 100000", "a whole number from 8 to 1024"),
    ],
)
def test_cobra_attack_names_the_option_and_what_it_takes(monkeypatch, capsys, given, said):
    monkeypatch.setattr(sys, "argv", ["cobra", "attack", "--data", "none", "--fit", "a:b", *given.split()])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"cobra attack: error: argument {given.split()[0]}: ")
    assert said in last


def test_values_in_bounds_are_taken():
    assert options.whole(0, 3)("3") == 3
    assert options.seed(str(2**63 - 1)) == 2**63 - 1
    assert options.eps("8 / 255") == 8 / 255
    assert options.eps("0") == 0
    assert options.share("0.05") == 0.05
    assert options.seconds("0.5") == 0.5
    assert [options.device(text) for text in ("auto", "cpu", "cuda", "cuda:1")]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert options.folder(str(tmp_path / "new")) == tmp_path / "new"
    for text in (str(tmp_path / "file"), ""):
        with pytest.raises(options.ArgumentTypeError, match="is no folder"):
            options.folder(text)
