"""Jobs stopped at a known point of their work: after so many saves of their state."""

import json
import os
import time

from killing import LIMIT, started


def wait_until(condition, process=None):
    """Poll `condition`; fails if `process` ends first, or after LIMIT seconds."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        assert process is None or process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)


def saved(project):
    """When the state was last saved; 0: never."""
    times = [path.stat().st_mtime_ns for path in (project / ".scratch").glob("*/state.pt")]
    return max(times, default=0)


def kill_after(project, line, saves, number):
    """Start the line, and kill its process group by signal `number` once it saved its state so many times."""
    last = saved(project)
    with started(project, line) as process:
        for _ in range(saves):
            wait_until(lambda before=last: saved(project) > before, process)
            last = saved(project)
        os.killpg(process.pid, number)
        process.wait(LIMIT)


def undisturbed(project, line, artifact):
    """The bytes of an uninterrupted run, after which nothing is left of it but its log."""
    assert project.paste(line).returncode == 0
    content = (project / artifact).read_bytes()
    record = json.loads((project / artifact).with_suffix(".run.json").read_text())
    (project / artifact).unlink()
    assert project.scratch() == []
    return content, record
