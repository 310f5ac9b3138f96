"""The events by which the embedded map tells its page about the pointer, the focus and errors."""

from tests.browser.pages import expect, seat


def test_pointer_and_focus_on_seats_are_events(visit_host, cinema):
    page = visit_host(cinema.new_show())
    expect(seat(page, "A", 1)).to_be_visible()
    page.evaluate(
        """() => {
            window.hovered = [];
            addEventListener("seat-map-hover", ({detail}) => hovered.push(detail.seat?.label ?? null));
        }"""
    )
    seat(page, "A", 1).hover()
    seat(page, "A", 2).hover()
    page.mouse.move(2, 2)
    page.wait_for_function("() => hovered.at(-1) === null")
    assert [label for label in page.evaluate("hovered") if label] == ["A1", "A2"]
    seat(page, "A", 3).focus()
    page.keyboard.press("ArrowRight")
    page.evaluate("document.querySelector('cinema-seat-map').shadowRoot.activeElement.blur()")
    page.wait_for_function("() => hovered.at(-1) === null")
    assert [label for label in page.evaluate("hovered") if label] == ["A1", "A2", "A3", "A4"]


def test_map_that_can_not_be_loaded_tells_the_page_by_an_event_that_bubbles(visit_host):
    page = visit_host(999999)
    expect(page.get_by_role("alert")).to_have_text("This show was not found. Choose another show.")
    page.evaluate(
        """() => {
            window.errors = [];
            window.addEventListener("seat-map-error", ({detail}) => errors.push(detail.status));
            window.addEventListener("error", () => errors.push("error of a script"));
            document.querySelector("cinema-seat-map").show = 999998;
        }"""
    )
    page.wait_for_function("() => errors.length")
    assert page.evaluate("errors") == [404]
