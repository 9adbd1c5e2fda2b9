"""Prints the pieces of which names and patterns are made in `naive.rs`, each with its folded form, as Rust.

Folding is Unicode's canonical caseless matching (section 3.13, D145) in NFC, by Python's own tables. It is checked that
pieces fold one by one: folding a text of two or three is the same as folding each.
"""

import itertools
import unicodedata

PIECES = [
    # One word in several cases, and letters that fold to more than one.
    "a", "A", "b", "B", "s", "S", "ss", "SS", "ß", "ẞ", "ſ", "t", "x",
    # Marks: composed, decomposed, in either order, and such as have no composed form.
    "é", "e\u0301", "É", "E\u0301", "e", "q\u0323\u0307", "Q\u0307\u0323", "ṩ", "s\u0307\u0323", "S\u0323\u0307",
    "å", "Å", "\u212b", "A\u030a", "\u01f0", "J\u030c", "\u0958", "\u0915\u093c",
    # The four i, and the three sigma; Greek with its subscript.
    "i", "I", "İ", "i\u0307", "ı", "Σ", "σ", "ς", "ᾳ", "ᾼ", "αι", "ΑΙ", "\u1f7d", "ώ", "\u2126", "ω", "\u0390", "\u1fd3",
    # Ligatures and others that fold to several.
    "ﬁ", "fi", "FI", "ﬃ", "ﬆ", "ŉ", "\u02bcN", "և", "եւ",
    # Hangul, composed and not.
    "한", "\u1112\u1161\u11ab", "하", "\u1112\u1161",
    # Signs that stand for letters, wide letters, alphabets whose cases were made one by one.
    "\u212a", "k", "Ⓐ", "ⓐ", "Ａ", "ａ", "Ꭰ", "\uab70", "𐐀", "𐐨", "𝒜", "ﾁ",
    # Nothing special to a pattern but the star.
    "*", "%", "_", "[", "]", "?", "\\", "'", '"', ".", "^", "$", "(", "-", "0", "1", "{", "~", ",", "+", "/",
    # Blanks of many kinds, two of which are one to Unicode.
    " ", "\t", "\u00a0", "\u2000", "\u2002", "\u3000", "\u200b",
    # The ends of what there is: the order by characters is not that of UTF-16.
    "\u0001", "\u007f", "\ue000", "\ufffd", "\uffff", "🔑", "\U0010ffff",
]


def fold(text):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def quoted(text):
    plain = all(c.isascii() and c.isprintable() and c not in '\\"' for c in text)
    return '"%s"' % (text if plain else "".join("\\u{%x}" % ord(c) for c in text))


assert len(set(PIECES)) == len(PIECES)
for few in itertools.chain(itertools.product(PIECES, repeat=2), itertools.product(PIECES[::3], repeat=3)):
    assert fold("".join(few)) == "".join(map(fold, few)), few
for piece in PIECES:
    print("(%s, %s)," % (quoted(piece), quoted(fold(piece))))
