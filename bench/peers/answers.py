"""The bodies and answers of the peer, which FastAPI validates and writes."""

from datetime import datetime

from pydantic import BaseModel


class Movie(BaseModel):
    id: int
    title: str
    duration_minutes: int


class MovieWithFacts(Movie):
    description: str
    age_rating: str
    language: str
    poster_url: str


class Show(BaseModel):
    id: int
    movie: int
    movie_title: str
    movie_age_rating: str
    movie_poster_url: str
    screen_name: str
    date_time: datetime
    local_time: datetime
    ends_at: datetime
    format: str
    on_sale_from: datetime | None
    status: str
    price_list: int | None
    price_from: int | None
    total_seats: int
    available_seats: int


class ShowSummary(BaseModel):
    id: int
    movie: Movie
    screen_name: str
    date_time: datetime
    local_time: datetime


class MapShow(ShowSummary):
    ends_at: datetime
    format: str
    on_sale_from: datetime | None
    status: str
    total_seats: int


class Counts(BaseModel):
    total: int
    available: int
    held: int
    taken: int
    blocked: int


class Category(BaseModel):
    name: str
    color: str


class Layout(BaseModel):
    width: float
    height: float
    categories: list[Category]


class Seat(BaseModel):
    seat_number: int
    label: str
    row: str
    column: int
    x: float
    y: float
    category: str
    accessible: bool
    companion: bool
    pair: int | None
    status: str


class SeatMap(BaseModel):
    show: MapShow
    version: int
    counts: Counts
    layout: Layout
    seats: list[Seat]


class Availability(BaseModel):
    show: int
    version: int
    counts: Counts
    statuses: str


class Booking(BaseModel):
    id: int
    show: ShowSummary
    seat_number: int
    seat_label: str
    status: str
    created_at: datetime
    order: str | None
    kind: str | None
    amount: int | None
    currency: str | None
    cancelled_at: datetime | None = None
    cancelled_because: str | None = None
    admitted_at: datetime | None = None
    ticket: str | None
    order_ticket: str | None


class Book(BaseModel):
    seat_number: int
    kind: str | None = None


class HoldSeats(BaseModel):
    seat_numbers: list[int]


class Hold(BaseModel):
    show: int
    seat_numbers: list[int]
    expires_at: datetime


class Movies(BaseModel):
    results: list[MovieWithFacts]


class Shows(BaseModel):
    results: list[Show]


class Bookings(BaseModel):
    results: list[Booking]
