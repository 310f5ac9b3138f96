"""A real browser: Debian's Chromium, driven by Playwright. Where either is missing, see `tests/needs.py`."""

import shutil

import pytest

from tests.browser.cinema import PASSWORD, Cinema
from tests.requirements import requires

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = (
    "playwright is not installed (requirements-dev.txt)"
    if sync_playwright is None
    else "there is no Chromium (Debian's package chromium)"
    if CHROMIUM is None
    else ""
)
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


NEEDED = requires(not MISSING, MISSING)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(NEEDED)


@pytest.fixture(scope="package")
def chromium():
    assert not MISSING, MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=10_000)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def cinema(tmp_path_factory):
    with Cinema(tmp_path_factory.mktemp("cinema")) as running:
        yield running


@pytest.fixture
def visit(chromium, cinema):
    """Opens a browser of its own at a path: `page = visit("#/shows/7", width=320, dark=True)`.

    At the end no page may have had an error of its script, or have asked another host for anything.
    """
    contexts, faults = [], []

    def open_page(path="", *, at=None, width=1280, height=900, dark=False, touch=False, as_=None):
        home = at or cinema.url
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": height}
        context = chromium.new_context(viewport=size, color_scheme=scheme, has_touch=touch)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: note_host(request.url, home))
        page.on("console", note_error)
        if as_:
            log_in(page, home, as_)
        page.goto(f"{home}/{path}")
        return page

    def note_host(url, home):
        if not url.startswith((home, "data:")):
            faults.append(url)

    def note_error(said):
        # The browser itself remarks on every refusal and lost connection; those are what a test wants.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            faults.append(said.text)

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def log_in(page, home, name):
    """As the page keeps it, so that not every test has to go through the dialog."""
    page.goto(home)
    page.evaluate(
        """async ([name, password]) => {
            const account = JSON.stringify({username: name, password});
            const headers = {"Content-Type": "application/json"};
            const answer = await fetch("/login", {method: "POST", body: account, headers});
            localStorage.setItem("cinema.session", JSON.stringify({username: name, ...await answer.json()}));
        }""",
        [name, PASSWORD],
    )
    page.reload()


@pytest.fixture
def find_faults():
    """What axe finds on a page, by WCAG 2.2 AA and its own best practices."""

    def find(page):
        found = Axe().run(page).response["violations"]
        return [(fault["id"], [node["html"][:200] for node in fault["nodes"][:3]]) for fault in found]

    return find
