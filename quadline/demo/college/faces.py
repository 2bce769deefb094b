"""The portraits of the sample staff: flat faces on a square, drawn from a few shapes
shared by all.
"""

from dataclasses import dataclass

INK = "#2b211d"


@dataclass(frozen=True)
class Look:
    """A drawn face: colours, and SVG shapes behind the head, on the body,
    on and over the face.
    """

    ground: str
    skin: str
    shade: str  # the skin in shadow: neck, ears, nose
    cloth: str
    brow: str
    behind: str = ""
    body: str = ""
    beard: str = ""
    over: str = ""
    smile: str = "closed"


def path(d: str, fill: str) -> str:
    return f'<path d="{d}" fill="{fill}" fill-rule="evenodd"/>'


def line(
    d: str,
    colour: str,
    width: float = 4,
) -> str:
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )


def dots(colour: str, *circles: tuple[int, int, int]) -> str:
    drawn = []
    for x, y, r in circles:
        drawn.append(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{colour}"/>')
    return "".join(drawn)


def glasses(
    colour: str,
    height: int,
    corner: int,
) -> str:
    lens = (
        f'<rect x="{{}}" y="105" width="37" height="{height}" rx="{corner}" fill="#fff"'
        f' fill-opacity=".08" stroke="{colour}" stroke-width="3.5"/>'
    )
    bridge = line("M125 116q3-3 6 0M88 114l-8-2M168 114l8-2", colour, 3.5)
    return lens.format(88) + lens.format(131) + bridge


def blazer(shirt: str, lapel: str) -> str:
    return path("M104 190 128 258 152 190z", shirt) + path(
        "M104 190 84 200 78 224 90 230 84 238 112 256H124zM152 190 172 200 178 224 166"
        " 230 172 238 144 256H132z",
        lapel,
    )


def collar(shirt: str) -> str:
    return path(
        "M106 188 128 220 150 188 164 200 146 238 128 220 110 238 92 200z", shirt
    )


def tie(colour: str) -> str:
    return path("M120 216h16l-4 12 8 28h-24l8-28z", colour)


def round_neck(colour: str) -> str:
    return path("M98 191q30 40 60 0l8 3q-38 56-76 0z", colour)


SMILES = {
    "closed": line("M112 151q16 14 32 0", "#8f3f38"),
    "soft": line("M114 154q15 8 28-3", "#8f3f38"),
    "open": (
        path("M108 148q20 6 40 0c-2 24-38 24-40 0z", "#7d2f2c")
        + path("M112 149q16 4 32 0c-1 9-31 9-32 0z", "#fff")
    ),
}

LONG_HAIR = (
    "M128 30C76 30 62 72 62 112c0 42-16 66-12 106 22 14 134 14 156 0 4-40-12-64-12-106"
    " 0-40-14-82-66-82z"
)
STRAIGHT = "M128 30c-50 0-68 36-68 84l-4 112q72 16 144 0l-4-112c0-48-18-84-68-84z"
BOB = (
    "M128 30c-52 0-68 38-68 82 0 30-2 46-8 64 30 10 122 10 152 0-6-18-8-34-8-64"
    " 0-44-16-82-68-82z"
)
SWEPT = (
    "M77 122C70 70 92 42 130 42c40 0 56 34 49 80-5-24-18-38-44-54-14 22-44 26-58 54z"
)
PARTED = "M128 56c-28 10-44 34-49 72-10-16-14-88 49-88s59 72 49 88c-5-38-21-62-49-72z"
FRINGE = (
    "M76 120c-6-48 16-78 52-78s58 30 52 78c-5-10-8-20-9-28-28 10-62 8-86-2-1 10-4"
    " 20-9 30z"
)
CROP = (
    "M77 112C68 62 96 38 130 38s60 24 49 74c-3-16-8-26-15-34-22 4-52 2-72-2-7 8-12"
    " 20-15 36z"
)
FADE = (
    "M80 106c-5-38 18-62 48-62s53 24 48 62c-3-12-7-20-10-27q-38-9-76 0c-3 7-7 15-10 27z"
)
QUIFF = (
    "M77 116c-8-34 0-58 18-64 4-18 34-24 54-16 26 4 38 28 30 80-4-18-8-28-16-36-20"
    " 4-44-2-58-12-6 14-24 22-28 48z"
)
RECEDING = (
    "M78 120c-8-38 6-66 36-74-14 12-20 20-24 36-6 8-10 20-12 38zM178 120"
    "c8-38-6-66-36-74 14 12 20 20 24 36 6 8 10 20 12 38zM102 58"
    "c8-18 44-18 52 0-18-8-34-8-52 0z"
)
FULL_BEARD = (
    "M80 118c-1 44 20 68 48 68s49-24 48-68c-5 18-12 24-22 21-14-5-38-5-52 0-10"
    " 3-17-3-22-21zM112 150q16-5 32 0-2 14-16 14t-16-14z"
)
TRIM_BEARD = (
    "M81 124c2 38 21 60 47 60s45-22 47-60c-6 22-15 28-22 18q-25-9-50 0c-7 10-16"
    " 4-22-18zM111 148q17-3 34 0-3 18-17 18t-17-18z"
)
SCARF = (
    "M128 24C70 24 58 74 66 124c6 46 30 82 62 82s56-36 62-82c8-50-4-100-62-100zM128 64"
    "c28 0 43 20 43 50 0 38-19 62-43 62s-43-24-43-62c0-30 15-50 43-50z"
)

LOOKS = {  # by the local part of the email address
    "maya.alvarez": Look(
        "#f0dcc3", "#d9a077", "#bd8159", "#1f6f63", "#3a251c",
        behind=path(LONG_HAIR, "#402a20"),
        body=path("M98 190q30 44 60 0l14 66H84z", "#fbf5ea"),
        over=path(SWEPT, "#4c3226") + dots("#e0b04a", (80, 142, 5), (176, 142, 5)),
        smile="open",
    ),
    "amina.yusuf": Look(
        "#d6e2d9", "#a86f4c", "#8b5636", "#34495e", "#2a1a14",
        behind=path(
            "M66 120C64 190 50 214 28 240q100 36 200 0c-22-26-36-50-38-120z", "#b5566b"
        ),
        over=path(SCARF, "#c9687d")
        + path("M68 168c24 40 96 40 120 0l22 52q-82 44-164 0z", "#c9687d")
        + line("M74 186c30 40 80 42 112 8M90 76q38-30 76 0", "#b5566b"),
    ),
    "denise.whitfield": Look(
        "#eedfb4", "#7d4b32", "#643824", "#6b2f55", "#1d1311",
        behind=dots(
            "#2a1b18", (128, 92, 70), (74, 112, 24), (182, 112, 24), (128, 36, 28)
        ),
        body=blazer("#f7e9dd", "#582444"),
        over=path(FADE, "#2a1b18") + dots("#e0b04a", (79, 146, 8), (177, 146, 8)),
        smile="open",
    ),
    "samuel.brandt": Look(
        "#d4dee8", "#efc4a5", "#d79f7e", "#2f4058", "#8b8780",
        body=blazer("#f4f6f8", "#25344a") + tie("#a5432f"),
        beard=path(FULL_BEARD, "#a9a49b"),
        over=path(RECEDING, "#a9a49b"),
        smile="soft",
    ),
    "priya.raman": Look(
        "#dfe5cf", "#b27a50", "#945f39", "#d2573f", "#1d1517",
        behind=path(STRAIGHT, "#221a1d"),
        body=path("M104 190q24 22 48 0l-16 24v28h-16v-28z", "#f2c14e"),
        over=path(PARTED, "#2c2226")
        + dots("#f2c14e", (80, 141, 5), (80, 151, 3), (176, 141, 5), (176, 151, 3)),
    ),
    "marcus.lee-johnson": Look(
        "#f1d9c9", "#96623f", "#7a4a2c", "#3f7d4e", "#1b1412",
        body=collar("#2f6640") + line("M128 222v34", "#2f6640", 3),
        beard=path(TRIM_BEARD, "#33221c"),
        over=path(FADE, "#231815"),
        smile="open",
    ),
    "helen.kowalczyk": Look(
        "#dbd7e8", "#f4d0b8", "#dfaa8c", "#3d5a94", "#a3a0a0",
        behind=path(BOB, "#c9c8ca"),
        body=path("M102 176q26 14 52 0l4 26q-30 16-60 0z", "#33497c"),
        over=path(FRINGE, "#dcdbdd") + glasses("#3a3440", 30, 11),
    ),
    "jordan.callahan": Look(
        "#cfe0e3", "#f2c9a8", "#d9a27d", "#d39b2a", "#8a4526",
        body=collar("#fdf8ee"),
        over=path(QUIFF, "#a65530") + glasses("#4a3428", 35, 17)
        + dots("#d08a60", (96, 144, 2), (103, 147, 2), (153, 147, 2), (160, 144, 2)),
        smile="soft",
    ),
    "ruth.abernathy": Look(
        "#ecd9d2", "#8f5a3c", "#734327", "#39404a", "#1c1413",
        behind=dots("#2b1c19", (128, 38, 30))
        + line("M106 30q22 20 44 2M104 44q24 20 48 0", "#49322b"),
        body=blazer("#e5efe9", "#2b313a"),
        over=path(CROP, "#2b1c19")
        + line("M100 72q6-22 22-30M156 72q-6-22-22-30M128 70V42", "#49322b", 3)
        + glasses("#7a2f3a", 27, 8),
    ),
    "omar.haddad": Look(
        "#dde3d6", "#d3a07a", "#b67f58", "#5b6b7a", "#201917",
        body=collar("#fbfbf8") + tie("#7c3a2a"),
        beard=path(FULL_BEARD, "#2a201c"),
        over=line("M104 66q10-8 22-9", "#e6bd9b", 5),
    ),
    "linh.pham": Look(
        "#f3e3c8", "#eec39a", "#d29d70", "#e3b23c", "#1d181a",
        behind=path(BOB, "#1f1a1d"),
        body=round_neck("#f8e2a8"),
        over=path(FRINGE, "#2b2427"),
        smile="open",
    ),
    "anneliese.bartholomew": Look(
        "#d3e3e6", "#f6d2b9", "#e0ac8b", "#2e6f80", "#b98a3e",
        behind=dots("#d1a24d", (150, 34, 26))
        + line("M136 26q16 16 32 6", "#b98a3e", 3),
        body=round_neck("#245967")
        + dots(
            "#fdf6e3",
            (112, 206, 4), (120, 211, 4), (128, 213, 4), (136, 211, 4), (144, 206, 4),
        ),
        over=path(SWEPT, "#dfb45f")
        + line("M78 118q-6 22 2 40M178 118q6 22-2 40", "#dfb45f", 5),
    ),
}  # fmt: skip


def draw(look: Look) -> str:
    """Return a square SVG, drawn from the back: ground, hair, body,
    face, features, fringe.
    """
    shapes = (
        f'<rect width="256" height="256" fill="{look.ground}"/>',
        look.behind,
        path("M22 256c2-38 28-52 62-60l20-8h48l20 8c34 8 60 22 62 60z", look.cloth),
        path("M106 150h44v42c-4 22-40 22-44 0z", look.shade),
        look.body,
        dots(look.shade, (79, 124, 11), (177, 124, 11)),
        path(
            "M80 108c0-36 20-56 48-56s48 20 48 56c0 44-20 74-48 74s-48-30-48-74z",
            look.skin,
        ),
        look.beard,
        line("M97 104q11-7 21-1M138 103q10-6 21 1", look.brow, 4.5),
        dots(INK, (108, 120, 5), (148, 120, 5)),
        line("M128 122q-7 14-2 15 4 1 7-1", look.shade),
        SMILES[look.smile],
        look.over,
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256'
        f' 256">{"".join(shapes)}</svg>\n'
    )
