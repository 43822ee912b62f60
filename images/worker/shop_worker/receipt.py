"""Renders receipts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

from fpdf import FPDF
from fpdf.enums import XPos, YPos

# Latin, Greek and Cyrillic; what it lacks is left blank.
_FONT = files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf"
_TITLE_SIZE, _TEXT_SIZE = 20, 11


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What stands on a receipt.

    Args:
        order_id: Id of the order.
        article: What was ordered.
        quantity: How many of it.
        placed_at: When it was ordered.
    """

    order_id: str
    article: str
    quantity: int
    placed_at: datetime

    def render(self, work: timedelta) -> bytes:
        """Return the receipt as PDF. It is rendered again and again until ``work`` has passed, at least once."""
        end = time.monotonic() + work.total_seconds()
        while True:
            pdf = self._rendered()
            if time.monotonic() >= end:
                return pdf

    def _rendered(self) -> bytes:
        document = FPDF(format="A5")
        document.set_creation_date(self.placed_at)
        document.set_title(f"Receipt {self.order_id}")
        document.set_lang("en")
        document.add_font("Noto Sans", fname=str(_FONT))
        document.add_page()
        for size, text in (
            (_TITLE_SIZE, "Receipt"),
            (_TEXT_SIZE, f"Order {self.order_id}"),
            (_TEXT_SIZE, f"Placed {self.placed_at:%Y-%m-%d %H:%M:%S %Z}"),
            (_TEXT_SIZE, f"{self.quantity} × {self.article}"),
        ):
            document.set_font("Noto Sans", size=size)
            document.multi_cell(0, text=text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        return bytes(document.output())
