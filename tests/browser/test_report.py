"""The report in a browser, offline: all is listed, opens, and can be read in a wide and a narrow window."""

import re

import pytest

from browser.chromium import Page
from cobra.sharing.leaderboard.page import HEADINGS

ENTRIES = {
    "1 Tables": ["Data sets", "Objectives"],
    "2 Gates": ["Verdicts of all gates"],
    "3 Figures": ["Before and after", "Curves (budget)", "Curves (eps)"],
    "4 Audit": ["The numbers of the paper and ours"],
    "5 Provenance": ["Data sets", "Objectives"],
    "6 Data": ["digits"],
    "7 Leaderboard": ["Detectors by their robust AUROC"],
}
BOARD = ("7 Leaderboard", ENTRIES["7 Leaderboard"][0])
FIGURE = r"/ (?:<= )?([\d.]+) \["


class Report(Page):
    """The list on the left, and what it opens."""

    def menu(self):
        self.wait("nav li a")
        return {link.text.strip(): link for link in self.all("nav li a")}

    def entries(self, category):
        """The rows of a category, by title."""
        self.menu()[category].click()
        return self.rows()

    def rows(self):
        """The rows that are listed, by title."""
        self.wait("nav tbody tr")
        return {row.find_element("tag name", "td").text: row for row in self.all("nav tbody tr")}

    def click(self, category, title, sign, shown):
        """Click on a sign (0: the eye, 1: the i) beside an entry; what that shows."""
        self.entries(category)
        return self.click_for(shown, lambda: self.rows()[title].find_elements("tag name", "a")[sign])

    def open(self, category, title):
        """The entry itself: a table or a picture."""
        self.click(category, title, 0, "iframe, div.grow img")

    def explain(self, category, title):
        """The caption of an entry."""
        return self.click(category, title, 1, "nav li.prose").text

    def enter_table(self):
        self.driver.switch_to.frame(self.wait("iframe"))
        self.wait("th button")


def sorted_twice(page, column, number):
    """The numbers of a column, counted from 1, after a click on its heading, and after another."""
    found = []
    for _ in range(2):
        page.all("th button")[column - 1].click()
        texts = [cell.text for cell in page.all(f"tbody td:nth-child({column})")]
        found.append([float(re.search(number, text)[1]) for text in texts])
    return found


@pytest.fixture
def wide(driver, report):
    return Report(driver, report)


@pytest.fixture
def narrow(driver, report):
    return Report(driver, report, width=420, height=800)


def tops(page):
    """Where the parts of the front page begin, from the top of the window."""
    page.wait(".front .answer")
    picture = page.wait(".front img")
    assert page.run("return arguments[0].decode().then(() => arguments[0].naturalWidth)", picture) > 300
    parts = (
        ".front .answer",
        ".front img",
        ".front table",
        ".front summary",
        ".prose p > strong",
        "#rulegraph",
    )
    return [page.wait(part).rect["y"] for part in parts]


def test_it_says_how_to_read_it_and_lists_its_parts(wide):
    assert wide.menu().keys() >= ENTRIES.keys()
    assert "From a number to its files" in wide.wait(".prose").text


def test_it_opens_with_the_result_then_a_picture_and_the_table_then_explanations(wide):
    found = tops(wide)
    assert found == sorted(found)
    # "at most", for what a tiny training leaves fails gate 9 or not, as it happens
    answer = wide.wait(".front .answer")
    assert re.match(r"Under attack COBRA keeps an AUROC of (at most )?[\d.]+ %", answer.text)
    assert answer.rect["height"] < 150
    assert wide.wait(".front table").rect["y"] < 900  # seen without scrolling
    assert wide.all(".front tbody tr")[0].text.startswith("standard training")
    assert "Attack on digits" not in wide.wait(".front").text  # a note, folded
    wide.wait(".front summary").click()
    assert "Attack on digits" in wide.wait(".front").text


def test_on_a_narrow_screen_the_result_stands_in_the_first_window_and_nothing_overflows(narrow):
    found = tops(narrow)
    assert found == sorted(found)
    answer = narrow.wait(".front .answer").rect
    assert answer["y"] + answer["height"] <= 800
    assert narrow.wait(".front img").rect["width"] >= 350
    assert narrow.run("return document.documentElement.scrollWidth") <= 420
    assert narrow.run(
        "const all = document.querySelector('div.grow'); return all.scrollWidth <= all.clientWidth"
    )


@pytest.mark.parametrize("category", sorted(ENTRIES))
def test_each_part_lists_its_entries_by_title(wide, category):
    assert list(wide.entries(category)) == ENTRIES[category]


