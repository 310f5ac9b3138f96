"""Checks the objects of fixtures: SQLite refuses what PostgreSQL refuses, and errors name object and field.

`loaddata` runs no validators, and Django reads values loosely: 12.5 as the integer 12, true as 1.
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.base import DeserializationError
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils.timezone import is_naive, make_aware

from cinema.api.fields import DECIMAL
from cinema.seats.management.loading.errors import FixtureError, no_row, shown

# For models of other apps, only values that the two databases treat differently are checked.
VALIDATED_APPS = {"auth", "seats", "shows"}
# The types of a field's values in the file, and their name in messages.
TYPES: list[tuple[Any, Any, str]] = [
    (models.BooleanField, bool, "true or false"),
    (models.IntegerField, (int, str), "a whole number"),
    (models.FloatField, (int, float), "a number"),
    (models.DateTimeField, (str, date), "a date and time"),
    ((models.CharField, models.TextField), str, "a text"),
]


class StrictValuesMixin:
    """A deserializer that refuses values of another type than their field's.

    Its objects have `names_in_file`, because Django gives all other fields their defaults.
    """

    def _handle_object(self, node: Any) -> Iterator[Any]:
        check_node(node, ignore_unknown=self.ignorenonexistent)  # type: ignore[attr-defined]
        for obj in super()._handle_object(node):  # type: ignore[misc]
            obj.names_in_file = set(node["fields"])
            yield obj


def check_node(node: Any, *, ignore_unknown: bool, is_typed: bool = True) -> None:
    """Checks an object's values as the file has them. `is_typed` is false for XML, whose values are texts."""
    if not isinstance(node, dict) or not isinstance(node.get("fields"), dict):
        raise DeserializationError(f'Not an object with "model" and "fields": {shown(node)}')
    try:
        model = apps.get_model(str(node.get("model")))
    except (LookupError, ValueError):
        return  # Django says so, or ignores it.
    name, pk = model._meta.label_lower, node.get("pk")
    for field_name, value in node["fields"].items():
        try:
            field: Any = model._meta.get_field(field_name)
        except FieldDoesNotExist:
            if ignore_unknown:
                continue
            raise FixtureError(name, pk, str(field_name), "There is no such field.") from None
        if field.many_to_many and not isinstance(value, list):
            raise FixtureError(name, pk, field.name, f"Must be a list, not {shown(value)}.")
        for single in value if field.many_to_many else [value]:
            if message := _parse_fault(field, single, is_typed=is_typed):
                raise FixtureError(name, pk, field.name, message)
    if message := _parse_fault(model._meta.pk, pk, is_typed=is_typed):
        raise FixtureError(name, pk, model._meta.pk.name, message)
    if isinstance(model._meta.pk, models.CompositePrimaryKey) and pk is not None:
        # Django would take the value of the key, and ignore the field's.
        for part, value in zip(model._meta.pk.fields, pk, strict=True):
            if str(node["fields"].get(part.name, value)) != str(value):
                raise FixtureError(name, pk, part.name, "Differs from the primary key.")


def _parse_fault(field: Any, value: Any, *, is_typed: bool) -> str:
    """Says why a value has another type than its field, or can't be parsed."""
    if value is None or (field.remote_field and isinstance(value, list)):
        return ""  # A list is a natural key.
    target = field.target_field if field.remote_field else field
    for classes, types, what in TYPES if is_typed else ():
        if isinstance(target, classes):
            is_wrong_bool = isinstance(value, bool) and types is not bool
            if is_wrong_bool or not isinstance(value, types):
                return f"Must be {what}, not {shown(value)}."
    if isinstance(target, models.IntegerField) and isinstance(value, str) and not DECIMAL.fullmatch(value):
        return f"Must be a whole number, not {shown(value)}."
    if isinstance(target, models.CompositePrimaryKey):
        names = [part.name for part in target.fields]
        if not isinstance(value, list) or len(value) != len(names):
            return f"Must be a list of {' and '.join(names)}, not {shown(value)}."
        for part, single in zip(target.fields, value, strict=True):
            if (
                message := "Must not be null."
                if single is None
                else _parse_fault(part, single, is_typed=is_typed)
            ):
                return message
        return ""
    try:
        target.to_python(value)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def check_instance(instance: models.Model, deferred_fields: Mapping[Any, Any]) -> None:
    """Checks the values of an object before it is saved; a time without a zone is the cinema's.

    `deferred_fields` has the natural keys of rows that do not exist yet, by field.
    """
    model = instance._meta.label_lower
    for field, key in deferred_fields.items():
        if not field.null and not field.many_to_many:
            raise no_row(field, instance.pk, key, " It must come before this object.")
    for field in instance._meta.concrete_fields:
        value = field.value_from_object(instance)
        if isinstance(value, datetime) and is_naive(value):
            value = make_aware(value)
            field.save_form_data(instance, value)
        if message := _fault(instance, field, value):
            raise FixtureError(model, instance.pk, field.name, message)

    if instance._meta.app_label in {"seats", "shows"}:
        try:
            instance.clean()
        except ValidationError as error:
            field_name = next(iter(error.message_dict)) if hasattr(error, "error_dict") else ""
            raise FixtureError(model, instance.pk, field_name, " ".join(error.messages)) from error


def _fault(instance: models.Model, field: Any, value: Any) -> str:
    if isinstance(field, models.CompositePrimaryKey):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return f"Must be a finite number, not {value}."
    if isinstance(value, datetime):
        try:
            value.astimezone(UTC)
        except OverflowError:
            return f"Must be between the years 1 and 9999 in UTC, not {value}."
    if (isinstance(value, str) and "\0" in value) or (isinstance(value, dict | list) and _has_nul(value)):
        return "Must not contain a NUL character."
    target = field.target_field if field.remote_field else field
    if (
        isinstance(target, models.CharField)
        and isinstance(value, str)
        and len(value) > (target.max_length or math.inf)
    ):
        return f"Ensure this value has at most {target.max_length} characters (it has {len(value)})."
    # The ranges of PostgreSQL. SQLite's integers all have 64 bits.
    limits: Any = BaseDatabaseOperations.integer_field_ranges.get(target.get_internal_type())
    if isinstance(value, int) and limits and not limits[0] <= value <= limits[1]:
        return f"Must be between {limits[0]} and {limits[1]}, not {shown(value)}."
    if field.remote_field:
        return "Is required." if value is None and not field.null else ""
    if (
        instance._meta.app_label not in VALIDATED_APPS
        or (field.primary_key and value is None)
        or field.name == "password"
    ):
        return ""
    if value in field.empty_values and (field.null if value is None else field.blank):
        return ""
    try:
        field.clean(value, instance)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _has_nul(value: Any) -> bool:
    return "\\u0000" in json.dumps(value)
