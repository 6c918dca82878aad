"""Whether README.md and ir-meterd-internals(8) state the counts of baseline.json.

    stated.py            fails where a row differs, or is missing
    stated.py --write    puts the counts into the rows that are there; counts.py --accept does so too
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
CHECKOUT = HERE.parent.parent
PLACE = "debian 12 x86_64 GNU 12"  # the one that is stated

# By file: what stands in front of a count, between two, and behind them.
ROWS = {"README.md": ("| ", " | ", " |"),
        "daemon/ir-meterd-internals.8": (".It ", " Ta ", "")}


def rows(separators):
    """The rows of a file, each with the pattern of the row as it may be there."""
    begin, between, end = separators
    counts = json.loads((HERE / "baseline.json").read_text())[PLACE]
    for what in counts["keep"]:
        numbers = [f"{counts[session][what]:,}" for session in ("keep", "each")]
        yield (begin + between.join([what, *numbers]) + end,
               re.escape(begin + what + between) + r"[\d,]+" + re.escape(between) + r"[\d,]+" +
               re.escape(end))


def write():
    for name, separators in ROWS.items():
        path = CHECKOUT / name
        text = path.read_text()
        for row, pattern in rows(separators):
            text = re.sub(f"^{pattern}$", row, text, flags=re.MULTILINE)
        path.write_text(text)


def check():
    lines = {name: (CHECKOUT / name).read_text().splitlines() for name in ROWS}
    missing = [f"{name} does not have the row: {row}" for name, separators in ROWS.items()
               for row, _ in rows(separators) if row not in lines[name]]
    print("\n".join(missing))
    return not missing


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    sys.exit(0 if check() else 1)
