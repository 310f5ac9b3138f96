"""When a visitor on a slow line sees the page, in Chromium with an empty cache: 50 KB/s, and 400 ms a request.

It needs Chromium, so it runs only by name: `python -m bench first_view --only sqlite`. The page is the same on
both databases.
"""

import shutil
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench import fixtures
from bench.errors import require
from bench.server import BenchServer
from bench.sizes import ROUNDS

BYTES_PER_SECOND = 50 * 1024
LATENCY_MS = 400
PHONE = {"width": 390, "height": 844}
SHOWS = 20
# A page by its path, and what the visitor has come for.
PAGES = {"the programme": ("/", ".pill"), "a hall of 300 seats": ("/#/shows/1", "[role=gridcell]")}
# Requests of the page, and its paint, in milliseconds since the visitor opened it.
FIGURES = """() => {
    const entries = performance.getEntries().filter(({ entryType }) => /navigation|resource/.test(entryType));
    return {
        paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
        content_ms: performance.now(),
        requests: entries.length,
        kilobytes: entries.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1024,
    };
}"""


def measure() -> dict[str, dict[str, float]]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    require(bool(chromium), "There is no Chromium. Install Debian's package chromium.")
    fixtures.add_shows(SHOWS)
    figures = {}
    with BenchServer() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, (path, content) in PAGES.items():
            rounds = [_open(browser, server.url + path, content) for _ in range(ROUNDS)]
            figures[name] = {figure: median(each[figure] for each in rounds) for figure in rounds[0]}
        browser.close()
    return figures


def _open(browser: Browser, url: str, content: str) -> dict[str, Any]:
    """Opens the page in a new context and returns its figures when the content is there."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    throughput = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    conditions = {"offline": False, "latency": LATENCY_MS, **throughput}
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)
    page.goto(url, wait_until="commit")
    page.locator(content).first.wait_for(timeout=60_000)
    figures = page.evaluate(FIGURES)
    context.close()
    return figures
