"""The admin of movies and shows. Importing this package registers its pages."""

from cinema.shows.admin import shows

__all__ = ["shows"]
