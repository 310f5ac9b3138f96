"""API views of movies and shows: anyone reads, staff with the permission write."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.filters import SearchFilter
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from cinema.api.folding import fold
from cinema.api.permissions import StaffPermission
from cinema.api.plain_lists import PlainList, PlainListMixin, PlainMixin
from cinema.api.renderers import to_json
from cinema.api.representation import Representation
from cinema.shows import plain_lists
from cinema.shows.availability import count_available_seats, recent_counts
from cinema.shows.exceptions import HasBookings, ScreenBusy, SeatsInUse, ShowArchived, ShowCancelled
from cinema.shows.models import Movie, PriceList, Show
from cinema.shows.query_parameters import ProgrammeQuerySerializer, ShowQuerySerializer
from cinema.shows.screens import describe_screens, lock_programme, screen_names
from cinema.shows.serializers import (
    MovieSerializer,
    NewShowSerializer,
    ScreenSerializer,
    ShowChangeSerializer,
    ShowSerializer,
)

MAX_SEARCH_WORDS = 20


class TitleSearchFilter(SearchFilter):
    """DRF's search with at most `MAX_SEARCH_WORDS` words, whatever their letter case, composition and width.

    Each word is a condition of the query, and SQLite rejects a query with thousands of conditions.
    """

    def get_search_terms(self, request: Request) -> list[str]:
        terms = [fold(term) for term in super().get_search_terms(request)]
        if len(terms) > MAX_SEARCH_WORDS:
            raise ValidationError({"search": [f"Search for at most {MAX_SEARCH_WORDS} words."]})
        return terms


class PublicReadView(generics.GenericAPIView):
    """Reads need no token and ignore a stale one. Writes are for staff with the permission.

    A method that the view does not have needs no token either, so that everybody gets 405 for it, not 401.
    """

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_authenticators(self) -> list[Any]:
        # drf-spectacular calls this without a request.
        return [] if self.request and self._is_public() else super().get_authenticators()

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self._is_public() else [StaffPermission()]

    def _is_public(self) -> bool:
        return self.request.method in SAFE_METHODS or self.request.method not in self.allowed_methods

    def lock_or_404(self, row: Any) -> Any:
        """Reads the row again and locks it until the transaction ends. Raises `Http404` if it was deleted.

        The lock is `FOR NO KEY UPDATE`: inserts that reference the row, such as the booking of a show, do not
        wait for it.
        """
        return get_object_or_404(type(row).objects.select_for_update(no_key=True), pk=row.pk)

    def perform_update(self, serializer: BaseSerializer) -> None:
        with transaction.atomic():
            lock_programme()
            serializer.instance = self.lock_or_404(serializer.instance)
            serializer.save()

    def perform_destroy(self, instance: Any) -> None:
        with transaction.atomic():
            lock_programme()
            self.lock_or_404(instance).delete()


@extend_schema(tags=["Movies"])
@extend_schema_view(
    get=extend_schema(summary="List movies"),
    post=extend_schema(summary="Add a movie (staff)"),
)
class MovieList(PlainListMixin, PublicReadView, generics.ListCreateAPIView):
    queryset = Movie.objects.all()
    serializer_class = MovieSerializer
    filter_backends = [TitleSearchFilter]
    search_fields = ["title_folded__contains"]
    problems = {"GET": [ValidationError]}

    def plain_list(self, request: HttpRequest, parameters: dict[str, str]) -> PlainList | None:
        return None if parameters else plain_lists.movies()


@extend_schema(tags=["Movies"])
@extend_schema_view(
    get=extend_schema(summary="Get a movie"),
    patch=extend_schema(
        summary="Change a movie (staff)",
        description="A longer `duration_minutes` must not make upcoming shows overlap on their screens.",
    ),
    delete=extend_schema(summary="Delete a movie and its shows (staff)"),
)
class MovieDetail(PublicReadView, generics.RetrieveUpdateDestroyAPIView):
    queryset = Movie.objects.all()
    serializer_class = MovieSerializer
    lookup_url_kwarg = "movie_id"
    problems = {"PATCH": [ScreenBusy], "DELETE": [HasBookings]}


class ShowView(PublicReadView):
    queryset = Show.objects.with_details()
    serializer_class = ShowSerializer

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset) or []
        counts = recent_counts({show.pk: show.total_seats for show in page})
        for show in page:
            show.available_seats = counts[show.pk]
        return page

    def reload(self, serializer: BaseSerializer) -> None:
        """Reads the written show again and counts its seats, so that a write answers like a read.

        Raises `Http404` if the show was deleted after the write.
        """
        written: Any = serializer.instance
        serializer.instance = show = get_object_or_404(self.queryset, pk=written.pk)
        count_available_seats([show])


def lock_price_list(serializer: BaseSerializer) -> None:
    """Keeps the price list of a show from being deleted before the show is saved.

    Raises `ValidationError` if it was deleted.
    """
    lock_programme()
    price_list = serializer.validated_data.get("price_list")
    if price_list and not PriceList.objects.filter(pk=price_list.pk).exists():
        raise ValidationError({"price_list": ["This price list was deleted. Choose another one."]})


@extend_schema(tags=["Shows"])
@extend_schema_view(
    get=extend_schema(
        summary="List the shows of all movies, by time",
        description=(
            "The programme of the cinema. Times without an offset are the cinema's, and days are its days: see "
            "`time_zone` of `GET /config/`."
        ),
        parameters=[ProgrammeQuerySerializer],
    )
)
class Programme(PlainListMixin, ShowView, generics.ListAPIView):
    problems = {"GET": [ValidationError]}

    def plain_list(self, request: HttpRequest, parameters: dict[str, str]) -> PlainList | None:
        return plain_lists.shows(parameters)

    def get_queryset(self) -> QuerySet[Show]:
        return ProgrammeQuerySerializer(data=self.request.query_params).filter(self.queryset)


@extend_schema(tags=["Shows"])
@extend_schema_view(get=extend_schema(summary="List the screens"))
class Screens(PublicReadView, generics.ListAPIView):
    serializer_class = ScreenSerializer
    problems = {"GET": [ValidationError]}

    def get_queryset(self) -> Any:
        return screen_names()

    def paginate_queryset(self, queryset: Any) -> Any:
        return describe_screens(super().paginate_queryset(queryset) or [])


@extend_schema(tags=["Shows"])
@extend_schema_view(
    get=extend_schema(summary="List the shows of a movie", parameters=[ShowQuerySerializer]),
    post=extend_schema(
        summary="Add a show (staff)",
        description=(
            "Creates the show with all its seats. Two shows never overlap on one screen. A show occupies it "
            "for the movie's `duration_minutes` and the cinema's turnaround time. The name of a screen that "
            "exists may be written in any letter case. The answer has the existing spelling."
        ),
        request=NewShowSerializer,
        responses={201: ShowSerializer},
    ),
)
class MovieShows(PlainListMixin, ShowView, generics.ListCreateAPIView):
    problems = {"GET": [ValidationError], "POST": [ScreenBusy]}

    def plain_list(self, request: HttpRequest, parameters: dict[str, str]) -> PlainList | None:
        return plain_lists.shows(parameters, self.kwargs["movie_id"])

    def get_serializer_class(self) -> Any:
        return NewShowSerializer if self.request.method == "POST" else ShowSerializer

    def get_queryset(self) -> QuerySet[Show]:
        movie = get_object_or_404(Movie, pk=self.kwargs["movie_id"])
        query = ShowQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        shows = Show.objects.filter(movie=movie).with_details()
        return shows.upcoming() if query.validated_data.get("upcoming") else shows

    def perform_create(self, serializer: BaseSerializer) -> None:
        with transaction.atomic():
            lock_price_list(serializer)
            # The lock keeps the movie from being deleted before its show is saved.
            serializer.save(movie=self.lock_or_404(Movie(pk=self.kwargs["movie_id"])))
        self.reload(serializer)


@extend_schema(tags=["Shows"])
@extend_schema_view(
    get=extend_schema(summary="Get a show"),
    patch=extend_schema(
        summary="Change a show (staff)",
        description=(
            "A larger `total_seats` adds seats. A smaller one removes the seats with higher numbers, if none "
            "of them is taken or held. A show never moves into the past, and two shows never overlap on one "
            "screen. With live bookings it moves to another time, screen or movie only with `keep_bookings`. "
            "A show that was called off never changes."
        ),
        request=ShowChangeSerializer,
        responses=ShowSerializer,
    ),
    delete=extend_schema(summary="Delete a show (staff)"),
)
class ShowDetail(PlainMixin, ShowView, generics.RetrieveUpdateDestroyAPIView):
    lookup_url_kwarg = "show_id"
    problems = {
        "PATCH": [HasBookings, ScreenBusy, SeatsInUse, ShowArchived, ShowCancelled],
        "DELETE": [HasBookings],
    }

    def represent(self, request: HttpRequest, **kwargs: Any) -> Representation | None:
        show = plain_lists.one_show(kwargs["show_id"])
        return Representation("", to_json(show)) if show else None

    def get_serializer_class(self) -> Any:
        return ShowChangeSerializer if self.request.method == "PATCH" else ShowSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        show = self.get_object()
        count_available_seats([show])
        return Response(self.get_serializer(show).data)

    def perform_update(self, serializer: BaseSerializer) -> None:
        with transaction.atomic():
            lock_price_list(serializer)
            if movie := serializer.validated_data.get("movie"):
                self._lock_movie(movie)
            super().perform_update(serializer)
        self.reload(serializer)

    def _lock_movie(self, movie: Movie) -> None:
        """Keeps the movie from being deleted before the show is saved. Raises `ValidationError` if it was."""
        if not Movie.objects.select_for_update(no_key=True).filter(pk=movie.pk):
            raise ValidationError({"movie": ["This movie was deleted. Choose another one."]})
