"""Names that somebody could give a sweep, and that must not become a path."""

NAMES = [
    "..", ".", "../x", "../../x", "a/../../../x", "/tmp/x", "/", "//x", "~", "~/x", "$HOME/x", "a/b",
    "a\\\\b", "..%2fx", "%2e%2e/x", "\uff0e\uff0e\uff0fx", "..\u2215x", "\u2024\u2024/x",
    "a\u202eb", "é", "a\u0301", "\u200bx", "ß", ".hidden",
    "-x", "con:", "a b", "a;b", "a|b", "a*", "a?", "x" * 81, "x" * 300, "x" * 5000, "${oc.env:HOME}",
    "${hydra:runtime.cwd}", "${now:%Y}", "${sweep.name}", "${nosuch}", "a\0b", "a\nb", "a\x1b[31m", "a\tb",
    "\udcff", "[a,b]", "{a:b}", "null", "",
]  # fmt: skip
