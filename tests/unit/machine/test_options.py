"""Every option of every command, found by reading the parsers, is tried with values that people give."""

import importlib.util
import sys
from argparse import ArgumentParser
from functools import cache
from pathlib import Path

import pytest
from processes import ROOT

from cobra import cli
from cobra.machine import options

BAD = ("-1", "x", "", "nan", "inf", "1e999999999", "9" * 30, "9" * 5000, "1.5.2", "gpu", "mps", "cuda:x")
NOT_BELOW = {"--seed", "--eps"}  # of which 0 is a value
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
BENCHMARKS = ("attack_step", "device_correctness", "footprint", "memory", "preparation", "roofline")
BENCHMARKS += ("scoring", "training_step")
# What is no number, no device and no path: names, patterns of paths, JSON. A new option belongs either here
# or to a type that refuses what it cannot use.
TEXTS = {"--settings", "--policy", "--scores", "--gates", "--logs", "--data-logs", "--data", "--detectors"}
TEXTS |= {"--files"}


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


def script(path):
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def programs():
    """By name the parser to ask, the words before the option, and the parser that declares it."""
    found = {}
    for name in cli.COMMANDS:
        whole = parser_of(cli._main, name)
        commands = next(action.choices for action in whole._actions if isinstance(action.choices, dict))
        found[f"cobra {name}"] = (whole, [name], commands[name])
    for path in SCRIPTS:
        its = parser_of(script(path).main)
        found[path.name] = (its, [], its)
    for name in BENCHMARKS:
        its = parser_of(importlib.import_module(f"benchmarks.{name}").main)
        found[f"benchmarks.{name}"] = (its, [], its)
    return found


def valued(parser):
    """The options of numbers and devices: those that are neither flags, choices, paths nor texts."""
    for action in parser._actions:
        if not action.option_strings or action.nargs == 0 or action.choices:
            continue
        if action.type not in (Path, options.folder, options.name):
            yield action


def tries():
    for name, (_, _, its) in programs().items():
        for action in valued(its):
            if action.type is not None:
                option = action.option_strings[-1]
                bad = [*BAD, *(() if option in NOT_BELOW else ("0",))]
                yield from ((name, option, value) for value in bad)


def test_each_number_and_device_of_each_command_refuses_what_it_cannot_use(capsys):
    accepted = []
    for name, option, value in tries():
        asked, before, _ = programs()[name]
        with pytest.raises(SystemExit) as left:
            asked.parse_args([*before, f"{option}={value}"])
        said = capsys.readouterr().err.splitlines()[-1]
        if left.value.code != 2 or f"error: argument {option}: " not in said or len(said) > 250:
            accepted.append((name, option, value, said))
    assert accepted == []
    assert len(list(tries())) > 300


def test_each_option_that_takes_any_text_is_known():
    loose = {
        action.option_strings[-1]
        for _, _, its in programs().values()
        for action in valued(its)
        if action.type is None
    }
    assert loose <= TEXTS


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
