"""Choosing seats in the browser: by hand up to the limit, or the best of a category."""

from tests.browser.cinema import Cinema
from tests.browser.pages import button, expect, message, seat


def test_best_seats_of_a_category_are_held_and_booked(visit, cinema):
    name, _ = cinema.new_visitor()
    page = visit(f"#/shows/{cinema.new_show(screen='Studio', seats=24)}", username=name)
    page.get_by_label("Seats side by side").fill("2")
    page.get_by_label("Category").select_option("Sofa")
    button(page, "Find the best").click()
    expect(page.locator(".choice").get_by_role("listitem")).to_have_count(2)
    expect(page.locator(".choice")).to_contain_text("Sofa")
    button(page, "Book 2 seats").click()
    expect(message(page)).to_contain_text("Booked: E")


def test_search_for_too_many_adjacent_seats_tells_how_many_there_are(visit, cinema):
    name, _ = cinema.new_visitor()
    page = visit(f"#/shows/{cinema.new_show(screen='Box', seats=8)}", username=name)
    page.get_by_label("Seats side by side").fill("5")
    button(page, "Find the best").click()
    expect(message(page)).to_contain_text("At most 2 such seats are available side by side")


def test_at_most_ten_seats_can_be_chosen(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show()}")
    for number in range(1, 12):
        seat(page, "ABC"[(number - 1) // 5], (number - 1) % 5 + 1).click()
    expect(button(page, "Hold 10 seats")).to_be_visible()
    expect(page.locator(".seat-map-about")).to_have_text("10 seats at most")


def test_removing_a_seat_moves_the_focus_to_its_neighbor(visit, cinema):
    page = visit(f"#/shows/{cinema.new_show()}")
    seat(page, "A", 1).click()
    seat(page, "A", 2).click()
    button(page, "Remove A1").click()
    expect(button(page, "Remove A2")).to_be_focused()
    button(page, "Remove A2").click()
    expect(page.get_by_role("heading", name="Your seats")).to_be_focused()


def test_invalid_stored_choice_is_ignored(visit, cinema):
    show = cinema.new_show()
    page = visit()
    for value in ("{bad", "null", '{"a": 1}', '[1, {}, "Z99"]'):
        page.evaluate(
            "([show, value]) => sessionStorage.setItem(`cinema.choice.${show}`, value)", [show, value]
        )
        page.goto(f"{cinema.url}/#/")
        page.goto(f"{cinema.url}/#/shows/{show}")
        expect(page.get_by_role("grid")).to_be_visible()


def test_page_uses_the_limit_of_the_settings(visit, tmp_path):
    with Cinema(tmp_path, HOLD_MAX_SEATS="2") as cinema:
        page = visit(f"#/shows/{cinema.new_show()}", base_url=cinema.url)
        for number in (1, 2, 3):
            seat(page, "A", number).click()
        expect(button(page, "Hold 2 seats")).to_be_visible()
        expect(message(page)).to_contain_text("2 seats at most")


def test_basket_never_covers_the_focused_seat(visit, cinema):
    show = cinema.new_show(screen="Grand Hall", seats=1440)
    page = visit(f"#/shows/{show}", width=390, height=844)
    for number in (10, 11, 12):
        seat(page, "Stalls A", number).click()
    for _ in range(30):
        page.keyboard.press("ArrowDown")
        focused, basket = (page.locator(css).bounding_box() for css in ("[role=gridcell]:focus", ".basket"))
        assert focused["y"] + focused["height"] <= basket["y"] + 1
