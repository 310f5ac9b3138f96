"""A show that staff change, or that starts, while its pages are open."""

import re
from datetime import UTC, datetime, timedelta

from tests.browser.cinema import Cinema
from tests.browser.pages import button, expect, message, seat


def test_deleted_show_shows_a_message(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}")
    expect(page.get_by_role("grid")).to_be_visible()
    cinema.call("DELETE", f"/shows/{show}/", token=cinema.staff_token())
    expect(message(page)).to_contain_text("This show was removed from the program")


def test_hall_with_more_seats_is_redrawn(visit, cinema):
    show = cinema.new_show(seats=10)
    page = visit(f"#/shows/{show}")
    expect(page.get_by_role("gridcell")).to_have_count(10)
    cinema.call("PATCH", f"/shows/{show}/", {"total_seats": 30}, cinema.staff_token())
    expect(page.get_by_role("gridcell")).to_have_count(30)


def test_relayout_keeps_chosen_seats_by_their_labels(visit, tmp_path):
    with Cinema(tmp_path) as cinema:
        plan = tmp_path / "plan.txt"
        plan.write_text("name: Attic\nA | ...\nB | ...\n")
        cinema.manage("import_plan", str(plan), "--screen", "Attic")
        show = cinema.new_show(screen="Attic", seats=6)
        page = visit(f"#/shows/{show}", base_url=cinema.url, username=cinema.new_visitor()[0])
        seat(page, "A", 2).click()
        plan.write_text("name: Attic\nB | ...\nA | ...\n")
        cinema.manage("import_plan", str(plan), "--screen", "Attic", "--relay")
        expect(page.get_by_role("row").first).to_have_attribute("aria-label", "Row B")
        expect(seat(page, "A", 2)).to_have_attribute("aria-selected", "true")
        button(page, "Hold 1 seat").click()
        button(page, "Book 1 seat").click()
        expect(message(page)).to_contain_text("Booked: A2")
        assert cinema.seat_status(show, 5) == "taken"


def test_chosen_seat_that_a_relayout_removes_shows_a_message(visit, cinema):
    show = cinema.new_show(seats=40)
    page = visit(f"#/shows/{show}")
    seat(page, "F", 3).click()
    cinema.call("PATCH", f"/shows/{show}/", {"total_seats": 6}, cinema.staff_token())
    expect(message(page)).to_contain_text("F3 is no longer available")
    expect(page.get_by_role("gridcell")).to_have_count(6)
    expect(page.locator(".choice").get_by_role("listitem")).to_have_count(0)


def test_started_show_is_no_longer_on_sale(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}", username=cinema.new_visitor()[0])
    seat(page, "A", 1).click()
    # The API moves no show into the past.
    past = datetime.now(UTC) - timedelta(minutes=1)
    query = f"Show.objects.filter(pk={show}).update(date_time='{past.isoformat()}')"
    cinema.manage("shell", "-c", f"from cinema.shows.models import Show; {query}")
    button(page, "Hold 1 seat").click()
    expect(message(page)).to_contain_text("This show has started")
    expect(button(page, "Hold 1 seat")).to_be_hidden()
    assert_not_on_sale(page)
    page.reload()
    expect(message(page)).to_contain_text("This show has started")
    assert_not_on_sale(page)


def test_show_that_starts_while_its_pages_are_open_offers_no_seat(visit, cinema):
    show = cinema.new_show()
    name, token = cinema.new_visitor()
    cinema.call("PUT", f"/shows/{show}/hold/", {"seat_numbers": [1]}, token)
    cinema.book(show, 2, token)
    page = visit(f"#/shows/{show}", username=name)
    movie = visit(f"#/movies/{cinema.call('GET', f'/shows/{show}/')['movie']}")
    bookings = visit("#/bookings", username=name)
    for tab in (page, movie, bookings):
        tab.clock.install()
        tab.reload()
    link = movie.locator(f'a[href="#/shows/{show}"]')
    cancel_button = bookings.get_by_role("button", name=re.compile("^Cancel A2"))
    expect(link).to_be_visible()
    expect(cancel_button).to_be_visible()
    expect(button(page, "Book 1 seat")).to_be_visible()
    starts = datetime.fromisoformat(cinema.call("GET", f"/shows/{show}/")["date_time"])
    milliseconds = int((starts - datetime.now(UTC) + timedelta(minutes=1)).total_seconds() * 1000)
    for tab in (page, movie, bookings):
        tab.clock.fast_forward(milliseconds)
    expect(message(page)).to_contain_text("This show has started")
    assert_not_on_sale(page)
    expect(link).to_have_count(0)
    expect(movie.get_by_text("Has begun").first).to_be_visible()
    expect(cancel_button).to_be_hidden()


