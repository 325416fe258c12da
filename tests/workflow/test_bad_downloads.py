"""Downloads that go wrong: continued where that helps, else told in a sentence that names every mirror."""

import signal
import subprocess
import threading
import time

import pytest
from faults import AT_ONCE, assert_nothing_made, download_line, patched, sentence
from offered import offer
from packing import noise
from server import Fault, dead_address, served

DATASET, FILE = "cifar10", "cifar-10-python.tar.gz"
PATH = f"/{DATASET}/{FILE}"
TARGET = f"resources/downloads/{DATASET}/{FILE}"
PART = f"resources/downloads/{DATASET}/.{FILE}.part"
MIB = 1 << 20
CONTENT = noise(3 * MIB + 123)
CUT = Fault(cut=2 * MIB + 1000)

pytestmark = pytest.mark.workflow


def serving():
    with served() as made:
        made.files[PATH] = CONTENT
        yield made


server = pytest.fixture(serving, name="server")
mirror = pytest.fixture(serving, name="mirror")


@pytest.fixture
def project(fresh):
    """A project that waits for no server to recover."""
    patched(fresh, AT_ONCE)
    return fresh


def publish(project, *addresses, content=CONTENT):
    offer(project, DATASET, {FILE: content}, addresses=addresses)


def fetch(project):
    return project.run(*download_line(DATASET, FILE))


def assert_fetched(project):
    done = fetch(project)
    assert done.returncode == 0, done.stderr
    assert (project / TARGET).read_bytes() == CONTENT
    assert not (project / PART).exists()


def assert_refused(project, *words):
    said = sentence(fetch(project))
    assert all(word in said for word in (FILE, *words)), said
    assert_nothing_made(project)


def test_an_interrupted_download_asks_for_the_rest(project, server):
    publish(project, server.address)
    server.fail(PATH, CUT)
    assert_fetched(project)
    assert server.ranges(PATH) == [None, f"bytes={2 * MIB}-"]


def test_a_download_interrupted_again_and_again_comes_to_its_end(project, server):
    publish(project, server.address)
    server.always(PATH, Fault(cut=MIB + 1))
    assert_fetched(project)
    assert server.ranges(PATH) == [None, *(f"bytes={number * MIB}-" for number in (1, 2, 3))]


def test_a_small_file_that_breaks_off_is_asked_for_again(project, server):
    publish(project, server.address, content=CONTENT[:5000])
    server.files[PATH] = CONTENT[:5000]
    server.fail(PATH, Fault(cut=2000))
    assert fetch(project).returncode == 0
    assert (project / TARGET).read_bytes() == CONTENT[:5000]


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def received(project):
    part = project / PART / "content"
    return part.stat().st_size if part.is_file() else 0


def test_a_killed_download_is_continued_by_the_next(project, server):
    publish(project, server.address)
    hold = threading.Event()
    server.fail(PATH, Fault(cut=2 * MIB + 1000, hold=hold))
    line = download_line(DATASET, FILE)
    with subprocess.Popen(line, cwd=project.folder, env=project.env, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: received(project) >= 2 * MIB)
        process.send_signal(signal.SIGKILL)
    hold.set()
    assert_nothing_made(project)
    assert_fetched(project)
    assert server.ranges(PATH) == [None, f"bytes={2 * MIB}-"]


def test_a_server_without_parts_sends_all_again(project, server):
    publish(project, server.address)
    server.fail(PATH, CUT, Fault(ranges=False))
    assert_fetched(project)
    assert len(server.asked) == 2


def test_what_was_received_whole_is_not_sent_again(project, server):
    publish(project, server.address)
    (project / PART).mkdir(parents=True)
    (project / PART / "content").write_bytes(CONTENT)
    assert_fetched(project)
    assert server.ranges(PATH) == [f"bytes={len(CONTENT)}-"]


def test_the_rest_is_asked_of_the_mirror(project, server, mirror):
    publish(project, server.address, mirror.address)
    server.fail(PATH, CUT, Fault(status=404))
    assert_fetched(project)
    assert mirror.ranges(PATH) == [f"bytes={2 * MIB}-"]


def test_a_server_that_always_breaks_off_is_given_up(project, server):
    publish(project, server.address)
    server.always(PATH, Fault(cut=MIB + 1, ranges=False))
    assert_refused(project, server.address, "check the connection and start again")
    assert len(server.asked) < 12


def test_a_file_truncated_at_its_server_is_refused_unread(project, server):
    publish(project, server.address)
    server.files[PATH] = CONTENT[:-500]
    assert_refused(project, server.address, f"offers {len(CONTENT) - 500} bytes where {len(CONTENT)} are")


def test_a_wrong_length_is_refused_unread(project, server):
    publish(project, server.address)
    server.always(PATH, Fault(announce=len(CONTENT) + 7))
    assert_refused(project, server.address, f"offers {len(CONTENT) + 7} bytes", "by hand")


def test_another_file_under_the_name_is_refused_and_forgotten(project, server):
    publish(project, server.address)
    server.files[PATH] = noise(len(CONTENT), seed=1)
    assert_refused(project, server.address, "has the MD5", "by hand")
    assert not (project / PART / "content").exists()
    server.files[PATH] = CONTENT
    assert_fetched(project)


def test_another_file_at_the_first_address_is_made_good_by_the_mirror(project, server, mirror):
    publish(project, server.address, mirror.address)
    server.files[PATH] = noise(len(CONTENT), seed=1)
    assert_fetched(project)
    assert mirror.ranges(PATH) == [None]


def test_a_dead_server_is_made_good_by_the_mirror(project, mirror):
    publish(project, dead_address(), mirror.address)
    assert_fetched(project)


def test_dead_servers_are_all_named(project):
    addresses = dead_address(), dead_address()
    publish(project, *addresses)
    assert_refused(project, *addresses, "check the connection", "place the file by hand")


def test_a_file_that_is_gone_is_told_with_the_status(project, server):
    publish(project, server.address)
    server.files.clear()
    assert_refused(project, f"{server.address}{PATH}: answered 404 Not Found", "place the file by hand")
    assert len(server.asked) == 1


def test_a_failing_server_is_asked_again(project, server):
    publish(project, server.address)
    server.fail(PATH, Fault(status=500), Fault(status=503))
    assert_fetched(project)


def test_a_server_that_keeps_failing_is_given_up(project, server):
    publish(project, server.address)
    server.always(PATH, Fault(status=503))
    assert_refused(project, "answered 503 Service Unavailable", "start again")
    assert 2 < len(server.asked) < 10
