"""Generate the synthetic catalogue: `sample_data/products.csv`.

No product, brand or shop in it exists. Titles are put together from the lists of
`sample_products.toml` with a fixed seed, about half Russian and half English; a fifth is of the
kind that cautious models decline (hair removal, intimate care), and a few only look like it (a
board for a Sunday menu, wax paper, a scented candle).

    python scripts/make_sample_products.py            # writes the file
    python scripts/make_sample_products.py --check    # exits 1 if it is not what would be written
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SEED = 20261120
COUNT = 240
SENSITIVE_SHARE = 0.2
LISTS = Path(__file__).with_name("sample_products.toml")
TARGET = Path(__file__).resolve().parent.parent / "sample_data" / "products.csv"
COLUMNS = ("id", "title", "category", "language", "brand", "material", "size", "colour", "use")


def products(count: int = COUNT, seed: int = SEED) -> Iterator[dict[str, str]]:
    """`count` invented products, always the same for a seed; no title twice."""
    lists = tomllib.loads(LISTS.read_text(encoding="utf-8"))
    sensitive = [one for one in lists["ranges"] if one.get("sensitive")]
    ordinary = [one for one in lists["ranges"] if not one.get("sensitive")]
    chance = random.Random(seed)  # noqa: S311 - invented data, not a secret
    seen: set[str] = set()
    for number in range(1, count + 1):
        pool = sensitive if chance.random() < SENSITIVE_SHARE else ordinary
        row = _product(chance.choice(pool), lists, chance)
        if row["title"] in seen:
            row["title"] += f", {'арт.' if row['language'] == 'ru' else 'no.'} {number}"
        seen.add(row["title"])
        yield {"id": f"SYN-{number:05d}", **row}


def _product(kind: dict[str, Any], lists: dict[str, Any], chance: random.Random) -> dict[str, str]:
    language = kind["language"]
    brand, colour = (
        chance.choice(lists["brands"][language]),
        chance.choice(lists["colours"][language]),
    )
    name, material, *sizes = chance.choice(kind["items"])
    series, size = chance.choice(kind["kinds"]), chance.choice(sizes)
    if language == "ru":
        title = f"{name}, {series}, «{brand}», {size}"
    else:
        title = f"{brand} {name[0].lower()}{name[1:]}, {series}, {size}"
    return {
        "title": title,
        "category": kind["category"],
        "language": language,
        "brand": brand,
        "material": material,
        "size": size,
        "colour": colour if chance.random() < 0.7 else "",
        "use": chance.choice(kind["uses"]),
    }


def text() -> str:
    """The whole file."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(products())
    return out.getvalue()


def main() -> int:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description="Generate the synthetic catalogue.")
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    if parser.parse_args().check:
        same = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text()
        print("The file is what the script writes." if same else f"{TARGET.name} differs.")
        return 0 if same else 1
    TARGET.write_text(text(), encoding="utf-8")
    print(f"Wrote {COUNT} products to {TARGET.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
