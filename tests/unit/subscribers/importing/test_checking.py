"""Files from elsewhere: what is read, what is rejected and why, what cannot be read."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from subscribers.errors import UnreadableFile
from subscribers.importing import Choices, RejectedRow, check
from subscribers.importing.checking import NOTHING_CHOSEN
from subscribers.importing.text_files import MAXIMUM_LINE
from subscribers.keys import Keyring

Read = Callable[..., tuple[set[str], list[RejectedRow]]]


@pytest.fixture
def read(tmp_path: Path, keyring: Keyring) -> Read:
    """The addresses and the rejects of a file with these bytes."""

    def read_bytes(
        data: bytes, choices: Choices = NOTHING_CHOSEN
    ) -> tuple[set[str], list[RejectedRow]]:
        path = tmp_path / "list"
        path.write_bytes(data)
        rejects: list[RejectedRow] = []
        with check(path, keyring, rejects.append, choices) as checked:
            found = {row.address for chunk in checked.spool.chunks(2) for row in chunk}
        assert checked.rejected == len(rejects)
        return found, rejects

    return read_bytes


ANN_AND_BOB = {"ann@example.org", "bob@example.com"}


@pytest.mark.parametrize(
    "text",
    [
        "email\nann@example.org\nbob@example.com\n",
        "email\r\nann@example.org\r\nbob@example.com",
        "email\rann@example.org\rbob@example.com\r",
        "ann@example.org\nbob@example.com\n",
        "Name,E-Mail\nAnn,ann@example.org\nBob,bob@example.com\n",
        'Name;"E-Mail Address";Note\nAnn;ann@example.org;"a;b"\nBob;bob@example.com;\n',
        "name\temail_address\nAnn\tann@example.org\nBob\tbob@example.com\n",
        "sep=;\nEmail;Name\nann@example.org;Ann\nbob@example.com;Bob\n",
        "Ann,ann@example.org\nBob,bob@example.com\n",
        "name|email\nAnn|ann@example.org\nBob|bob@example.com\n",
        "email,address\nann@example.org,1 Street\nbob@example.com,2 Street\n",
        'email,note\nann@example.org,"two\nlines"\nbob@example.com,\n',
        "email\n\n  ann@example.org  \n\nbob@example.com\n,\n",
        "email\nann@example.org\nemail\nbob@example.com\n",
        '["ann@example.org", "bob@example.com"]',
        '[{"email": "ann@example.org"}, {"E-Mail": "bob@example.com", "x": {"y": []}}]',
        '{"email": "ann@example.org"}\n\n{"address": "bob@example.com"}\n',
    ],
)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_files_are_read_in_all_common_formats_and_encodings(
    read: Read, text: str, encoding: str
) -> None:
    assert read(text.encode(encoding)) == (ANN_AND_BOB, [])


def test_letters_beyond_ascii_are_read_in_the_encoding_that_is_named(read: Read) -> None:
    text = "name,email\nZoë,zoë@example.org\n"
    assert read(text.encode()) == ({"zoë@example.org"}, [])
    assert read(text.encode("cp1252"), Choices(encoding="cp1252")) == ({"zoë@example.org"}, [])


def test_a_rejected_row_is_named_by_its_line_with_the_reason(read: Read) -> None:
    data = b'email,n\nann@example.org,1\nbob,2\n"x\n",3\n,4\nshort\n"st"ray@example.org,5\n'
    found, rejects = read(data)
    assert found == {"ann@example.org"}
    assert [str(reject) for reject in rejects] == [
        "row 3 has no @",
        "row 4 has no @",
        "row 6 has no address",
        "row 7 has no @",
        "row 8 has a stray quote",
    ]


def test_zeros_formulas_and_broken_letters_are_rejected_rows(read: Read) -> None:
    data = b"email\nann@exam\0ple.org\n=HYPERLINK(1)\n\x81\x8d@example.org\nann@example.org\n"
    found, rejects = read(data)
    assert found == {"ann@example.org"}
    assert [reject.row for reject in rejects] == [2, 3, 4]


def test_a_cell_that_our_own_export_neutralised_is_read_back(read: Read) -> None:
    assert read(b"email\n'+ann@example.org\n")[0] == {"+ann@example.org"}


def test_the_same_address_twice_counts_once(tmp_path: Path, keyring: Keyring) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email\nann@example.org\nANN@EXAMPLE.ORG\nbob@example.com\n")
    with check(path, keyring) as checked:
        assert (checked.rows, checked.duplicates) == (3, 1)


def test_a_file_over_a_gigabyte_is_refused(tmp_path: Path, keyring: Keyring) -> None:
    path = tmp_path / "list.csv"
    with path.open("wb") as file:
        file.truncate(1_000_000_001)  # sparse: it takes no space on disk
    with pytest.raises(UnreadableFile, match="over 1,000,000,000 bytes"), check(path, keyring):
        pass


def test_the_first_ten_rejected_rows_are_kept_as_examples(tmp_path: Path, keyring: Keyring) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email\n" + "nobody\n" * 12)
    with check(path, keyring) as checked:
        assert (checked.rejected, len(checked.examples)) == (12, 10)


def test_bad_items_of_json_are_rejected_rows(read: Read) -> None:
    found, rejects = read(json.dumps(["ann@example.org", 7, {}, None, "x", []]).encode())
    assert found == {"ann@example.org"}
    assert [reject.row for reject in rejects] == [2, 3, 4, 5, 6]
    found, rejects = read(b'{"email": "ann@example.org"}\n{"email": \n' + b"{" * 60_000)
    assert found == {"ann@example.org"}
    assert [reject.reason for reject in rejects] == ["is not JSON"] * 2


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("list.csv", "email\n")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xd0\xcf\x11\xe0", "a workbook"),
        (b"", "empty"),
        (b"\n\n", "empty"),
        (gzip.compress(b"email\n", mtime=0), "gzip"),
        (zipped(), "zip"),
        (b"first,last\nAnn,Lee\n", "no column headed email"),
        (b"a@example.org,b@example.org\n", "no column headed email"),
        (b"email,name,E-Mail\nann@example.org,Ann,\n", "columns 1 and 3"),
        (b'email\n"ann@example.org\nbob@example.com\n', "row 2 is never closed"),
        (b'email,n\n"ann@example.org,1\n"bob@example.com,2\n', "row 2 is never closed"),
        (b"email\n" + b"a" * (MAXIMUM_LINE + 1), "line 2 has more than 65,536"),
        (b"[" * 100_000, "nested too deeply"),
        (b'["ann@example.org",', "line 1 is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(read: Read, data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(data)


def test_a_json_list_over_fifty_million_characters_is_refused(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="JSON list is too long"):
        read(b"[" + b" " * 50_000_000)


def test_a_path_that_is_not_a_file_is_refused(tmp_path: Path, keyring: Keyring) -> None:
    for path in (tmp_path, tmp_path / "missing.csv", Path("/dev/zero")):
        with pytest.raises(UnreadableFile), check(path, keyring):
            pass


def test_one_line_in_another_encoding_does_not_change_the_addresses_of_the_others(
    read: Read,
) -> None:
    data = "name,email\nAnn,ann@straße.de\nJörg,joerg@example.org\n".encode()
    assert read(data.replace("ö".encode(), b"\xf6")) == (
        {"ann@xn--strae-oqa.de", "joerg@example.org"},
        [],
    )


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251", "mac-roman", "koi8-r"])
def test_an_address_that_would_be_guessed_is_rejected_until_the_encoding_is_named(
    read: Read, encoding: str
) -> None:
    word = "почта" if encoding in ("cp1251", "koi8-r") else "straße"
    data = f"email\nann@{word}.example\nbob@example.org\n".encode(encoding)
    found, rejects = read(data)
    assert found == {"bob@example.org"}
    assert "give --encoding" in rejects[0].reason
    found, rejects = read(data, Choices(encoding=encoding))
    assert (len(found), rejects) == (2, [])


@pytest.mark.parametrize("name", ["klingon", "hex", "rot13"])
def test_an_encoding_that_is_none_is_refused(read: Read, name: str) -> None:
    with pytest.raises(UnreadableFile, match="no encoding"):
        read(b"email\n", Choices(encoding=name))


@pytest.mark.parametrize(
    "heading",
    [
        "Correo electrónico",
        "Adresse de messagerie",
        "E-Mail-Adresse",
        "E-mail 1 - Value",
        "Adresse électronique",
        "Indirizzo e-mail",
        "Endereço de e-mail",
        "Электронная почта",
        "メールアドレス",
        "电子邮件",
        "E-mailadres",
        "Sähköposti",
    ],
)
def test_headings_in_other_languages_name_the_address(read: Read, heading: str) -> None:
    data = f"Name,{heading},Notes\nAnn,ann@example.org,ask bob@example.org\n".encode()
    assert read(data)[0] == {"ann@example.org"}


def test_the_column_of_the_addresses_can_be_named(read: Read) -> None:
    data = b"Who,Where,Other\nann@example.org,x@example.org,y@example.org\n"
    assert read(data, Choices(column="where"))[0] == {"x@example.org"}
    assert "y@example.org" in read(data, Choices(column="3"))[0]
    with pytest.raises(UnreadableFile, match="no column 'mail'; there are: Who, Where, Other"):
        read(data, Choices(column="mail"))


def test_a_quoted_cell_that_may_have_swallowed_a_row_is_reported(read: Read) -> None:
    data = b'email,note\nann@example.org,"a\nbob@example.org, ""b"\neve@example.org,\n'
    found, rejects = read(data)
    assert found == {"eve@example.org"}
    assert "line break and an @" in rejects[0].reason


@pytest.mark.parametrize(
    "text",
    [
        '{"subscribers": [{"email": "ann@example.org"}]}',
        '{\n "total": 1,\n "subscribers": [\n  {"email": "ann@example.org"}\n ]\n}',
    ],
)
def test_a_list_that_is_wrapped_is_named(read: Read, text: str) -> None:
    with pytest.raises(UnreadableFile, match="under 'subscribers'"):
        read(text.encode())
    with pytest.raises(UnreadableFile, match=r"under 'data.results'"):
        read(b'{"data": {"results": [{"email": "ann@example.org"}]}}')
    reason = read(b'[{"subscriber": {"email": "ann@example.org"}}]')[1][0].reason
    assert reason == "is wrapped: the address is inside 'subscriber'"
