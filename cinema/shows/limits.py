"""Upper limits of movies and shows. No Django here: `cinema.seats.halls` imports it."""

MAX_MINUTES = 10_000
MAX_SEATS = 100_000
