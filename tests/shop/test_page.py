"""The page in a real browser: an order placed by clicking, by keyboard alone, and what a screen reader needs."""

# pyright: basic
# selenium's types are incomplete.

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.shop.emulator import Emulator, make_orders
from tests.shop.processes import ROOT, running, wait_until

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
if not (CHROMIUM and DRIVER) and "CI" not in os.environ:
    pytest.skip("no chromium and chromedriver: Debian's chromium-driver has both", allow_module_level=True)
if not AXE.exists() and "CI" not in os.environ:
    pytest.skip("no axe-core: run 'make test', which installs it", allow_module_level=True)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def shop(aws: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    variables = {**make_orders(aws).variables, "WORK_SECONDS": "1"}
    folder = tmp_path_factory.mktemp("shop")
    with (
        running("app", folder, variables) as app,
        running("web", folder, {"APP_URL": app.url}) as web,
        running("worker", folder, variables),
    ):
        yield web.url


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    assert CHROMIUM is not None
    assert DRIVER is not None
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, shop: str) -> webdriver.Chrome:
    """Open the page as somebody who was never here."""
    browser.get(shop)
    browser.execute_script("sessionStorage.clear()")
    browser.refresh()
    return browser


def one(page: webdriver.Chrome, selector: str) -> WebElement:
    return page.find_element(By.CSS_SELECTOR, selector)


def text(page: webdriver.Chrome, selector: str) -> str:
    """Return the text of an element, empty as long as there is none."""
    return "".join(element.text for element in page.find_elements(By.CSS_SELECTOR, selector))


def place(page: webdriver.Chrome, article: str) -> None:
    one(page, "#article").send_keys(article)
    one(page, "form button").click()


def test_an_order_placed_by_clicking_is_done_at_last(page: webdriver.Chrome) -> None:
    place(page, "Tee <b>für</b> zwei")
    wait_until(lambda: text(page, "#orders .state") != "", "the order is on the page")
    first = text(page, "#orders .state")
    wait_until(lambda: text(page, "#orders .state") == "done", "the order is done")
    receipt = one(page, "#orders .receipt").get_attribute("href")

    assert first in ("placed", "being prepared")
    assert text(page, "#orders .what") == "1 × Tee <b>für</b> zwei"
    assert receipt is not None
    assert receipt.endswith("/receipt")
    log = page.get_log("browser")  # type: ignore[no-untyped-call]  # selenium types it not
    assert [entry for entry in log if entry["level"] == "SEVERE"] == []


def test_the_live_region_tells_each_new_state(page: webdriver.Chrome) -> None:
    place(page, "tea")
    wait_until(lambda: text(page, "#news") == "1 × tea: done.", "the last state was told")

    assert one(page, "#news").get_attribute("role") == "status"


def test_the_keyboard_is_enough(page: webdriver.Chrome) -> None:
    for keys in (Keys.TAB, "cake", Keys.TAB, Keys.ARROW_UP, Keys.TAB, Keys.ENTER):
        page.switch_to.active_element.send_keys(keys)
    wait_until(lambda: text(page, "#orders .what") == "2 × cake", "the order is on the page")

    assert page.switch_to.active_element.get_attribute("id") == "article"


def test_what_the_shop_refuses_is_told_beside_the_form(page: webdriver.Chrome) -> None:
    page.execute_script("document.getElementById('quantity').removeAttribute('max')")
    one(page, "#quantity").clear()
    one(page, "#quantity").send_keys("100")
    place(page, "tea")
    wait_until(lambda: text(page, "#problem") != "", "the page says what is wrong")

    assert "quantity: Input should be less than or equal to 99" in text(page, "#problem")
    assert one(page, "#article").get_attribute("value") == "tea"


def test_orders_are_still_watched_after_the_page_was_loaded_again(page: webdriver.Chrome) -> None:
    place(page, "tea")
    wait_until(lambda: text(page, "#orders .what") == "1 × tea", "the order is on the page")
    page.refresh()
    wait_until(lambda: text(page, "#orders .state") == "done", "the order is done")

    assert text(page, "#orders .what") == "1 × tea"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_people_out(page: webdriver.Chrome, scheme: str) -> None:
    features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
    place(page, "tea")
    wait_until(lambda: text(page, "#orders .state") == "done", "the order is done")
    page.execute_script(AXE.read_text(encoding="utf-8"))
    report = page.execute_async_script("axe.run().then(arguments[arguments.length - 1])")

    assert len(report["passes"]) > 10
    assert [(finding["id"], finding["help"]) for finding in report["violations"]] == []


def test_the_page_fits_a_phone(page: webdriver.Chrome) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
    )
    try:
        place(page, "x" * 100)
        wait_until(lambda: text(page, "#orders .what") != "", "the order is on the page")
        width = page.execute_script("return document.documentElement.scrollWidth")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert width == 320
