"""Locators for the parts of the pages, by ARIA role and name."""

import re

try:
    from playwright.sync_api import expect
except ImportError:
    expect = None  # conftest.py skips the tests or lets them fail.

__all__ = ["button", "expect", "log_in_dialog", "message", "seat"]


def seat(page, row, number):
    return page.get_by_role("gridcell", name=re.compile(rf"^Row {row}, seat {number}(,|$)"))


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def log_in_dialog(page):
    return page.get_by_role("dialog")


def message(page):
    """The message in the "Your seats" panel."""
    return page.locator(".basket").get_by_role("alert")
