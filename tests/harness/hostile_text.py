"""Text, numbers and JSON that hurt, for fuzzing."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

HOSTILE = (
    "<!channel>",
    "<!here|here> <@U012AB3CD> <#C012> <https://evil.example|click>",
    "&lt;!channel&gt; &amp;lt;",
    "*bold* _it_ ~gone~ `code` ```block``` :bomb: [a](https://evil.example)",
    "`<!everyone>`",
    "\u202egnp.exe\u2066x\u2069\u200b\u200d\ufeff\u00ad",
    "\x00\x01\x1b[31m\x7f\x85\u2028\u2029\ufffe\uffff",
    "\ud800",
    "\udfff\ud83d",
    "a\r\nSubject: b\nBcc: c",
    "'; rm -rf / #\n$(reboot) `reboot` \\",
    "]]></Message><Evil>",
    "\u0001" * 300,
    "💥" * 3000,
    "é" * 5000,
    '\\"' * 5000,
    " ",
    "",
    "{0} {noun} %s",
)
texts: st.SearchStrategy[str] = st.one_of(
    st.text(st.characters(), max_size=40),
    st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join),
    st.sampled_from(["x" * 2_000_000, "💥" * 500_000, "\n" * 1_000_000, "<!channel>" * 200_000]),
)
numbers: st.SearchStrategy[str] = st.one_of(
    st.integers(-5, 200).map(str),
    st.sampled_from(["0", "-1", "1e3", "1.5", "9" * 18, "9" * 38, "1E+125", "-0", str(2**53), "100000000000000"]),
)

Json = st.SearchStrategy[Any]

counts: Json = st.one_of(
    st.integers(0, 9),
    st.sampled_from(
        [None, -1, -(2**63), 2**53 + 1, 2**63, 10**40 + 1, 1.5, float("inf"), float("nan"), True, "7", [], {}]
    ),
)
anything: Json = st.recursive(
    st.one_of(st.none(), st.booleans(), counts, texts), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
any_text: Json = texts | anything

LARGEST = '\\"' * 5000
"""What takes most room in a message: quoted three times over."""


def some_of(**fields: Json) -> Json:
    """Return objects with some of these fields, or anything else."""
    return anything | st.fixed_dictionaries({}, optional=fields)


def list_of(entries: Json, most: int = 4) -> Json:
    """Return lists of such entries and of anything, or anything else."""
    return anything | st.lists(anything | entries, max_size=most)


def page_of(name: str, entries: Json, token: str) -> Json:
    """Return pages of a list, perhaps with a token for the next one."""
    tokens = st.sampled_from([None, "null", "1", "x" * 10_000]) | anything
    return st.fixed_dictionaries({name: list_of(entries)}, optional={token: tokens})
