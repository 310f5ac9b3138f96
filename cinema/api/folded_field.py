"""The model field that stores the folded copy of other fields, for comparison and search in the database."""

from operator import attrgetter
from typing import Any

from django.db import models

from cinema.api.folding import fold


class FoldedValue:
    """Computes the value whenever it is read, so that no way of saving a row can store another one.

    Neither `save`, `bulk_create`, a form nor `loaddata` can. `QuerySet.update` of a source can: don't use it.
    """

    def __init__(self, field: Any) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        return fold(" ".join(get_text(instance) for get_text in self.field.get_texts))

    def __set__(self, instance: Any, value: Any) -> None:
        # Without an entry here, Django takes the field for one that was not loaded, and does not save it.
        instance.__dict__[self.field.attname] = value


class FoldedField(models.TextField):
    """Stores the folded texts of `sources`, joined by spaces. A source may be `user.username`.

    It is a `TextField`, because folding can make a text longer.
    """

    descriptor_class = FoldedValue

    def __init__(self, *sources: str, **kwargs: Any) -> None:
        super().__init__(**{"editable": False, **kwargs})
        self.sources = sources
        self.get_texts = [attrgetter(source) for source in sources]

    def deconstruct(self) -> Any:
        """Shows migrations a plain `TextField`, because the column is one."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs
