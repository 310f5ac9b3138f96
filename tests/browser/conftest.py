"""Fixtures that drive Debian's Chromium by Playwright. Without either of them, the tests are skipped."""

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
    "playwright is not installed (requirements/dev.txt)"
    if sync_playwright is None
    else "there is no Chromium (Debian's package chromium)"
    if CHROMIUM is None
    else ""
)
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


requires_browser = requires(not MISSING, MISSING)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(requires_browser)
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def chromium():
    assert not MISSING, MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        expect.set_options(timeout=10_000)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def cinema(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cinema")
    with Cinema(folder, EMAIL_URL=f"file:///{folder}/mails") as cinema:
        yield cinema


@pytest.fixture
def visit(chromium, cinema):
    """Opens a path in a new browser context: `page = visit("#/shows/7", width=320, dark=True)`.

    `zone` is the visitor's time zone. `username` logs that user in first; `base_url` visits another server than
    `cinema`. At the end, the test fails if any page had a script error, logged an error to the console, or
    requested another host.
    """
    contexts, errors = [], []

    def open_page(
        path="", *, base_url=None, width=1280, height=900, dark=False, touch=False, zone="UTC", username=None
    ):
        base_url = base_url or cinema.url
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": height}
        context = chromium.new_context(viewport=size, color_scheme=scheme, has_touch=touch, timezone_id=zone)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: check_host(request.url, base_url))
        page.on("console", check_console)
        if username:
            log_in(page, base_url, username)
        page.goto(f"{base_url}/{path}")
        return page

    def check_host(url, base_url):
        if not url.startswith((base_url, "data:")):
            errors.append(url)

    def check_console(message):
        # Chromium logs every error response and lost connection; many tests cause those on purpose.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def log_in(page, base_url, username):
    """Stores a session as the page does, which is faster than the login dialog."""
    page.goto(base_url)
    page.evaluate(
        """async ([username, password]) => {
            const body = JSON.stringify({username, password});
            const headers = {"Content-Type": "application/json"};
            const response = await fetch("/login", {method: "POST", body, headers});
            localStorage.setItem("cinema.session", JSON.stringify({username, ...await response.json()}));
        }""",
        [username, PASSWORD],
    )
    page.reload()


@pytest.fixture
def axe_violations():
    """Runs axe on a page with the rules of WCAG 2.2 AA and axe's best practices.

    Returns the violated rules with examples: `[(rule id, [html, …]), …]`.
    """

    def run(page):
        violations = Axe().run(page).response["violations"]
        return [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in violations]

    return run
