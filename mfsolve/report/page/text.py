"""Markdown with formulas as HTML: formulas become MathML, which browsers set without any library."""

import html
import re

FORMULA = re.compile(r"(`[^`\n]*`)|\$([^$\n]+)\$")
LOWEST = 6
"""Level of the lowest heading that HTML has."""
MARK = "\ue000{}\ue001"
"""Placeholder of a formula while the text around it is read: private characters that no text has."""


WORD = re.compile(
    r"\\(?:begin|end|text|math[a-z]+|operatorname)\*?\s*\{[^{}]*\}|\\[A-Za-z]+|(?<![A-Za-z])(?:[A-Za-z]{3,}|KL)(?![A-Za-z])"
)
"""Commands of a formula, and runs of letters that are a word rather than a product of as many variables."""


def to_html(text: str, below: int = 0) -> str:
    """Markdown as HTML; what a formula holds is not read as markdown, and no HTML of the text is kept as such.

    Headings are so many levels lower than in the text, for one that stands below headings of the page.
    """
    from latex2mathml.converter import convert
    from markdown_it import MarkdownIt

    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        formulas.append(convert(WORD.sub(_upright, match[2])))
        return MARK.format(len(formulas) - 1)

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(FORMULA.sub(keep, text))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(LOWEST, int(token.tag[1:]) + below)}"
    found = str(reader.renderer.render(tokens, reader.options, {}))
    return re.sub(MARK.format(r"(\d+)"), lambda match: formulas[int(match[1])], found)


def _upright(match: re.Match[str]) -> str:
    """Set a word of a formula as one, not as a product of its letters."""
    return match[0] if match[0].startswith("\\") else f"\\text{{{match[0]}}}"


def escape(text: object) -> str:
    """Text that HTML shows as it is; control characters, which it must not hold, are left out."""
    plain = "".join(c for c in str(text) if c in "\n\t" or ord(c) >= 32)
    return html.escape(plain)
