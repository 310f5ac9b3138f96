"""Limits of the values of movies and shows. No Django, because `cinema.seats.halls` imports this module."""

MAX_MINUTES = 10_000
MAX_SEATS = 100_000
# The address of a poster. Python and JavaScript read this pattern alike, because the schema shows it.
POSTER_URL = r"^https://\S+$"
