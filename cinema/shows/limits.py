"""Upper limits of movies and shows. No Django, because `cinema.seats.halls` imports this module."""

MAX_MINUTES = 10_000
MAX_SEATS = 100_000
