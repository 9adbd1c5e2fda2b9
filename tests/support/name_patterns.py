"""Writes patterns, names, and whether Python says that they fit: JSON, one case a line. The same ones each time."""

import json
import random
import re
import unicodedata


def fold(text):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def expression(pattern):
    """A regular expression for the pattern, and whether the whole name has to match it."""
    pieces = re.split(r"(\*\*|\*)", pattern.strip())
    literal, out, wild = "", "", False
    for piece in pieces:
        if piece == "*":
            out += re.escape(fold(literal)) + ".*"
            literal, wild = "", True
        else:
            literal += "*" if piece == "**" else piece
    return re.compile(out + re.escape(fold(literal)), re.DOTALL), wild


def fits(pattern, name):
    compiled, wild = expression(pattern)
    found = compiled.fullmatch(fold(name)) if wild else compiled.search(fold(name))
    return found is not None


ALPHABETS = [
    "ab*",
    "aAbB *",
    "%_[]?\\.*a^$()+{}|a",
    "ßsSẞſ*",
    "iİIı\u0307*",
    "eéÉ\u0301\u0323*",
    "σςΣ ά\u0345αι*",
    "가각\u11a8ㄱ*",
    "ﬀfﬃ*i",
    "कक़\u093c*",
    "𐐀𐐨ꭰᎠ*",
]


def main():
    chance = random.Random(4)
    for alphabet in ALPHABETS:
        for _ in range(2000):
            pattern = "".join(chance.choices(alphabet, k=chance.randrange(7)))
            name = "".join(chance.choices(alphabet, k=chance.randrange(1, 9)))
            print(json.dumps([pattern, name, fits(pattern, name)]))


if __name__ == "__main__":
    main()
