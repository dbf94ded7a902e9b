"""``python -m src``: the product without a screen."""

from src.cli import main

if __name__ == "__main__":
    main()
