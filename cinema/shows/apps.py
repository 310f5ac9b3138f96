from django.apps import AppConfig


class ShowsConfig(AppConfig):
    name = "cinema.shows"
    verbose_name = "Movies and shows"
