"""A hall with sofas, and calls of the API that sell them."""

# Seats 4 and 5, and 6 and 7, are sofas.
PLAN = """seat s: Sofa #b5651d pair

A | ...
B | ssss.
"""


def hold(caller, show, *numbers, **options):
    body = {"seat_numbers": list(numbers)} if numbers else options
    return caller.put(f"/shows/{show.pk}/hold/", body, format="json")


def book(caller, show, number):
    return caller.post(f"/shows/{show.pk}/book/", {"seat_number": number})


def sell_sofa(caller, show, *numbers):
    """Books the sofa, and returns the ids of the bookings."""
    assert hold(caller, show, *(numbers or (4, 5))).status_code == 200
    return [booking["id"] for booking in caller.post(f"/shows/{show.pk}/hold/book/").json()]


def cancel(caller, booking_id):
    return caller.post(f"/bookings/{booking_id}/cancel/")
