"""Rows of fixtures: a movie, its show, and functions for a booking and a seat of the show."""

MOVIE = {"model": "shows.movie", "pk": 1, "fields": {"title": "Vienna", "duration_minutes": 104}}
SHOW = {
    "model": "shows.show",
    "pk": 7,
    "fields": {"movie": 1, "screen_name": "Screen 1", "date_time": "2030-01-01T18:00:00Z", "total_seats": 12},
}


def live_booking(buyer, **fields):
    defaults = {"user": buyer.pk, "show": 7, "seat_number": 3, "status": "booked"}
    return {
        "model": "seats.booking",
        "pk": 1,
        "fields": defaults | {"created_at": "2029-01-01T00:00:00Z"} | fields,
    }


def seat(number, **fields):
    place = {"row": "Z", "column": number, "label": f"Z{number}", "x": number, "y": 1, "category": "Box"}
    return {"model": "seats.seat", "pk": [7, number], "fields": {"show": 7, "number": number} | place | fields}
