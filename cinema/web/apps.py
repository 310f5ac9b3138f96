from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "cinema.web"
    label = "cinema_web"
