"""The looks of a report: those of the pages, and what paper needs."""

from functools import cache
from pathlib import Path

from labeling.ui.files import STATIC

PAGES = Path(__file__).parents[1] / "pages" / "static"
OWN = """
body { margin: 0; background: light-dark(#f6f5f2, #141517); color-scheme: light dark; }
.rp { max-width: 860px; margin: 0 auto; padding: 40px 24px 80px; }
.rp > * + * { margin-top: 14px; }
.rp .ld-part { margin-top: 36px; }
.rp .ld-part > * + * { margin-top: 12px; }
.rp .ld-part > * + h3 { margin-top: 24px; }
.rp .ld-part > p { max-width: 74ch; }
.rp-short { padding-left: 20px !important; list-style: disc; font-size: 16px; line-height: 1.6; }
@media print {
  body, .rp { background: none; color-scheme: light; }
  .rp { max-width: none; padding: 0; print-color-adjust: exact; }
  .rp .ld-chart-line {
    grid-template-columns: 170px 1fr 230px; gap: 4px 16px; padding: 4px 0; border: 0;
  }
  .rp .ld-table tbody th { position: static; max-width: 220px; border-right: 0; }
  .rp .ld-scroll { overflow: visible; background: none; }
  .rp .ld-chart-line, .rp tr { break-inside: avoid; }
  .rp h2, .rp h3 { break-after: avoid; }
}
"""


@cache
def style() -> str:
    """All rules in one text."""
    files = [STATIC / "label.css", PAGES / "lead.css"]
    return "\n".join([*(file.read_text("utf-8") for file in files), OWN])
