"""Sights of a terminal → one SVG that shows them one after another, without a script.

A line that is seen in several sights is drawn once. Each piece of text is as wide as its cells, whatever font there is.
"""

import dataclasses
import html
import re

FONT = 14
CELL, LINE = 8.4, 19
MARGIN, BAR = 16, 38

BACK, EDGE, TEXT, MUTED = "#0d1117", "#3d444d", "#e6edf3", "#9198a1"
COLOURS = {
    30: "#484f58", 31: "#ff7b72", 32: "#56d364", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea", 37: TEXT,
    90: "#8b949e", 91: "#ffa198", 92: "#7ee787", 93: "#f2cc60", 94: "#a5d6ff", 95: "#e2c5ff", 96: "#b3f0ff", 97: "#ffffff",
}


@dataclasses.dataclass(frozen=True)
class Style:
    colour: str = TEXT
    bold: bool = False
    dim: bool = False
    underline: bool = False
    inverse: bool = False


@dataclasses.dataclass
class Sight:
    # Lines with their colours, as a terminal is told them.
    lines: list[str]
    # Where it is, if it can be seen.
    cursor: tuple[int, int] | None
    title: str
    # How long it is shown, in milliseconds.
    hold: int


def styled(style: Style, codes: list[int]) -> Style:
    for code in codes or [0]:
        if code == 0:
            style = Style()
        elif code in COLOURS:
            style = dataclasses.replace(style, colour=COLOURS[code])
        elif code == 39:
            style = dataclasses.replace(style, colour=TEXT)
        elif code in (1, 2, 4, 7):
            style = dataclasses.replace(style, **{{1: "bold", 2: "dim", 4: "underline", 7: "inverse"}[code]: True})
        elif code == 49:
            # The background is never another than the window's.
            pass
        elif code == 22:
            style = dataclasses.replace(style, bold=False, dim=False)
        elif code in (24, 27):
            style = dataclasses.replace(style, **{{24: "underline", 27: "inverse"}[code]: False})
        else:
            raise ValueError(f"a style that can't be drawn: {code}")
    return style


def pieces(line: str) -> list[tuple[int, str, Style]]:
    """The line's texts, each with the column it begins in and its style."""
    found, column, style = [], 0, Style()
    for part in re.split(r"(\x1b\[[\d;]*m)", line):
        if part.startswith("\x1b["):
            style = styled(style, [int(code) for code in part[2:-1].split(";") if code])
        elif part:
            found.append((column, part, style))
            column += len(part)
    return found


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def drawn(line: str) -> str:
    """A line, its base at 0."""
    out = []
    for column, text, style in pieces(line):
        colour, extra = style.colour, ""
        if style.inverse:
            out.append(rect(column * CELL, -LINE + 5, len(text) * CELL, LINE, colour))
            colour = BACK
        blank = len(text) - len(text.lstrip(" "))
        text, column = text.strip(" "), column + blank
        if not text:
            continue
        extra += ' class="b"' if style.bold else ""
        extra += ' opacity=".65"' if style.dim else ""
        extra += ' text-decoration="underline"' if style.underline else ""
        extra += f' fill="{colour}"' if colour != TEXT else ""
        width = number(len(text) * CELL)
        out.append(f'<text x="{number(column * CELL)}" textLength="{width}"{extra}>{html.escape(text, quote=False)}</text>')
    return "".join(out)


def rect(x: float, y: float, width: float, height: float, colour: str, extra: str = "") -> str:
    return f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" fill="{colour}"{extra}/>'


def svg(sights: list[Sight], columns: int, rows: int, still: int) -> str:
    width, height = round(columns * CELL + 2 * MARGIN), rows * LINE + BAR + MARGIN
    lines: dict[str, str] = {}

    def use(line: str, y: float) -> str:
        shape = drawn(line)
        if not shape:
            return ""
        name = lines.setdefault(shape, f"l{len(lines)}")
        return f'<use href="#{name}" y="{number(y)}"/>'

    frames, stops, at = [], [], 0
    whole = sum(sight.hold for sight in sights)
    for place, sight in enumerate(sights):
        stops.append(f"{at / whole * 100:.3f}%{{transform:translateY(-{place * height}px)}}")
        at += sight.hold
        title = f'<text class="t" x="{number(width / 2)}" y="24">{html.escape(sight.title, quote=False)}</text>'
        cursor = ""
        if sight.cursor:
            column, row = sight.cursor
            cursor = rect(MARGIN + column * CELL, BAR + row * LINE, CELL, LINE, TEXT, ' opacity=".55"')
        text = "".join(use(line, BAR + (row + 1) * LINE - 5) for row, line in enumerate(sight.lines))
        frames.append(f'<g transform="translate(0 {place * height})">{title}{cursor}<g transform="translate({MARGIN})">{text}</g></g>')
    shapes = "".join(f'<g id="{name}">{shape}</g>' for shape, name in lines.items())
    dots = "".join(f'<circle cx="{20 + 20 * at}" cy="19" r="6" fill="{colour}"/>' for at, colour in enumerate(["#ff5f57", "#febc2e", "#28c840"]))
    family = 'ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace'
    # Who asked their system for less motion sees the sight that says most.
    style = (
        f"text{{font:{FONT}px {family};white-space:pre}}.b{{font-weight:700}}"
        f".t{{font:13px -apple-system,BlinkMacSystemFont,\"Segoe UI\",\"Noto Sans\",Helvetica,Arial,sans-serif;fill:{MUTED};text-anchor:middle}}"
        f".film{{transform:translateY(-{still * height}px);animation:film {whole}ms steps(1,end) infinite}}"
        "@media (prefers-reduced-motion:reduce){.film{animation:none}}"
        f"@keyframes film{{{''.join(stops)}}}"
    )
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="policysync in a terminal">',
        f"<style>{style}</style>",
        f"<defs>{shapes}<clipPath id=\"c\"><rect width=\"{width}\" height=\"{height}\" rx=\"10\"/></clipPath></defs>",
        f'<g clip-path="url(#c)"><rect width="{width}" height="{height}" fill="{BACK}"/><g class="film" fill="{TEXT}">',
        *frames,
        "</g>",
        f'{dots}</g><rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10" fill="none" stroke="{EDGE}"/>',
        "</svg>",
        "",
    ])
