from previews.views.anatomy import CLIP_BYTES, header_fields, mime_tree, source_lines

RAW = (
    b"From: a@example.org\r\nSubject: =?utf-8?q?Sch=C3=B6n?=\r\nList-Id:\r\n Weekly <w.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nSch=C3=B6n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>x</p>\r\n--b--\r\n"
)


def test_fields_are_unfolded_and_decoded() -> None:
    found = {field.name: field for field in header_fields(RAW)}
    assert found["Subject"].decoded == "Schön"
    assert found["Subject"].value == "=?utf-8?q?Sch=C3=B6n?="
    assert found["List-Id"].value == "Weekly <w.example>"
    assert found["From"].decoded is None


def test_the_tree_has_each_part_with_its_size() -> None:
    root, text, html = mime_tree(RAW)
    assert (root.kind, root.depth, root.wire) == ("multipart/alternative", 0, len(RAW))
    assert (text.kind, text.charset, text.encoding) == ("text/plain", "utf-8", "quoted-printable")
    assert text.decoded == len("Schön".encode())
    assert (html.kind, html.decoded) == ("text/html", len("<p>x</p>"))


def test_the_line_in_which_gmail_clips_is_marked() -> None:
    lines = source_lines("a" * (CLIP_BYTES - 10) + "\nthis is it\nbehind\n")
    assert [line.cut for line in lines] == [False, True, False, False]
    assert [line.clipped for line in lines] == [False, False, True, True]
    assert not any(line.cut for line in source_lines("short\n"))
