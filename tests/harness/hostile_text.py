"""Text and numbers that hurt, for fuzzing."""

from __future__ import annotations

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
