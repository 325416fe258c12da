"""Run commands of scripts/ one after another in this process: an emulator takes a minute to import torch.

python commands.py LINES.json
"""

import json
import runpy
import shlex
import sys
from pathlib import Path

from cobra.machine import script


def run(line: str) -> None:
    """Run the line that Snakemake prints for a job, without its redirection and its start from a process that
    has imported torch; raise if the command fails.
    """
    command, _, _log = line.partition(" 2> ")
    _python, *sys.argv = shlex.split(command.replace("workflow/lib/warm.py ", ""))
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise


if __name__ == "__main__":
    script.end_process = sys.exit  # for the next command this one must stay
    for line in json.loads(Path(sys.argv[1]).read_text()):
        run(line)
