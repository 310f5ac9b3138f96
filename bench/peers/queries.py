"""The SQL of the peer's reads."""

PAGE_SIZE = 50

MOVIES = f"""
SELECT id, title, duration_minutes, description, age_rating, language, poster_url
FROM shows_movie ORDER BY title, id LIMIT {PAGE_SIZE}"""
SHOW = """
SELECT show.*, movie.title AS movie_title, movie.age_rating AS movie_age_rating,
       movie.poster_url AS movie_poster_url, movie.duration_minutes,
       (SELECT MIN(amount) FROM shows_price price WHERE price.price_list_id = show.price_list_id) AS price_from,
       (SELECT COUNT(*) FROM seats_seat seat WHERE seat.show_id = show.id AND NOT taken AND NOT blocked
          AND (held_until IS NULL OR held_until <= STATEMENT_TIMESTAMP())) AS available_seats
FROM shows_show show JOIN shows_movie movie ON movie.id = show.movie_id"""
ONE_SHOW = f"{SHOW} WHERE show.id = $1"
ORDER = f"ORDER BY show.date_time, show.id LIMIT {PAGE_SIZE}"
PROGRAMME = f"{SHOW} {ORDER}"
SHOWS_OF_MOVIE = f"{SHOW} WHERE show.movie_id = $1 {ORDER}"
SEATS = """
SELECT number AS seat_number, label, "row", "column", x, y, category, accessible, companion, pair, color,
       changes,
       CASE WHEN taken THEN 'taken' WHEN blocked THEN 'blocked'
            WHEN held_until > STATEMENT_TIMESTAMP() THEN 'held' ELSE 'available' END AS status
FROM seats_seat WHERE show_id = $1 ORDER BY number"""
AVAILABILITY = """
SELECT STRING_AGG(letter, '') AS statuses, SUM(changes)::bigint AS version
FROM (SELECT changes, CASE WHEN taken THEN 't' WHEN blocked THEN 'b'
             WHEN held_until > STATEMENT_TIMESTAMP() THEN 'h' ELSE 'a' END AS letter
      FROM seats_seat WHERE show_id = $1 ORDER BY number) seat"""
BOOKINGS = f"""
SELECT booking.id, booking.seat_number, booking.sold_label AS label, booking.status, booking.created_at,
       booking."order", booking.kind, booking.amount, booking.currency, booking.cancelled_at,
       booking.cancelled_because, booking.admitted_at,
       show.id AS show_id, show.screen_name, show.date_time, movie.id AS movie_id, movie.title,
       movie.duration_minutes
FROM seats_booking booking JOIN shows_show show ON show.id = booking.show_id
JOIN shows_movie movie ON movie.id = show.movie_id
WHERE booking.user_id = $1 AND ($2::text IS NULL OR booking."order" = $2)
ORDER BY booking.created_at DESC, booking.id DESC LIMIT {PAGE_SIZE}"""
