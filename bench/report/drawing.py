"""A small SVG: text, lines and marks in classes, whose colours follow what the reader prefers, light or dark."""

from xml.sax.saxutils import escape

STYLE = """
 .ground { fill: #ffffff } .text { fill: #24292f } .faint { fill: #57606a } .grid { stroke: #d8dee4 }
 .peer { fill: #6e7781; stroke: #6e7781 } .own { fill: #0b7a3b; stroke: #0b7a3b }
 .s0 { stroke: #0b7a3b; fill: #0b7a3b } .s1 { stroke: #0969da; fill: #0969da } .s2 { stroke: #bc4c00; fill: #bc4c00 }
 .s3 { stroke: #8250df; fill: #8250df } .s4 { stroke: #bf3989; fill: #bf3989 } .s5 { stroke: #57606a; fill: #57606a }
 @media (prefers-color-scheme: dark) {
 .ground { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #30363d }
 .peer { fill: #9198a1; stroke: #9198a1 } .own { fill: #3fb950; stroke: #3fb950 }
 .s0 { stroke: #3fb950; fill: #3fb950 } .s1 { stroke: #58a6ff; fill: #58a6ff } .s2 { stroke: #f0883e; fill: #f0883e }
 .s3 { stroke: #bc8cff; fill: #bc8cff } .s4 { stroke: #ff7bc0; fill: #ff7bc0 } .s5 { stroke: #9198a1; fill: #9198a1 } }
 text { font: 13px sans-serif; stroke: none } .title { font-weight: 600; font-size: 15px }
 .line { fill: none; stroke-width: 2 } .whisker { stroke-width: 2; opacity: .45 }
"""
# Lines of a plot are told apart by colour and by dashes.
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4")


class Drawing:
    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.parts = [f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
                      f'<rect class="ground" width="{width}" height="{height}" rx="6"/>']
        self.text(16, 26, title, "text title")

    def text(self, x, y, words, kind="text", anchor="start"):
        self.parts.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, kind):
        self.parts.append(f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')

    def dot(self, x, y, kind, radius=5):
        self.parts.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>')

    def path(self, points, number):
        words = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = DASHES[number % len(DASHES)]
        self.parts.append(f'<polyline class="line s{number % 6}" style="fill:none" stroke-dasharray="{dashes}" '
                          f'points="{words}"/>')

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" role="img">\n' + "\n".join(self.parts) + "\n</svg>\n")