def test_a_table_opens_and_sorts_by_its_robust_figures(wide):
    wide.open("1 Tables", "Objectives")
    wide.enter_table()
    falling, rising = sorted_twice(wide, 2, FIGURE)
    assert len(set(falling)) > 1
    assert falling == sorted(falling, reverse=True)
    assert rising == sorted(rising)


def test_the_leaderboard_opens_and_sorts(wide):
    wide.open(*BOARD)
    wide.enter_table()
    assert [heading.text for heading in wide.all("thead th")] == list(HEADINGS)
    assert [cell.text for cell in wide.all("tbody td:nth-child(5)")] == ["here"] * 4
    falling, rising = sorted_twice(wide, 1 + HEADINGS.index("Clean AUROC"), r"^([\d.]+) \[")
    assert len(set(falling)) > 1
    assert falling == sorted(falling, reverse=True)
    assert rising == sorted(rising)


def test_a_detector_without_a_rank_leads_to_the_gates_that_it_failed(wide):
    wide.open(*BOARD)
    wide.enter_table()
    (row,) = [each for each in wide.all("tr.fails") if "masked score" in each.text]
    row.find_element("tag name", "a").click()
    assert "masked score, seed 0: gate 4 (gradient): " in wide.wait("ul:target").text


def test_a_row_of_the_provenance_leads_to_its_settings(wide):
    wide.open("5 Provenance", "Objectives")
    wide.enter_table()
    link = wide.wait("tbody a")
    wide.run("arguments[0].click()", link)
    section = wide.wait("details:target")
    assert section.find_element("tag name", "summary").text.startswith(link.text.capitalize())
    section.find_element("tag name", "summary").click()
    assert "evaluation.attack.steps: 3" in section.text


@pytest.mark.parametrize(("category", "title"), [("3 Figures", each) for each in ENTRIES["3 Figures"]] +
                         [("6 Data", "digits")])  # fmt: skip
def test_a_figure_opens_whole(wide, category, title):
    wide.open(category, title)
    image = wide.wait("div.grow img")
    assert wide.run("return arguments[0].decode().then(() => arguments[0].naturalWidth)", image) > 300
    assert wide.run("return arguments[0].getBoundingClientRect().top", image) >= 0


@pytest.mark.parametrize(
    ("category", "title", "said"),
    [
        ("1 Tables", "Objectives", "A row is a method"),
        ("1 Tables", "Data sets", "A row is a data set"),
        ("2 Gates", "Verdicts of all gates", "eleven gates"),
        ("3 Figures", "Curves (budget)", "A panel is a detector"),
        ("3 Figures", "Curves (eps)", "A line is a detector"),
        ("4 Audit", ENTRIES["4 Audit"][0], "robust above clean"),
        ("5 Provenance", "Objectives", "a row per score file"),
        ("6 Data", "digits", "What the detectors see of digits"),
        (*BOARD, "the best robust figure first"),
    ],
)
def test_each_entry_explains_itself(wide, category, title, said):
    assert said in wide.explain(category, title)


def test_it_needs_no_network_and_logs_no_error(wide):
    wide.open("1 Tables", "Objectives")
    wide.enter_table()
    wide.driver.switch_to.default_content()
    wide.wait("nav nav li a").click()  # home
    wide.open("3 Figures", "Curves (eps)")
    wide.wait("div.grow img")
    assert wide.strangers() == []
    assert wide.errors() == []


def test_on_a_narrow_screen_the_list_stands_above_what_it_shows(narrow):
    narrow.open("1 Tables", "Objectives")
    frame = narrow.wait("iframe")
    assert frame.rect["width"] == 420
    assert frame.rect["y"] >= narrow.wait("nav").rect["height"]
    assert frame.rect["y"] + frame.rect["height"] <= 801
    assert narrow.run("return document.documentElement.scrollWidth") <= 420


@pytest.mark.parametrize("entry", [("1 Tables", "Objectives"), BOARD])
def test_on_a_narrow_screen_only_the_table_scrolls_sideways(narrow, entry):
    narrow.open(*entry)
    narrow.enter_table()
    assert narrow.run("return document.documentElement.scrollWidth <= innerWidth")


def test_on_a_narrow_screen_a_figure_fits(narrow):
    narrow.open("3 Figures", "Curves (eps)")
    image = narrow.wait("div.grow img")
    narrow.run("return arguments[0].decode()", image)
    assert 300 < image.rect["width"] <= 420
