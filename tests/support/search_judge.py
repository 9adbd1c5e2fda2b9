"""Says which names fit which patterns: reads `case.json`, {names: [...], patterns: [...]}, and prints for each pattern the
places of the names that fit, in the order of their folded forms, as a list of JSON lists. Python 3.11: Unicode 14.
"""

import json
import re
import unicodedata


def fold(text):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def expression(pattern):
    parts = re.split(r"(\*\*|\*)", pattern.strip())
    literals, wild = [[]], False
    for part in parts:
        if part == "*":
            literals.append([])
            wild = True
        else:
            literals[-1].append("*" if part == "**" else part)
    # What stands between two wildcards is one text and folds as one.
    body = ".*".join(re.escape(fold("".join(literal))) for literal in literals)
    return re.compile(body if wild else ".*" + body + ".*", re.DOTALL)


case = json.load(open("case.json", encoding="utf-8"))
folded = [fold(name) for name in case["names"]]
order = sorted(range(len(folded)), key=lambda at: (folded[at], at))
found = []
for pattern in case["patterns"]:
    fits = expression(pattern).fullmatch
    found.append([at for at in order if fits(folded[at])])
print(json.dumps(found))
