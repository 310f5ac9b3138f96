"""The model field that stores the folded copy of other fields, for comparison and search in the database."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from django.apps import AppConfig
from django.apps import apps as current_apps
from django.core.exceptions import FieldError
from django.db import models

from cinema.api.folding import fold


class FoldedValue:
    """Computes the value whenever it is read, so that no way of saving a row can store another one.

    That holds for `save`, `bulk_create`, forms and `loaddata`. Don't use `update`, `bulk_update` or
    `save(update_fields=…)` for a source, because they store no new value.
    """

    def __init__(self, field: Any) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        return self.field.fold_texts(get_text(instance) for get_text in self.field.get_texts)

    def __set__(self, instance: Any, value: Any) -> None:
        # Without an entry here, Django takes the field for one that was not loaded, and does not save it.
        instance.__dict__[self.field.attname] = value


class FoldedField(models.TextField):
    """Stores the folded texts of `sources`, joined by spaces. A source may be `user.username`.

    `fold` may be another function of a text. The field is a `TextField`, because folding can make a text
    longer. Fixtures do not contain it.
    """

    descriptor_class = FoldedValue

    def __init__(self, *sources: str, fold: Callable[[str], str] = fold, **kwargs: Any) -> None:
        super().__init__(**{"editable": False, "blank": True, "serialize": False, **kwargs})
        self.sources = sources
        self.fold = fold
        self.get_texts = [attrgetter(source) for source in sources]

    def fold_texts(self, texts: Iterable[str]) -> str:
        return self.fold(" ".join(texts))

    def deconstruct(self) -> Any:
        """Shows migrations a plain `TextField`, because the column is one."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


def update_folded_fields(sender: AppConfig, using: str, apps: Any = current_apps, **kwargs: Any) -> None:
    """Stores the right value in each folded field of an app that has another one. Receives `post_migrate`.

    The fields are empty after the migration that adds them. A node with older code inserts rows where they are
    empty, and changes their sources alone. Reads each distinct text once, because many shows have one screen.
    """
    for model in sender.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, FoldedField):
                try:
                    rows = apps.get_model(model._meta.label).objects.using(using)
                    texts = rows.order_by().values_list(*field.sources, field.attname).distinct()
                except (LookupError, FieldError):
                    continue  # Its migration was reverted.
                # In memory, because SQLite may return updated rows again to a query that is still open.
                for *values, stored in list(texts):
                    if stored != (folded := field.fold_texts(values)):
                        same = rows.filter(**dict(zip(field.sources, values, strict=True)))
                        same.update(**{field.attname: folded})
