"""Product copy for a whole catalogue, from a shell; `--help` tells the options.

    python scripts/enhanced_async_pipeline.py                      # the shipped synthetic sample
    python scripts/enhanced_async_pipeline.py products.xlsx --types description,seo --out copy.csv
    python scripts/enhanced_async_pipeline.py products.xlsx --dry-run

What it does is in `src/catalogue/command.py`; docs/catalogue.md has the whole of it.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def _main() -> int:
    try:
        from src.catalogue.command import main

        return main()
    except KeyboardInterrupt:  # before the command could take it, or after it ended
        print("Interrupted.", file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the ledger is being closed


if __name__ == "__main__":
    sys.exit(_main())
