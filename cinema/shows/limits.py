"""Limits of the values of movies and shows. No Django, because `cinema.seats.halls` imports this module."""

MAX_MINUTES = 10_000
MAX_SEATS = 100_000
MAX_CATEGORY_LENGTH = 100
MAX_KIND_LENGTH = 50
# In the smallest unit of the currency. The column has 32 bits.
MAX_AMOUNT = 1_000_000_000
MAX_PRICES = 500
# The address of a poster. The schema shows this pattern. It names the control characters and the byte order
# mark, because Python and JavaScript disagree which of them are spaces.
POSTER_URL = r"^https://[^\s\x00-\x1f\x7f-\x9f\ufeff]+$"
