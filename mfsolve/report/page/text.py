"""Markdown with formulas as HTML: formulas become MathML, which browsers set without any library."""

import html
import re

FORMULA = re.compile(r"(`[^`\n]*`)|\$([^$\n]+)\$")
MARK = "\ue000{}\ue001"
"""Placeholder of a formula while the text around it is read: private characters that no text has."""


def to_html(text: str) -> str:
    """Markdown as HTML; what a formula holds is not read as markdown, and no HTML of the text is kept as such."""
    from latex2mathml.converter import convert
    from markdown_it import MarkdownIt

    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        formulas.append(convert(match[2]))
        return MARK.format(len(formulas) - 1)

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    found = str(reader.render(FORMULA.sub(keep, text)))
    return re.sub(MARK.format(r"(\d+)"), lambda match: formulas[int(match[1])], found)


def escape(text: object) -> str:
    """Text that HTML shows as it is; control characters, which it must not hold, are left out."""
    plain = "".join(c for c in str(text) if c in "\n\t" or ord(c) >= 32)
    return html.escape(plain)
