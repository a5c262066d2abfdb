"""Writes docs/pictures/."""

from __future__ import annotations

from local.pictures import PICTURES
from local.project import PROJECT


def main() -> None:
    """Write each picture anew."""
    folder = PROJECT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (folder / name).write_text(draw(), encoding="utf-8")
        print(f"docs/pictures/{name}")


if __name__ == "__main__":
    main()
