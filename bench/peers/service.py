"""The same sale as a small service of FastAPI, asyncpg and uvicorn, written by hand for speed.

It runs on the packages of `requirements.txt`, in an environment of its own. It sells with the product's own
statements, which the harness passes to it, and checks the same tokens. It leaves out what costs time: roles,
throttles, idempotency keys, metrics, compression, the reason of a refusal, and the count of a list.

Uvicorn runs it with this folder as the import path, because `bench` needs the packages of the product.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import jwt
from answers import (
    Availability,
    Book,
    Booking,
    Bookings,
    Hold,
    HoldSeats,
    Movies,
    SeatMap,
    Show,
    Shows,
)
from fastapi import FastAPI, HTTPException, Request
from queries import AVAILABILITY, BOOKINGS, MOVIES, ONE_SHOW, PROGRAMME, SEATS, SHOWS_OF_MOVIE

KEY = os.environ["SECRET_KEY"]
ZONE = ZoneInfo(os.environ["TIME_ZONE"])
CONNECTIONS = 16
ORDER_ALPHABET = "23456789ACDEFGHJKMNPQRTVWXY"

# The product's statements by name, each with the names of its parameters in their order.
STATEMENTS = json.loads(os.environ["PEER_STATEMENTS"])


@asynccontextmanager
async def connect(app: FastAPI) -> AsyncIterator[None]:
    global pool
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS
    ) as pool:
        yield


app = FastAPI(lifespan=connect, openapi_url=None)


def read_token(request: Request) -> dict[str, Any]:
    try:
        _, token = request.headers["authorization"].split(" ")
        return jwt.decode(token, KEY, algorithms=["HS256"])
    except (KeyError, ValueError, jwt.PyJWTError):
        raise HTTPException(401, "Log in.") from None


async def run(name: str, values: dict[str, Any]) -> list[Any]:
    """Runs one of the product's statements, which asyncpg prepares once per connection."""
    statement, names = STATEMENTS[name]
    return await pool.fetch(statement, *map(values.__getitem__, names))


