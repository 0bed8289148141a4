import pytest

from claimwire.addresses import check_url, guarded_socket, is_public
from claimwire.errors import BlockedAddress


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "192.0.0.8",
     "100.64.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
     "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "::127.0.0.1", "fe80::1%eth0"],
)  # fmt: skip
def test_private_and_special_addresses_are_refused(address):
    assert not is_public(address)
    family = 10 if ":" in address else 2
    with pytest.raises(PermissionError, match="is not public"):
        guarded_socket((family, 1, 6, "", (address, 80)))


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:93.184.216.34"])
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
