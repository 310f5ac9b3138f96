from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_save

from cinema.api.folded_field import update_folded_fields


class ShowsConfig(AppConfig):
    name = "cinema.shows"
    verbose_name = "Movies and shows"

    def ready(self) -> None:
        from cinema.shows import receivers

        pre_save.connect(receivers.check_show, sender="shows.Show", dispatch_uid="shows.check_show")
        pre_save.connect(receivers.check_movie, sender="shows.Movie", dispatch_uid="shows.check_movie")
        post_migrate.connect(update_folded_fields, sender=self, dispatch_uid="shows.update_folded_fields")
