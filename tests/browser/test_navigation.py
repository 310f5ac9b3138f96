"""Going from page to page: unknown addresses, the skip link, and dialogs that close."""

from tests.browser.pages import button, expect, log_in_dialog, seat


def test_unknown_show_is_not_found(visit):
    page = visit("#/shows/999999")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="What is on").click()
    expect(page.get_by_role("link", name="Seven Samurai").first).to_be_visible()


def test_skip_link_moves_the_focus_to_the_content(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show()}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("grid")).to_be_visible()


def test_skip_link_works_while_the_page_loads(visit, cinema):
    page, waiting = visit(), []
    page.route("**/show-page*.js", lambda route: waiting.append(route))
    page.goto("about:blank")
    page.goto(f"{cinema.url}/#/shows/{cinema.new_show()}", wait_until="commit")
    expect(page.locator(".skip")).not_to_have_attribute("hidden", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    for route in waiting:
        route.continue_()
    expect(page.get_by_role("grid")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()


def test_leaving_a_page_closes_its_dialog(visit, cinema):
    show = cinema.new_show()
    page = visit()
    page.goto(f"{cinema.url}/#/shows/{show}")
    seat(page, "A", 1).click()
    button(page, "Hold 1 seat").click()
    expect(log_in_dialog(page)).to_be_visible()
    page.go_back()
    expect(log_in_dialog(page)).to_be_hidden()
    expect(page.get_by_role("heading", name="What is on")).to_be_visible()
