"""Template tags for pages in the visitor's language, also for those of other apps."""

from typing import Any

from django import template

from cinema.web import words

register = template.Library()


@register.filter
def language_of(accept_language: str) -> str:
    """`{{ header|language_of }}`: the language for the attribute `lang`."""
    return words.language_of(accept_language)


@register.filter
def words_of(language: str) -> dict[str, Any]:
    """`{% with words=language|words_of %}`: the words of that language."""
    return words.words_in(language)


@register.simple_tag
def problem_texts(problem: dict[str, Any], language: str) -> tuple[str, str]:
    """Title and detail of a problem: of its status and `code` if the table has them, else the API's."""
    table = words.words_in(language)
    detail = table["problems"].get(problem["code"])
    if detail is None:
        return problem["title"], problem["detail"]
    title = table["page"]["notFound" if problem["status"] in (404, 410) else "failed"]
    return title, detail.format_map(problem)
