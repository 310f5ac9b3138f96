"""Takes the screenshots of the documentation: `make pictures`."""

import io
import random
import re

import pytest
from PIL import Image

from tests.browser.cinema import PASSWORD, SUPERUSER
from tests.browser.pages import button, expect, seat
from tests.live_server import ROOT

FOLDER = ROOT / "docs" / "pictures"


@pytest.fixture(scope="module")
def shows(cinema):
    """One show in each hall of the demo, partly booked: show ids by screen name."""
    rng = random.Random(7)
    shows = {"Screen 2": 4, "Studio": 3, "Grand Hall": 6}
    for show in shows.values():
        numbers = [seat["seat_number"] for seat in cinema.call("GET", f"/shows/{show}/seats/")["seats"]]
        # Small groups: half of them take the best seats, half of them two seats somewhere.
        for _ in range(max(4, len(numbers) // 12)):
            _, token = cinema.new_visitor()
            if rng.random() < 0.5:
                data = {"best": rng.randint(1, 4)}
            else:
                start = rng.choice(numbers)
                data = {"seat_numbers": [number for number in (start, start + 1) if number in numbers]}
            cinema.call("PUT", f"/shows/{show}/hold/", data, token)
            if rng.random() < 0.85:
                cinema.call("POST", f"/shows/{show}/hold/book/", None, token)
    return shows


def hold_best_seats(page, count):
    if not page.get_by_label("Seats side by side").is_visible():
        page.get_by_text("Find the best seats").click()
    page.get_by_label("Seats side by side").fill(str(count))
    button(page, "Find the best").click()
    expect(page.get_by_role("timer")).to_be_visible()
    page.mouse.move(0, 0)


def save(page, name):
    page.screenshot(path=FOLDER / f"{name}.png")


def test_picture_of_the_page_in_light_colors(visit, cinema, shows):
    username, _ = cinema.new_visitor()
    page = visit(f"#/shows/{shows['Screen 2']}", width=1280, height=860, username=username)
    hold_best_seats(page, 3)
    save(page, "page-light")


def test_picture_of_the_page_in_dark_colors(visit, cinema, shows):
    username, _ = cinema.new_visitor()
    page = visit(f"#/shows/{shows['Grand Hall']}", width=1600, height=1000, dark=True, username=username)
    hold_best_seats(page, 4)
    save(page, "page-dark")


def test_picture_of_the_page_on_a_phone(visit, cinema, shows):
    username, _ = cinema.new_visitor()
    page = visit(f"#/shows/{shows['Studio']}", width=390, height=844, touch=True, username=username)
    hold_best_seats(page, 2)
    page.get_by_role("grid").scroll_into_view_if_needed()
    save(page, "page-phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_moving_picture_of_two_windows_and_one_seat(visit, cinema, scheme):
    """The visitor on the left holds and books a seat. The one on the right sees it at once."""
    show = cinema.new_show(screen="Screen 3", seats=40)
    size = {"width": 640, "height": 720, "dark": scheme == "dark"}
    left, right = (visit(f"#/shows/{show}", username=cinema.new_visitor()[0], **size) for _ in range(2))
    expect(seat(right, "B", 4)).to_be_visible()
    frames = []

    def film(seconds):
        images = [Image.open(io.BytesIO(page.screenshot())) for page in (left, right)]
        frame = Image.new("RGB", (2 * size["width"] + 8, size["height"]), "#888")
        for image, x in zip(images, (0, size["width"] + 8), strict=True):
            frame.paste(image, (x, 0))
        frames.append((frame, 1000 * seconds))

    film(1)
    seat(left, "B", 4).click()
    seat(right, "B", 4).click()
    film(1.5)
    button(left, "Hold 1 seat").click()
    expect(button(left, "Book 1 seat")).to_be_visible()
    expect(right.get_by_role("alert").first).to_contain_text("B4")
    film(2.5)
    button(left, "Book 1 seat").click()
    expect(left.locator(".basket").get_by_role("alert")).to_contain_text("Booked: B4")
    expect(right.locator("[role=gridcell].taken")).to_have_count(1)
    film(3)
    images, durations = zip(*frames, strict=True)
    more = {"append_images": images[1:], "duration": durations, "loop": 0, "quality": 80, "method": 6}
    images[0].save(FOLDER / f"two-windows-{scheme}.webp", save_all=True, **more)


def test_picture_of_a_seat_map_in_the_admin(visit, cinema, shows):
    page = visit(f"admin/login/?next=/admin/seats/hall/{shows['Screen 2']}/change/", width=1280, height=1000)
    page.get_by_label("Username").fill(SUPERUSER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name=re.compile("Seat holders"))).to_be_visible()
    save(page, "admin-hall")


def test_picture_of_swagger(visit, cinema):
    page = visit("swagger/", width=1280, height=1000)
    page.get_by_text("/shows/{show_id}/book/", exact=True).click()
    expect(page.get_by_text("Book a seat").first).to_be_visible()
    page.locator("#operations-Bookings-shows_book_create").scroll_into_view_if_needed()
    save(page, "swagger")
