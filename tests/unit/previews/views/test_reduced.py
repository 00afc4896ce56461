from previews.views.reduced import without_images, without_styles


def test_a_picture_is_replaced_by_its_alternative_text() -> None:
    html = without_images(
        '<img src="https://x/y.png" srcset="z 2x" alt="Nobody ships"><td background="a.png">'
        '<p style="background:url(b.png)">x</p>'
    )
    assert '<img alt="Nobody ships">' in html
    assert "png" not in html


def test_style_elements_are_removed_and_style_attributes_stay() -> None:
    html = without_styles('<style media="all">p{color:red}</style><p style="color:blue">x</p>')
    assert html == '<p style="color:blue">x</p>'
