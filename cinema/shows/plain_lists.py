"""The plain SQL of movies and shows, for lists and for a show. `cinema/api/plain_lists.py` says who gets it."""

from typing import Any

from django.db import connection
from django.db.models.functions import Now

from cinema.api.plain_lists import PlainList, Row, fetch_with_django
from cinema.shows.availability import available_seats, recent_counts
from cinema.shows.models import Show
from cinema.shows.times import shift, to_local, utc

NOW, _ = Show.objects.all().query.get_compiler(connection=connection).compile(Now())
MOVIE_COLUMNS = ("id", "title", "duration_minutes", "description", "age_rating", "language", "poster_url")
SHOW_COLUMNS = """
show.id, show.movie_id, movie.title, movie.age_rating, movie.poster_url, show.screen_name, show.date_time,
movie.duration_minutes, show.format, show.on_sale_from, show.status, show.price_list_id,
(SELECT MIN(amount) FROM shows_price price WHERE price.price_list_id = show.price_list_id), show.total_seats"""


SHOWS = "shows_show show"
WITH_MOVIE = "JOIN shows_movie movie ON movie.id = show.movie_id"
ONE_SHOW = f"SELECT {SHOW_COLUMNS} FROM {SHOWS} {WITH_MOVIE} WHERE show.id = %(show)s"  # noqa: S608


def movies() -> PlainList:
    return PlainList(", ".join(MOVIE_COLUMNS), "shows_movie", "", "TRUE", "title, id", {}, represent_movies)


def shows(parameters: dict[str, str], movie_id: int | None = None) -> PlainList | None:
    """The shows of a movie or of all movies, by time. Knows the parameter `upcoming=true` only."""
    if parameters not in ({}, {"upcoming": "true"}):
        return None
    conditions = ["TRUE"]
    if movie_id is not None:
        conditions.append("show.movie_id = %(movie)s")
    if parameters:
        conditions.append(f"show.date_time > {NOW}")
    return PlainList(
        SHOW_COLUMNS,
        SHOWS,
        WITH_MOVIE,
        " AND ".join(conditions),
        "show.date_time, show.id",
        {} if movie_id is None else {"movie": movie_id},
        lambda rows: represent_shows(rows, recent_counts({row[0]: row[-1] for row in rows})),
    )


def one_show(show_id: int) -> dict[str, Any] | None:
    rows = fetch_with_django(ONE_SHOW, {"show": show_id})
    return represent_shows(rows, available_seats([show_id]))[0] if rows else None


def represent_movies(rows: list[Row]) -> list[dict[str, Any]]:
    return [dict(zip(MOVIE_COLUMNS, row, strict=True)) for row in rows]


def represent_shows(rows: list[Row], available: dict[int, int]) -> list[dict[str, Any]]:
    """Builds the JSON of shows. `available` has the number of available seats of each, by id."""
    members = []
    for (
        show_id,
        movie_id,
        title,
        age_rating,
        poster_url,
        screen,
        starts_at,
        minutes,
        form,
        on_sale_from,
        status,
        *prices,
        total,
    ) in rows:
        date_time = utc(starts_at)
        members.append(
            {
                "id": show_id,
                "movie": movie_id,
                "movie_title": title,
                "movie_age_rating": age_rating,
                "movie_poster_url": poster_url,
                "screen_name": screen,
                "date_time": date_time,
                "local_time": to_local(date_time),
                "ends_at": shift(date_time, minutes),
                "format": form,
                "on_sale_from": on_sale_from and utc(on_sale_from),
                "status": status,
                "price_list": prices[0],
                "price_from": prices[1],
                "total_seats": total,
                "available_seats": available[show_id],
            }
        )
    return members