def test_show_that_is_called_off_while_its_pages_are_open_offers_no_seat(visit, cinema):
    show = cinema.new_show(screen="Screen 11")
    name, token = cinema.new_visitor()
    cinema.call("PUT", f"/shows/{show}/hold/", {"seat_numbers": [1]}, token)
    cinema.book(show, 2, token)
    page = visit(f"#/shows/{show}", username=name)
    bookings = visit("#/bookings", username=name)
    expect(button(page, "Book 1 seat")).to_be_visible()
    cinema.call("POST", f"/shows/{show}/cancel/", {}, cinema.staff_token())

    expect(message(page)).to_contain_text("This show was called off. Choose another show.")
    assert_not_on_sale(page)
    page.reload()
    expect(message(page)).to_contain_text("This show was called off")
    assert_not_on_sale(page)
    bookings.get_by_role("button", name=re.compile("^Cancel A2")).click()
    bookings.get_by_role("button", name="Yes, cancel it").click()
    expect(bookings.get_by_text("show called off")).to_be_visible()
    movie = visit(f"#/movies/{cinema.call('GET', f'/shows/{show}/')['movie']}")
    expect(movie.get_by_role("listitem").filter(has_text="Screen 11")).to_contain_text("Called off")
    expect(movie.locator(f'a[href="#/shows/{show}"]')).to_have_count(0)


def test_show_that_is_deleted_after_a_relayout_shows_a_message(visit, cinema):
    show = cinema.new_show()
    page = visit(f"#/shows/{show}")
    expect(page.get_by_role("grid")).to_be_visible()
    page.route(re.compile(f"/shows/{show}/seats/"), lambda route: route.abort())
    with page.expect_request(re.compile(f"/shows/{show}/seats/")):
        cinema.call("PATCH", f"/shows/{show}/", {"total_seats": 30}, cinema.staff_token())
    cinema.call("DELETE", f"/shows/{show}/", token=cinema.staff_token())
    page.unroute(re.compile(f"/shows/{show}/seats/"))
    expect(message(page)).to_contain_text("This show was removed from the program")


def test_start_of_a_show_moves_the_focus_only_from_its_cancel_button(visit, cinema):
    show = cinema.new_show()
    name, token = cinema.new_visitor()
    cinema.book(show, 1, token)
    starts = datetime.fromisoformat(cinema.call("GET", f"/shows/{show}/")["date_time"])
    milliseconds = int((starts - datetime.now(UTC) + timedelta(minutes=1)).total_seconds() * 1000)
    page = visit("#/bookings", username=name)
    page.clock.install()
    for focused, focused_afterwards in ((None, "BODY"), ("button", "H1")):
        page.reload()
        cancel_button = page.get_by_role("button", name=re.compile("^Cancel A1"))
        expect(cancel_button).to_be_visible()
        if focused:
            cancel_button.focus()
        page.clock.fast_forward(milliseconds)
        expect(cancel_button).to_be_hidden()
        assert page.evaluate("document.activeElement.tagName") == focused_afterwards


def assert_not_on_sale(page):
    expect(page.get_by_role("gridcell", name=re.compile("available|chosen"))).to_have_count(0)
    expect(page.get_by_text("Not on sale")).to_be_visible()
    expect(page.get_by_role("timer")).to_be_hidden()
    expect(page.locator(".basket").get_by_role("button")).to_have_count(0)
    expect(button(page, "Find the best")).to_be_hidden()
