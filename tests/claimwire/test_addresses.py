import pytest

from claimwire.errors import BlockedAddress
from claimwire.net.addresses import check_url, guarded_socket, is_public


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "192.0.0.8",
     "100.64.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
     "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "::127.0.0.1", "fe80::1%eth0",
     # Site local, the relay of 6to4, and what else the IANA registries name.
     "fec0::1", "fecf:ffff::1", "feff::1", "192.88.99.1", "192.88.99.255", "192.31.196.1", "192.52.193.1", "192.175.48.6",
     "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.9", "255.255.255.255", "239.1.2.3", "0.1.2.3",
     "100::1", "100:0:0:1::1", "2001:2::1", "2001:3::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:1ff::1",
     "2001:db8::1", "3fff::1", "5f00::1", "2620:4f:8000::1", "4000::1", "::ffff:0:127.0.0.1", "fd00::1",
     # An inner IPv4 address, private or public, in NAT64, 6to4, Teredo, mapped and compatible form.
     "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::93.184.216.34", "2002:a9fe:a9fe::1", "2002:5db8:d822::1",
     "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:a9fe:a9fe::", "::ffff:169.254.169.254", "::ffff:192.88.99.1",
     "::ffff:100.64.0.1", "::169.254.169.254", "::93.184.216.34"],
)  # fmt: skip
def test_private_and_special_addresses_are_refused(address):
    assert not is_public(address)
    family = 10 if ":" in address else 2
    with pytest.raises(PermissionError, match="is not public"):
        guarded_socket((family, 1, 6, "", (address, 80)))


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "1.1.1.1",
        "2606:4700::1111",
        "::ffff:93.184.216.34",
        "192.0.1.1",
        "192.88.98.255",
        "192.88.100.0",
        "198.17.255.255",
        "198.20.0.0",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2a00:1450::1",
    ],
)
def test_public_addresses_are_not(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://a\\@b/", "http://user@host/", "http://user:pw@host/", "ftp://host/", "file:///etc/passwd", "gopher://h/",
     "http://host:22/", "http://host:6379/", "http:///x", "http://ho st/", "http://host/\nx", "javascript:alert(1)",
     "http://[::1/", "http://host:99999/", "http://h/" + "a" * 3000, ""],
)  # fmt: skip
def test_urls_refused_before_any_look_up(url):
    with pytest.raises(BlockedAddress):
        check_url(url)


def test_ordinary_urls_pass():
    check_url("https://news.example/a?b=c")
    check_url("http://news.example:8080/")