def new_order() -> str:
    letters = "".join(secrets.choice(ORDER_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def sign(text: str) -> str:
    signature = base64.urlsafe_b64encode(hmac.digest(KEY.encode(), text.encode(), hashlib.sha256))
    return f"{text}.{signature.rstrip(b'=').decode()}"


def summarize(row: Any, show_id: int) -> dict[str, Any]:
    return {
        "id": show_id,
        "movie": {
            "id": row["movie_id"],
            "title": row["title"],
            "duration_minutes": row["duration_minutes"],
        },
        "screen_name": row["screen_name"],
        "date_time": row["date_time"],
        "local_time": row["date_time"].astimezone(ZONE),
    }


def with_tickets(booking: dict[str, Any], show_id: int) -> dict[str, Any]:
    live = booking["status"] == "booked"
    booking["ticket"] = sign(f"B{show_id}-{booking['id']}") if live else None
    booking["order_ticket"] = sign(f"O{show_id}-{booking['order']}") if live and booking["order"] else None
    return booking


def sold(row: Any, show_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """The booking in a row of the product's statement, which has two columns `id`."""
    booking_id, seat, label, kind, amount, currency, screen_name, date_time, movie_id, title, minutes = (
        row.values()
    )
    show = {"screen_name": screen_name, "date_time": date_time}
    movie = {"movie_id": movie_id, "title": title, "duration_minutes": minutes}
    booking = {
        "id": booking_id,
        "show": summarize(show | movie, show_id),
        "seat_number": seat,
        "seat_label": label,
        "status": "booked",
        "created_at": values["now"],
        "order": values["order"],
        "kind": kind,
        "amount": amount,
        "currency": currency,
    }
    return with_tickets(booking, show_id)


def sale_values(request: Request, show_id: int) -> dict[str, Any]:
    token = read_token(request)
    return {
        "user": int(token["user_id"]),
        "password_hash": token["hash_password"],
        "show": show_id,
        "currency": "EUR",
        "kind": None,
        "kinds": None,
        "now": datetime.now(UTC),
        "order": new_order(),
    }


def represent_show(row: Any) -> dict[str, Any]:
    return dict(row) | {
        "movie": row["movie_id"],
        "price_list": row["price_list_id"],
        "local_time": row["date_time"].astimezone(ZONE),
        "ends_at": row["date_time"] + timedelta(minutes=row["duration_minutes"]),
    }


def count(statuses: list[str] | str, names: str = "") -> dict[str, int]:
    values = names or ("available", "held", "taken", "blocked")
    keys = ("available", "held", "taken", "blocked")
    return {"total": len(statuses)} | {
        key: statuses.count(value) for key, value in zip(keys, values, strict=True)
    }


@app.get("/readyz")
async def ready() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/shows/{show_id}/book/", status_code=201)
async def book(request: Request, show_id: int, body: Book) -> Booking:
    values = sale_values(request, show_id) | {"seat": body.seat_number, "kind": body.kind}
    statement, names = STATEMENTS["book"]
    row = await pool.fetchrow(statement, *map(values.__getitem__, names))
    if row is None:
        raise HTTPException(409, "This seat is not available.")
    return sold(row, show_id, values)


@app.put("/shows/{show_id}/hold/")
async def hold(request: Request, show_id: int, body: HoldSeats) -> Hold:
    values = sale_values(request, show_id)
    values |= {"seats": body.seat_numbers, "size": len(body.seat_numbers), "seconds": 600, "max_seconds": 1800}
    rows = await run("hold", values)
    if not rows:
        raise HTTPException(409, "These seats are not available.")
    held = {number: until for number, until in rows if until}
    return {"show": show_id, "seat_numbers": sorted(held), "expires_at": next(iter(held.values()))}


@app.post("/shows/{show_id}/hold/book/", status_code=201)
async def book_hold(request: Request, show_id: int) -> list[Booking]:
    values = sale_values(request, show_id)
    rows = await run("book_held", values)
    if not rows:
        raise HTTPException(404, "You hold no seat.")
    return [sold(row, show_id, values) for row in rows]


@app.get("/my-bookings/")
async def my_bookings(request: Request, order: str | None = None) -> Bookings:
    user_id = int(read_token(request)["user_id"])
    bookings = []
    for row in await pool.fetch(BOOKINGS, user_id, order):
        show_id = row["show_id"]
        booking = dict(row) | {"show": summarize(row, show_id), "seat_label": row["label"]}
        bookings.append(with_tickets(booking, show_id))
    return {"results": bookings}


@app.get("/movies/")
async def movies() -> Movies:
    return {"results": [dict(row) for row in await pool.fetch(MOVIES)]}


@app.get("/movies/{movie_id}/shows/")
async def shows_of_movie(movie_id: int) -> Shows:
    return {"results": [represent_show(row) for row in await pool.fetch(SHOWS_OF_MOVIE, movie_id)]}


@app.get("/shows/")
async def programme() -> Shows:
    return {"results": [represent_show(row) for row in await pool.fetch(PROGRAMME)]}


@app.get("/shows/{show_id}/")
async def one_show(show_id: int) -> Show:
    row = await pool.fetchrow(ONE_SHOW, show_id)
    if row is None:
        raise HTTPException(404, "There is no such show.")
    return represent_show(row)


@app.get("/shows/{show_id}/seats/")
async def seat_map(show_id: int) -> SeatMap:
    async with pool.acquire() as connection:
        show = await connection.fetchrow(
            "SELECT show.*, movie.title, movie.duration_minutes FROM shows_show show "
            "JOIN shows_movie movie ON movie.id = show.movie_id WHERE show.id = $1",
            show_id,
        )
        rows = await connection.fetch(SEATS, show_id)
    if show is None:
        raise HTTPException(404, "There is no such show.")
    ends_at = show["date_time"] + timedelta(minutes=show["duration_minutes"])
    colors = {row["category"]: row["color"] for row in rows}
    return {
        "show": dict(show) | summarize(show, show_id) | {"ends_at": ends_at},
        "version": sum(row["changes"] for row in rows),
        "counts": count([row["status"] for row in rows]),
        "layout": {
            "width": max(row["x"] for row in rows),
            "height": max(row["y"] for row in rows),
            "categories": [{"name": name, "color": color} for name, color in colors.items()],
        },
        "seats": [dict(row) for row in rows],
    }


@app.get("/shows/{show_id}/availability/")
async def availability(show_id: int) -> Availability:
    row = await pool.fetchrow(AVAILABILITY, show_id)
    if row["statuses"] is None:
        raise HTTPException(404, "There is no such show.")
    counts = count(row["statuses"], "ahtb")
    return {"show": show_id, "version": row["version"], "counts": counts, "statuses": row["statuses"]}
