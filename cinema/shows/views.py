"""Movies and shows: everybody reads, staff write."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.filters import SearchFilter
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAdminUser
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from cinema.shows.exceptions import HasBookings, SeatsInUse
from cinema.shows.models import Movie, Show
from cinema.shows.serializers import MovieSerializer, ShowQuerySerializer, ShowSerializer

MAX_SEARCH_WORDS = 20


class TitleSearch(SearchFilter):
    """DRF's, with a limit on the words: SQLite can't take a condition of thousands."""

    def get_search_terms(self, request: Request) -> list[str]:
        terms = super().get_search_terms(request)
        if len(terms) > MAX_SEARCH_WORDS:
            raise ValidationError({"search": [f"At most {MAX_SEARCH_WORDS} words."]})
        return terms


class PublicReads(generics.GenericAPIView):
    """Reads need no token, and a stale one does not spoil them; writes are for staff.

    A method that is not here needs none either: whoever asks, it is 405.
    """

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_authenticators(self) -> list[Any]:
        # drf-spectacular asks before there is a request.
        return [] if self.request and self._is_open() else super().get_authenticators()

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self._is_open() else [IsAdminUser()]

    def _is_open(self) -> bool:
        return self.request.method in SAFE_METHODS or self.request.method not in self.allowed_methods

    def locked(self, row: Any) -> Any:
        """The row as it is now, locked until the transaction ends; 404 where it has just been deleted.

        Those who only refer to it, a sale to its show, say, are not kept waiting ("no key").
        """
        return get_object_or_404(type(row).objects.select_for_update(no_key=True), pk=row.pk)

    def perform_update(self, serializer: BaseSerializer) -> None:
        with transaction.atomic():
            serializer.instance = self.locked(serializer.instance)
            serializer.save()

    def perform_destroy(self, instance: Any) -> None:
        with transaction.atomic():
            self.locked(instance).delete()


@extend_schema(tags=["Movies"])
@extend_schema_view(
    get=extend_schema(summary="List movies"),
    post=extend_schema(summary="Add a movie (staff)"),
)
class MovieList(PublicReads, generics.ListCreateAPIView):
    queryset = Movie.objects.all()
    serializer_class = MovieSerializer
    filter_backends = [TitleSearch]
    search_fields = ["title"]
    problems = {"GET": [ValidationError]}


@extend_schema(tags=["Movies"])
@extend_schema_view(
    get=extend_schema(summary="One movie"),
    patch=extend_schema(summary="Change a movie (staff)"),
    delete=extend_schema(summary="Delete a movie with its shows (staff)"),
)
class MovieDetail(PublicReads, generics.RetrieveUpdateDestroyAPIView):
    queryset = Movie.objects.all()
    serializer_class = MovieSerializer
    lookup_url_kwarg = "movie_id"
    problems = {"DELETE": [HasBookings]}


class ShowViews(PublicReads):
    queryset = Show.objects.with_available_seats()
    serializer_class = ShowSerializer

    def read_again(self, serializer: BaseSerializer) -> None:
        """A written show is answered as a read one, with its free seats counted."""
        written: Any = serializer.instance
        serializer.instance = get_object_or_404(Show.objects.with_available_seats(), pk=written.pk)


@extend_schema(tags=["Shows"])
@extend_schema_view(
    get=extend_schema(summary="List a movie's shows", parameters=[ShowQuerySerializer]),
    post=extend_schema(summary="Add a show (staff)", description="Its seats are laid out at once."),
)
class MovieShows(ShowViews, generics.ListCreateAPIView):
    problems = {"GET": [ValidationError]}

    def get_queryset(self) -> QuerySet[Show]:
        movie = get_object_or_404(Movie, pk=self.kwargs["movie_id"])
        asked = ShowQuerySerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        shows = Show.objects.with_available_seats().filter(movie=movie)
        return shows.upcoming() if asked.validated_data.get("upcoming") else shows

    def perform_create(self, serializer: BaseSerializer) -> None:
        with transaction.atomic():
            # Locked, the movie is not deleted while its show is made.
            serializer.save(movie=self.locked(Movie(pk=self.kwargs["movie_id"])))
        self.read_again(serializer)


@extend_schema(tags=["Shows"])
@extend_schema_view(
    get=extend_schema(summary="One show"),
    patch=extend_schema(
        summary="Change a show (staff)",
        description="A greater `total_seats` adds seats; a smaller one removes those beyond it, if free.",
    ),
    delete=extend_schema(summary="Delete a show (staff)"),
)
class ShowDetail(ShowViews, generics.RetrieveUpdateDestroyAPIView):
    lookup_url_kwarg = "show_id"
    problems = {"PATCH": [SeatsInUse], "DELETE": [HasBookings]}

    def perform_update(self, serializer: BaseSerializer) -> None:
        super().perform_update(serializer)
        self.read_again(serializer)
