"""Texts that differ only in letter case, composition or width fold to the same text."""

import sys
from unicodedata import normalize

import pytest

from cinema.api.folding import fold


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("\u00e9t\u00e9", "\u00c9T\u00c9"),
        ("\u00e9t\u00e9", "e\u0301te\u0301"),
        ("stra\u00dfe", "STRASSE"),
        ("stra\u00dfe", "STRA\u1e9eE"),
        ("\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"),
        ("screen 1", "\uff33\uff43\uff52\uff45\uff45\uff4e\u3000\uff11"),
        ("file", "\ufb01le"),
        ("complex", "\u2102omplex"),
        ("alice", "al\u00adice\ufe0f"),
    ],
)
def test_same_text_in_another_spelling_folds_alike(text, same):
    assert fold(text) == fold(same)


@pytest.mark.parametrize(
    ("text", "other"), [("i", "\u0131"), ("i", "\u0130"), ("e", "\u00e9"), ("a", "\u0430")]
)
def test_different_letters_fold_differently(text, other):
    assert fold(text) != fold(other)


@pytest.mark.slow
def test_folding_a_folded_character_changes_nothing():
    characters = map(chr, range(sys.maxunicode + 1))
    assert [ascii(text) for text in characters if fold(fold(text)) != fold(text)] == []


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_every_letter_folds_alike_in_every_normal_form(form):
    characters = [chr(code) for code in range(0x20000) if chr(code).isalpha()]
    assert [ascii(text) for text in characters if fold(normalize(form, text)) != fold(text)] == []
