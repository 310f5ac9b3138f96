"""Forms of the admin, filled in as its pages show them."""


def show_form(show, **changes):
    """The form of a show, with these changes."""
    data = {
        "movie": show.movie_id,
        "screen_name": show.screen_name,
        "date_time_0": f"{show.date_time:%Y-%m-%d}",
        "date_time_1": f"{show.date_time:%H:%M:%S}",
        "total_seats": show.total_seats,
    }
    return data | changes
