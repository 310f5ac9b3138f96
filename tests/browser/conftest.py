"""Fixtures that drive Debian's Chromium by Playwright. Without either of them, the tests are skipped.

Its headless shell runs the same engine without the windows of a full browser. A test takes about half the CPU
time that it takes in the full browser, which is used where the shell is not installed.
"""

import shutil
from collections import defaultdict

import pytest

from tests.browser.cinema import PASSWORD, SUPERUSER, Cinema
from tests.requirements import requires

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
MISSING = (
    "playwright is not installed (requirements/dev.txt)"
    if sync_playwright is None
    else "there is no Chromium (Debian's package chromium-headless-shell)"
    if CHROMIUM is None
    else ""
)
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


requires_browser = requires(not MISSING, MISSING)


def pytest_collection_modifyitems(items):
    modules = defaultdict(list)
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(requires_browser)
            item.add_marker("browser")
            modules[item.path].append(item)
    # Two workers share the browser tests, because one would still run them long after the other has ended.
    sizes = {"browser-1": 0, "browser-2": 0}
    for tests in modules.values():
        group = min(sizes, key=sizes.get)
        sizes[group] += len(tests)
        for item in tests:
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="package")
def chromium():
    assert not MISSING, MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        expect.set_options(timeout=30_000)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def cinema(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cinema")
    with Cinema(folder, EMAIL_URL=f"file:///{folder}/mails") as cinema:
        yield cinema


@pytest.fixture
def visit(chromium, cinema, axe_runs):
    """Opens a path in a new browser context: `page = visit("#/shows/7", width=320, dark=True)`.

    `zone` is the visitor's time zone, `locale` that of the browser. `username` logs that user in first;
    `base_url` visits another server than `cinema`, and `hosts` are others that the page may request. At the
    end, the test fails if any page had a script error, logged an error to the console, or requested another
    host.
    """
    contexts, errors = [], []

    def open_page(
        path="",
        *,
        base_url=None,
        hosts=(),
        width=1280,
        height=900,
        dark=False,
        touch=False,
        zone="UTC",
        locale="en-US",
        username=None,
    ):
        base_url = base_url or cinema.url
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": height}
        context = chromium.new_context(
            viewport=size, color_scheme=scheme, has_touch=touch, timezone_id=zone, locale=locale
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: check_host(request.url, (base_url, *hosts)))
        page.on("console", check_console)
        if username:
            log_in(page, base_url, username)
        page.goto(f"{base_url}/{path}")
        return page

    def check_host(url, urls):
        if not url.startswith((*urls, "data:")):
            errors.append(url)

    def check_console(message):
        # Chromium logs every error response and lost connection; many tests cause those on purpose.
        if axe_runs and "Applying inline style" in message.text:
            return
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
def admin(visit, cinema):
    """Opens a page of the admin, logged in as the superuser."""

    def open_page(path, **appearance):
        page = visit(f"admin/login/?next=/admin/{path}", **appearance)
        page.get_by_label("Username").fill(SUPERUSER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        # Waits until the page has loaded, because keys mean something else before its scripts run.
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    return open_page


@pytest.fixture
def axe_runs():
    """The addresses where axe ran. It reads style sheets again by inline styles, which the CSP forbids."""
    return []


@pytest.fixture
def axe_violations(axe_runs):
    """Runs axe on a page with the rules of WCAG 2.2 AA and axe's best practices.

    Returns the violated rules with examples: `[(rule id, [html, …]), …]`. With `preload=False`, axe adds no
    copies of style sheets from other origins to the page, whose policy may forbid them.
    """

    def run(page, **options):
        axe_runs.append(page.url)
        violations = Axe().run(page, options=options).response["violations"]
        return [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in violations]

    return run
