"""Names that break something where they are not taken for text, and what is true of text."""

import signal
import sys

from hetevo.scripts.main import main

NAMES = {
    "mathematics": "$x^2$",
    "half a formula": "cost $ 5",
    "no formula": r"$\frac{$ \notacommand",
    "closing tag": "[/x]",
    "markup": "[bold red]alarm[/bold red] :boom:",
    "colour": "a\x1b[31mred",
    "title of the window": "\x1b]0;owned\x07b",
    "one-byte escape": "a\x9b31mb",
    "nul": "a\0b",
    "backspace": "evil\b\b\b\bgood",
    "other direction": "a\u202egnp.exe",
    "invisible": "neu\u200btral",
    "two lines": "one\nhetevo: error: two",
    "written over": "one\rtwo",
    "separator": "one\u2028two",
    "tab": "\tone",
    "formula": "=1+1",
    "call": '=HYPERLINK("http://x","y")',
    "minus": "-2+3",
    "plus": "+1+1",
    "at": "@SUM(A1)",
    "wide formula": "＝1+1",
    "underscore": "_x",
    "dot": ".x",
    "option": "--force",
    "path": "../../x",
    "home": "~/x",
    "long": "x" * 300,
    "long, another": "x" * 150 + "y" + "x" * 149,
    "no ASCII letter": "中文",
    "another without": "日本",
    "accents": "größe",
    "emoji": "🧠",
    "nothing to see": " ",
    "nothing": "",
    "HTML": "<script>alert(1)</script>&\"'<!--",
    "shell": "`id`; $(id) && 'x'",
    "format": "%s %(x)s {0} {x}",
}


def is_text(shown: str) -> bool:
    """Tell whether something is lines of characters that can be seen."""
    return all(line.isprintable() for line in shown.split("\n"))


def call(capfd, *words):
    """Call the command with these words as a shell does, in this process; return status, stdout and stderr."""
    streams, handler, argv = (sys.stdin, sys.stdout, sys.stderr), signal.getsignal(signal.SIGINT), sys.argv
    capfd.readouterr()
    try:
        sys.argv = ["hetevo", *map(str, words)]
        main()
        status = 0
    except SystemExit as ended:
        status = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stdin, sys.stdout, sys.stderr = streams
        sys.argv = argv
        signal.signal(signal.SIGINT, handler)
    return status, *capfd.readouterr()
