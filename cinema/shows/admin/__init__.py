"""The admin of movies and shows. Importing this package registers it."""

from cinema.shows.admin import shows

__all__ = ["shows"]
