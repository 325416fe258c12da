"""A record that `cobra attack` made, and what refuses it once it is changed."""

import pytest
from records import ME, Submission, attack, loaded, make_terms

from cobra.artifacts.identity import Identity
from cobra.errors import UserError
from cobra.sharing.leaderboard.submission import submit


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with terms.json, and of the detector `mine` the record, made by `cobra attack`."""
    folder = tmp_path_factory.mktemp("place")
    told = {"subject": {}, "settings": {}, "inputs": {}, "versions": {}}
    make_terms(folder, Identity(kind="terms", code="c0de", device="cpu", **told))
    done = attack(folder, "--score", "shade_scores:brightness", *ME, "--record", str(folder / "mine.tar.gz"))
    assert done == 0
    return folder


@pytest.fixture
def terms(place):
    return loaded(place / "terms.json")


@pytest.fixture
def submission(place, tmp_path):
    return Submission(place / "mine.tar.gz", tmp_path / "unpacked")


@pytest.fixture
def refused(submission, terms, tmp_path):
    """The sentences that refuse the submission as it is now; nothing is written."""

    def faults(honest=True, terms=terms):
        archive = submission.pack(tmp_path / "sent.tar.gz", honest=honest)
        with pytest.raises(UserError) as left:
            submit(archive, terms, tmp_path / "board")
        assert not (tmp_path / "board").exists()
        lines = str(left.value).splitlines()
        assert all(line.startswith(f"{archive}: ") and line.endswith(".") for line in lines)
        return [line.removeprefix(f"{archive}: ") for line in lines]

    return faults
