"""Writes texts and what Python folds them to: one pair a line, as hex of UTF-32, with a blank between."""

import itertools
import sys
import unicodedata


def fold(text):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def texts():
    # Every assigned character alone, behind a letter, and with a mark behind it.
    for point in range(0x110000):
        character = chr(point)
        if unicodedata.category(character) in ("Cn", "Cs"):
            continue
        yield character
        if unicodedata.category(character) != "Co":
            yield "a" + character
            yield character + "\u0301"
    letters = "aAeEiIsSſkKqQzZßẞİıŉǰΐΰαΑΆάᾳᾼῼωΩΩσςΣЙйԱևᾈᾲﬀﬃﬓꭰᎠᏸ𐐀𐐨क़कড়য়ガカｶ가각한ḱẛẗẚÅ≠=⫝̸"
    marks = "\u0300\u0301\u0303\u0304\u0306\u0307\u0308\u030a\u030c\u0313\u0314\u0323\u0327\u0328\u0331\u0338\u0342\u0344\u0345\u035c\u0591\u05bc\u093c\u094d\u3099\u309a\u1dce\U0001d165"
    for letter, (one, other) in itertools.product(dict.fromkeys(letters), itertools.product(marks, marks)):
        yield letter + one + other
        yield one + letter + other
    for marks_of_three in itertools.permutations("\u0301\u0307\u0323\u0327\u0345", 3):
        for letter in letters:
            yield letter + "".join(marks_of_three)
    for first, vowel in itertools.product(range(0x1100, 0x1114), range(0x1160, 0x1177)):
        for last in range(0x11A6, 0x11C4):
            yield chr(first) + chr(vowel) + chr(last)
    for syllable, last in itertools.product("가각개힣힡", range(0x1160, 0x11C4)):
        yield syllable + chr(last)
    for character in letters:
        for other in letters:
            yield character + other


def points(text):
    return text.encode("utf-32-be").hex()


if __name__ == "__main__":
    out = [f"{points(text)} {points(fold(text))}" for text in texts()]
    sys.stdout.write("\n".join(out))
