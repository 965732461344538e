#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The picture of README.md: learn, sign, enforce.

usage: docs/overview.py write | check

`write` writes docs/overview.svg. `check` prints one line when that file is not what this script draws."""

import os
import sys
from xml.sax.saxutils import escape

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "overview.svg")
WIDTH, HEIGHT = 960, 330
PANEL, GAP, TOP = 280, 42, 18
INK, FAINT, LINE, PAPER, FILL = "#1f2933", "#5b6773", "#9aa5b1", "#ffffff", "#f4f6f8"
BLUE, GREEN, RED = "#1f5fa8", "#23794a", "#b3261e"


def text(x, y, words, size=14, colour=INK, extra=""):
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="middle"{extra}>{escape(words)}</text>'


def box(x, y, width, height, colour=LINE, fill=PAPER):
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>'


def arrow(x1, y1, x2, y2, colour=INK):
    """A line and its head. It runs to the right, or down."""
    head = (f"{x2},{y2} {x2 - 8},{y2 - 5} {x2 - 8},{y2 + 5}" if y1 == y2 else
            f"{x2},{y2} {x2 - 5},{y2 - 8} {x2 + 5},{y2 - 8}")
    return (f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="1.8"/>'
            f'<polygon points="{head}" fill="{colour}"/>')


def node(middle, y, first, second, colour=LINE, fill=PAPER, width=248):
    return [box(middle - width / 2, y, width, 54, colour, fill), text(middle, y + 23, first, 14, INK, ' font-weight="600"'),
            text(middle, y + 42, second, 12, FAINT)]


def panel(number, title, where):
    """Its frame and heading, and the middle of it."""
    x = 18 + number * (PANEL + GAP)
    middle = x + PANEL / 2
    return middle, [box(x, TOP, PANEL, HEIGHT - 2 * TOP, LINE, FILL),
                    text(middle, TOP + 30, f"{number + 1}. {title}", 18, BLUE, ' font-weight="700"'),
                    text(middle, TOP + 50, where, 12, FAINT)]


def learn():
    middle, parts = panel(0, "Learn", "in CI, with tsem learn")
    parts += node(middle, 86, "Your tests", "use the workload as production does")
    parts.append(arrow(middle, 140, middle, 164))
    parts += node(middle, 166, "Workload on a stock kernel", "each event becomes a number")
    parts.append(arrow(middle, 220, middle, 244))
    parts += node(middle, 246, "web.model", "the set of these numbers", BLUE)
    return parts


def sign():
    middle, parts = panel(1, "Sign", "in CI, with tsem model sign")
    parts += node(middle, 86, "CI's private key", "Ed25519 or ECDSA")
    parts.append(arrow(middle, 140, middle, 244))
    parts += [text(middle + 66, 188, "in-toto statement,", 12, FAINT), text(middle + 66, 204, "DSSE envelope", 12, FAINT)]
    parts += node(middle, 246, "web.dsse", "the model and its signature", BLUE)
    return parts


def enforce():
    middle, parts = panel(2, "Enforce", "in production, with tsem run --enforce")
    parts += node(middle, 86, "The same workload", "opens, executes, connects, signals ...")
    parts.append(arrow(middle, 140, middle, 164))
    parts += node(middle, 166, "BPF programs in the kernel", "compare each event with web.dsse", BLUE)
    left, right = middle - 64, middle + 64
    parts += [arrow(left, 220, left, 244, GREEN), arrow(right, 220, right, 244, RED)]
    parts += node(left, 246, "In the model", "allowed", GREEN, width=120)
    parts += node(right, 246, "Not in it", "refused, explained", RED, width=120)
    return parts


def carried(number):
    """The arrow from the result of a panel into the next panel."""
    x = 18 + number * (PANEL + GAP) + PANEL
    return arrow(x - 16, 273, x + GAP + (14 if number == 0 else -2), 273, BLUE)


def draw():
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
             'aria-label="Learn a model in CI, sign it, enforce it in production" font-family="system-ui, sans-serif">',
             '<!-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause; written by docs/overview.py -->',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
             *learn(), *sign(), *enforce(), carried(0), carried(1), "</svg>"]
    return "\n".join(parts) + "\n"


def main():
    if sys.argv[1:] == ["write"]:
        with open(TARGET, "w", encoding="utf-8") as file:
            file.write(draw())
    elif sys.argv[1:] == ["check"]:
        with open(TARGET, encoding="utf-8") as file:
            if file.read() != draw():
                print("docs/overview.svg is not what docs/overview.py draws: docs/overview.py write")
    else:
        sys.exit(__doc__)


main()
