"""Headless Chromium without a network, and what it logs."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import debian

PACKAGES = ("chromium", "chromium-driver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # it refuses to run as root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
LIMIT = 20  # seconds, against hanging
TRIES = 4
OWN = ("file:", "data:", "about:", "blob:")  # what needs no network


def obstacle() -> str | None:
    """Why no Chromium can be started here, after an attempt to install it."""
    return debian.obstacle("Chromium", ("chromium", "chromedriver"), PACKAGES)


def started(profile: Path):
    """A Chromium, driven by Selenium, that keeps its things in the new folder `profile`."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return Chrome(options=options, service=Service(shutil.which("chromedriver")))


class Page:
    """A file opened in a window of that size: what a person finds and clicks, and what the browser logged."""

    def __init__(self, driver, path: Path, width: int = 1400, height: int = 900) -> None:
        self.driver = driver
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get("about:blank")
        for log in ("browser", "performance"):
            driver.get_log(log)  # what was before
        driver.get(path.as_uri())

    def all(self, selector: str) -> list:
        """The elements of that kind, by a CSS selector."""
        return self.driver.find_elements("css selector", selector)

    def wait(self, selector: str):
        """The first element of that kind, as soon as it is there."""
        found = self.within(LIMIT, selector)
        assert found is not None, f"no {selector}"
        return found

    def within(self, seconds: float, selector: str):
        """As `wait`; None if it is not there in time."""
        end = time.monotonic() + seconds
        while not (found := self.all(selector)):
            if time.monotonic() > end:
                return None
            time.sleep(0.05)
        return found[0]

    def click_for(self, selector: str, element: Callable[[], Any]):
        """What a click on an element shows. A page that is just being drawn anew may lose a click: it is made
        again, as a person would.
        """
        for _ in range(TRIES):
            element().click()
            shown = self.within(LIMIT / TRIES, selector)
            if shown is not None:
                return shown
        raise AssertionError(f"no {selector} after {TRIES} clicks")

    def run(self, script: str, *arguments: object) -> object:
        return self.driver.execute_script(script, *arguments)

    def errors(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def strangers(self) -> list[str]:
        """Addresses asked for that are not the page's own."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [each["params"] for each in events if each["method"] == "Network.requestWillBeSent"]
        return [each["request"]["url"] for each in asked if not each["request"]["url"].startswith(OWN)]
