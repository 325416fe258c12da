"""Run by `make browser-test`, which installs Selenium."""

import pytest

pytest.importorskip("selenium", reason="Selenium is not installed: run these tests by `make browser-test`")
