"""Tables of a page sort by a click or a key."""

import pandas as pd
import pytest

from browser.chromium import Page
from cobra.reporting.pages.render import html

ROWS = {
    "Method": ["b", "A", "method 10", "method 9"],
    "digits": ["98.3 / 2.0 [0.9, 3.3]", "not run", "90.0 / <= 50.5 [40.0, 60.0] (fails gate 4)", "99 / 7"],
    "paper": ["–", "9.5", "10", "-1.0"],
}
METHODS = ROWS["Method"]
TAB, ENTER = "\ue004", "\ue007"  # as WebDriver has them


@pytest.fixture
def table(driver, tmp_path):
    path = tmp_path / "table.html"
    path.write_text(html("Table", pd.DataFrame(ROWS), ["a note"]))
    return Page(driver, path)


def order(page):
    return [cell.text for cell in page.all("tbody td:first-child")]


def heading(page, name):
    (found,) = [each for each in page.all("th") if each.text.startswith(name)]
    return found


def click(page, name):
    heading(page, name).find_element("tag name", "button").click()


def test_figures_sort_by_the_robust_one_and_what_was_not_run_comes_last(table):
    click(table, "digits")
    assert order(table) == ["method 10", "method 9", "b", "A"]
    click(table, "digits")
    assert order(table) == ["b", "method 9", "method 10", "A"]


def test_numbers_sort_as_numbers(table):
    click(table, "paper")
    assert order(table) == ["method 10", "A", "method 9", "b"]


def test_names_sort_from_a_to_z_and_numbers_in_them_as_numbers(table):
    click(table, "Method")
    assert order(table) == ["A", "b", "method 9", "method 10"]


def test_the_third_click_restores_the_order(table):
    for _ in range(3):
        click(table, "digits")
    assert order(table) == METHODS


def test_a_heading_says_by_what_it_sorts_and_which_way(table):
    titles = [button.get_attribute("title").split(";")[0] for button in table.all("th button")]
    assert titles == [
        "Sort by name",
        "Sort by the robust figure: the one after the slash, before the bracket",
        "Sort by number: the one before a bracket",
    ]
    click(table, "paper")
    assert [each.get_attribute("aria-sort") for each in table.all("th")] == ["none", "none", "descending"]


def test_a_key_sorts(table):
    body = table.wait("body")
    body.send_keys(TAB)
    table.driver.switch_to.active_element.send_keys(ENTER)
    assert order(table) == ["A", "b", "method 9", "method 10"]
    assert heading(table, "Method").get_attribute("aria-sort") == "ascending"


def test_the_page_asks_for_nothing_and_logs_no_error(table):
    click(table, "digits")
    assert table.strangers() == []
    assert table.errors() == []
