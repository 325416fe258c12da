import html
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from bundles import FOLDER, MADE, ONE, PATTERNS, PGD, TRUTH, WORST, results

from cobra.artifacts import read_table, write_json, write_run_record, write_table
from cobra.code_book import write_code
from cobra.differences import leaves
from cobra.digests import ROOT, digest_of_modules, file_digest
from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.origin import commit_in_words, git_state
from cobra.provenance import Identity, run_record_path
from cobra.reporting.provenance import Places, collect_rows
from cobra.reporting.provenance_csv import provenance_frame
from cobra.reporting.provenance_page import provenance_html
from cobra.reporting.table_files import read_named
from cobra.settings.base import canonical_json
from cobra.settings.tables import TableSettings

SQUARE = PGD.replace("pgd", "square")
MAIN = "out/tables/main.csv"
MODULES = {"scripts/train_detector.py": "0" * 64}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Two classes of one method under a combination of two attacks, seen from the folder in which they lie."""
    contents = results(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings = next(each.settings for each in contents.made if each.path == MAIN)
    return TableSettings.model_validate(settings)


def rows_of(settings):
    detectors = [f"{FOLDER}/detector{suffix}" for suffix in (".pt", ".json")]
    places = Places(PATTERNS["scores"], *detectors, codes=ROOT.__class__("code"))
    return collect_rows(settings, read_named(ROOT.__class__(MAIN), settings.layout.measure), places)
