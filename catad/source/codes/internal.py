"""What is never the user's mistake."""

from __future__ import annotations

from catad.source.codes import Code

CODES: dict[str, Code] = {
    "E0901": Code("the compiler has a mistake", """
Something happened within catad that should not be possible. The program may well be right. Please report it, with
the program and the text that follows the message.
"""),
}
