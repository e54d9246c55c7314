"""Who is named by a pattern, and who only looks as if: whom a server may trust, and where a logon may go."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from partner_operator.trust.allowed import (
    Bounds,
    ascii_host,
    is_allowed,
    is_partner_pattern,
    is_pattern,
    partner_fault,
)

LABELS = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--"
)
NAMES = st.lists(LABELS, min_size=2, max_size=4).map(".".join)


@pytest.mark.parametrize(
    "pattern",
    [
        "lync",
        "lync.contoso.com",
        "*.contoso.com",
        "*.a.b.c.de",
        "10.1.2.3",
        "fe_2.contoso.com",
        "xn--bcher-kva.de",
        "*.xn--bcher-kva.de",
        "1.de",
        "*.co.uk",
    ],
)
def test_these_are_patterns(pattern: str) -> None:
    assert is_pattern(pattern)
    assert is_partner_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "*",
        "*.",
        "*.com",
        "*.*.contoso.com",
        "a.*.contoso.com",
        "*a.contoso.com",
        "**.a.b",
        "Lync.contoso.com",
        "lync.contoso.com.",
        ".contoso.com",
        "a..contoso.com",
        "-a.de",
        "a-.de",
        "[::1]",
        "::1",
        "fe80::1",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "010.1.2.3",
        "*.1.2.3.4",
        "*.2.3",
        "10.1.2.256",
        "https://a.de",
        "a.de/",
        "a.de?",
        "a@b.de",
        "bücher.de",
        "a.de\n",
        " a.de",
        "a.de ",
        "a,b.de",
        "cоntoso.com",
        "lKync.contoso.com",
        "a" * 64 + ".de",
        ".".join(["a" * 60] * 5),
    ],
)
def test_these_are_none_and_name_nobody(pattern: str) -> None:
    assert not is_pattern(pattern)
    assert not is_partner_pattern(pattern)
    assert not is_allowed("lync.contoso.com", [pattern])
    assert partner_fault("https://lync.contoso.com/metadata/json/1", [pattern]) is not None
    assert not is_allowed(pattern.removeprefix("*."), [pattern])


ALLOWED = ("*.contoso.com", "pool.fabrikam.com", "10.1.2.3", "ext.fabrikam.com:8443")


@pytest.mark.parametrize(
    "authority",
    [
        "lync.contoso.com",
        "a.b.contoso.com",
        "LYNC.Contoso.COM",
        "lync.contoso.com.",
        "10.1.2.3",
        "lync.contoso.com:443",
        "lync.contoso.com:0443",
        "POOL.fabrikam.com.:443",
        "ext.fabrikam.com:8443",
        "l_1.contoso.com",
        "xn--bcher-kva.contoso.com",
        "bücher.contoso.com",
        "lync。contoso.com",
    ],
)
def test_these_partners_are_allowed(authority: str) -> None:
    assert partner_fault(f"https://{authority}/metadata/json/1", ALLOWED) is None
    assert partner_fault(f"HTTPS://{authority}/metadata/json/1?realm=a@b", ALLOWED) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lync.contoso.com",
        "http://lync.contoso.com/m",
        "ftp://lync.contoso.com/m",
        "https:lync.contoso.com/m",
        "https:///lync.contoso.com/m",
        "https://lync.contoso.com",
        "https://contoso.com/m",
        "https://evilcontoso.com/m",
        "https://contoso.com.evil.example/m",
        "https://evil.example/lync.contoso.com/m",
        "https://evil.example?lync.contoso.com/m",
        "https://evil.example#.contoso.com/m",
        "https://evil.example\\.contoso.com/m",
        "https://evil.example\\@lync.contoso.com/m",
        "https://lync.contoso.com\\@evil.example/m",
        "https://evil.example%2f.contoso.com/m",
        "https://evil.example%00.contoso.com/m",
        "https://evil.example\n.contoso.com/m",
        "https://evil.example\uff0f.contoso.com/m",
        "https://evil.example\u2044.contoso.com/m",
        "https://evil.example;.contoso.com/m",
        "https://lync.contoso.com@evil.example/m",
        "https://user@lync.contoso.com/m",
        "https://user:word@lync.contoso.com/m",
        "https://@lync.contoso.com/m",
        "https://lync.contoso.com:8443/m",
        "https://lync.contoso.com:/m",
        "https://lync.contoso.com:443@evil.example/m",
        "https://lync.c\u043entoso.com/m",
        "https://lync.xn--cntoso-3fg.com/m",
        "https://lync..contoso.com/m",
        "https://.contoso.com/m",
        "https://*.contoso.com/m",
        "https://pool.fabrikam.com.contoso.org/m",
        "https://a.pool.fabrikam.com/m",
        "https://ext.fabrikam.com/m",
        "https://ext.fabrikam.com:443/m",
        "https://[::ffff:10.1.2.3]/m",
        "https://[fe80::1]/m",
        "https://10.1.515/m",
        "https://10.1.2.03/m",
        "https://0x0a.1.2.3/m",
        "https://167838211/m",
        "https://10.1.2.4/m",
    ],
)
def test_these_are_not(url: str) -> None:
    fault = partner_fault(url, ALLOWED)
    assert fault is not None
    assert fault.isprintable()
    assert fault.endswith(".")


def test_without_patterns_nobody_is_allowed() -> None:
    assert partner_fault("https://lync.contoso.com/m", ()) is not None
    assert not is_allowed("lync.contoso.com", ())


@given(NAMES, st.lists(LABELS, min_size=1, max_size=3).map(".".join))
def test_a_wildcard_names_all_below_it_and_neither_itself_nor_its_neighbours(
    domain: str, below: str
) -> None:
    pattern = [f"*.{domain}"]
    assert is_allowed(f"{below}.{domain}", pattern)
    assert not is_allowed(domain, pattern)
    assert not is_allowed(f"{below}{domain}", pattern)
    assert not is_allowed(f"{below}.{domain}.{below}.example", pattern)


@given(NAMES, NAMES)
def test_an_exact_name_names_itself_only(name: str, other: str) -> None:
    assume(name != other)
    assert is_allowed(name, [name])
    assert not is_allowed(other, [name])
    assert not is_allowed(f"a.{name}", [name])


@given(NAMES, st.randoms())
def test_letter_case_and_the_last_dot_are_no_difference(name: str, chance: object) -> None:
    spelt = "".join(chance.choice((str.upper, str.lower))(letter) for letter in name)  # type: ignore[attr-defined]
    assert ascii_host(spelt) == ascii_host(f"{spelt}.") == name
    assert partner_fault(f"https://{spelt}.:443/m", [name]) is None


@given(st.text(max_size=30), NAMES)
def test_what_is_allowed_ends_with_what_was_written(text: str, domain: str) -> None:
    """Whatever characters stand before it: the host that is compared is the one that the pattern names."""
    host = ascii_host(f"{text}.{domain}")
    assert host is None or host.endswith(f".{domain}")
    assert host is None or set(host) <= {*string.ascii_lowercase, *string.digits, *"-_."}


@given(st.text(alphabet="ab.*:/@\\#?%[]1-_ \u3002\u212a\uff0e\n", max_size=20))
def test_an_address_is_allowed_for_its_own_host_only(text: str) -> None:
    """No spelling between https:// and the host brings another host to the name of an allowed one."""
    url = f"https://{text}.contoso.com/m"
    if partner_fault(url, ["*.contoso.com"]) is None:
        authority = url.removeprefix("https://").partition("/")[0]
        assert not set(authority) & set("@\\#?%[]* \n")
        assert ascii_host(authority.partition(":")[0]) is not None


def test_the_bounds_hold_whatever_a_secret_says() -> None:
    bounds = Bounds(("*.litwareinc.com",))
    assert bounds.fault("ex1.litwareinc.com", 5986) is None
    assert "--allowed-hosts" in (bounds.fault("ex1.contoso.com", 5986) or "")
    assert "--allowed-ports" in (bounds.fault("ex1.litwareinc.com", 443) or "")
    assert Bounds().fault("ex1.contoso.com", 5986) is None
    assert Bounds(()).fault("ex1.contoso.com", 5986) is not None
