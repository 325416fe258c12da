import os
import sys
import termios

import pytest

from cobra.machine import progress as module
from cobra.machine.progress import progress


@pytest.fixture
def every_line(monkeypatch):
    """Show a line at each update, however soon."""
    monkeypatch.setattr(module, "FILE", 0)
    monkeypatch.setattr(module, "TERMINAL", 0)


@pytest.mark.usefixtures("every_line")
def test_in_a_log_every_line_is_whole(capsys):
    with progress("training, epochs", 3) as bar:
        for _ in range(3):
            bar.update()
    text = capsys.readouterr().err
    assert "\r" not in text
    assert "\x1b" not in text
    assert text.endswith("\n")
    lines = [line for line in text.splitlines() if line]
    assert all(line.startswith("training, epochs: ") for line in lines)
    assert [line.split("|")[-1].split()[0] for line in lines] == ["0/3", "1/3", "2/3", "3/3", "3/3"]


@pytest.mark.usefixtures("every_line")
def test_in_a_terminal_a_line_overwrites_itself(monkeypatch):
    reading, writing = os.openpty()
    termios.tcsetwinsize(writing, (24, 80))
    with os.fdopen(writing, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        with progress("attack", 2) as bar:
            bar.update(2)
        terminal.flush()
        shown = ""
        while "\n" not in shown:
            shown += os.read(reading, 10_000).decode(errors="replace")
    os.close(reading)
    assert shown.count("\rattack: ") >= 2
    assert "2/2" in shown
    assert shown.count("\n") == 1


@pytest.mark.usefixtures("every_line")
def test_the_listener_is_told_what_each_line_shows(capsys):
    told = []
    with progress("attack", 10, 4, on_display=lambda shown: told.append((shown["n"], shown["total"]))) as bar:
        bar.update(3)
        bar.update(3)
    assert told == [(4, 10), (7, 10), (10, 10), (10, 10)]
    assert capsys.readouterr().err.count("attack") == len(told)


def test_a_log_is_not_flooded_and_its_last_line_is_the_end(capsys):
    with progress("attack", 500) as bar:
        for _ in range(500):
            bar.update()
    lines = [line for line in capsys.readouterr().err.splitlines() if line]
    assert len(lines) == 2
    assert "0/500" in lines[0]
    assert "500/500" in lines[1]


def test_work_that_fails_shows_how_far_it_came(capsys):
    def fail():
        with progress("attack", 5) as bar:
            bar.update(3)
            raise KeyError("interrupted")

    with pytest.raises(KeyError):
        fail()
    assert "3/5" in capsys.readouterr().err.splitlines()[-2]


def test_bytes_are_counted_in_units_of_1024(capsys):
    with progress("mnist", 4 * 1024**2, unit="B") as bar:
        bar.update(1024**2)
    assert "1.00M/4.00M" in capsys.readouterr().err
