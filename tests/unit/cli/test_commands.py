"""All commands of `cobra` are told of at once; the code of one is loaded where it is named."""

import subprocess
import sys

import pytest

from cobra.cli import COMMANDS, main


def test_help_tells_of_every_command_and_loads_none():
    code = "import sys; from cobra.cli import main\ntry: main()\nfinally: print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, "-h"], capture_output=True, text=True)
    assert done.returncode == 0
    *told, torch_is_there = done.stdout.splitlines()
    assert torch_is_there == "False"
    assert set(COMMANDS) <= {line.split()[0] for line in told if line.strip()}


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_options_of_its_own(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["cobra", name, "-h"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: cobra {name} [-h] ")


@pytest.mark.usefixtures("_signals")
def test_a_command_that_does_not_exist_is_refused_with_those_that_do(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["cobra", "verfy"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert "invalid choice: 'verfy'" in capsys.readouterr().err
