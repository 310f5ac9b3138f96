"""Locators for the parts of the pages, by ARIA role and name."""

import re

try:
    from playwright.sync_api import expect
except ImportError:
    expect = None  # conftest.py skips the tests or lets them fail.

__all__ = ["button", "expect", "log_in_dialog", "message", "seat", "wait_until"]


def seat(page, row, number):
    return page.get_by_role("gridcell", name=re.compile(rf"^Row {row}, seat {number}(,|$)"))


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def log_in_dialog(page):
    return page.get_by_role("dialog")


def message(page):
    """The message in the "Your seats" panel."""
    return page.locator(".basket").get_by_role("alert")


def wait_until(page, condition):
    """Waits until the condition holds, because a page draws some time after it has handled an event.

    After 20 seconds it returns anyway: the assertion that follows says what was wrong.
    """
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(100)
