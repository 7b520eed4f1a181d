"""Every way to bring a picture: samples, upload, drop, paste, camera; and what may go wrong with each."""

from __future__ import annotations

import hashlib
import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, expect

from core.datasets.sample_images import SAMPLES, sample
from core.images.picture import decode
from core.images.preprocessing import fit_to_input
from pages.components.layout.markdown import JOINER
from tests.browser.conftest import Visits
from tests.browser.expected import UNTRAINED
from tests.browser.visitor import Visitor

SKLEARN_JPEG = "flower"
SKIMAGE_PNG = "coffee"
JPEG = 8  # how far pictures, which travel to the browser as JPEG, may be from the truth, of 255
HOSTILE = [
    "<img src=x onerror=alert(1)>.png",
    "<script>alert(2)</script>.png",
    '"><svg onload=alert(3)>.png',
    "![x](http:⁄⁄evil.example⁄x.png).png",  # a slash cannot stand in a file's name; this sign looks like one
    "[click](javascript:alert(4)).png",
    "<iframe srcdoc='<script>alert(5)</script>'>.png",
    "**bold** `code` ~~no~~ $x^2$ :red[red].png",
    "<style>body{display:none}</style>.png",
    ":material/warning: # heading.png",
    ":smile: www.evil.example a--b -> c <- d.png",
    "{name} {0} %s \\n.png",
]
WITH_SLASHES = "![x](http://evil.example/x.png) <img src=http://evil.example/y.png>.png"


def file_of(name: str) -> bytes:
    """Return the bytes of a sample's file, as it comes with its package."""
    from core.datasets.sample_images import _locate

    entry = SAMPLES[name]
    return _locate(entry.package, entry.file).read_bytes()


def png(colour: tuple[int, int, int], size: tuple[int, int] = (48, 48)) -> bytes:
    """Return a small picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def mark(data: bytes) -> str:
    """Return how the address names an uploaded picture."""
    return f"upload-{hashlib.sha256(data).hexdigest()[:12]}"


def chosen_picture(visitor: Visitor) -> Locator:
    return visitor.sidebar.get_by_role("img", name="The chosen picture")


def input_picture(visitor: Visitor) -> Locator:
    return visitor.main.get_by_role("img", name="The picture as the network receives it")


def assert_colour(visitor: Visitor, colour: tuple[int, int, int]) -> None:
    """Check that the chosen picture is of one colour."""
    difference = np.abs(visitor.pixels(chosen_picture(visitor))[..., :3].astype(int) - colour)
    assert difference.max() <= JPEG, "the picture in the sidebar is another one"


def assert_network_receives(visitor: Visitor, data: bytes, name: str) -> None:
    """Check that the input shown is what core makes of the file for the small networks, enlarged sixfold."""
    from core.architectures.loading import TINY_PREPROCESSING

    expected = np.asarray(fit_to_input(decode(data, name), TINY_PREPROCESSING).image).astype(int)
    visitor.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    pixels = visitor.pixels(input_picture(visitor))[..., :3].astype(int)
    scale = pixels.shape[0] // expected.shape[0]
    assert pixels.shape == (64 * scale, 64 * scale, 3)
    difference = np.abs(pixels[scale // 2 :: scale, scale // 2 :: scale] - expected)
    assert difference.max() <= JPEG, "the input on the screen is not what the network receives"


def test_a_sample_is_chosen_by_click_and_by_keyboard(visitor: Visitor) -> None:
    visitor.open()
    visitor.open_picture_choice()
    gallery = visitor.page.get_by_role("group", name="Sample pictures")
    assert gallery.get_by_role("img").count() == len(SAMPLES)
    for title in (SAMPLES["coffee"].title, SAMPLES["retina"].title):
        expect(gallery.get_by_role("img", name=title)).to_be_visible()
    gallery.get_by_role("button", name=SAMPLES["coffee"].title).click()
    visitor.wait_for_parameters(picture="coffee")
    expect(visitor.sidebar).to_contain_text("A cup of coffee · 600 × 400 px")
    expect(gallery.get_by_role("button", name=SAMPLES["coffee"].title)).to_have_attribute("aria-pressed", "true")
    assert_network_receives(visitor, file_of("coffee"), "coffee.png")

    names = list(SAMPLES)
    gallery.get_by_role("button", name=SAMPLES["coffee"].title).focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(gallery.get_by_role("button", name=SAMPLES[names[names.index("coffee") + 1]].title)).to_be_focused()
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_parameters(picture=names[names.index("coffee") + 2])
    expect(visitor.sidebar).to_contain_text(SAMPLES[names[names.index("coffee") + 2]].title)
    expect(gallery.get_by_role("button", pressed=True)).to_have_count(1)


def test_a_photograph_is_uploaded_as_jpeg_and_as_png(visitor: Visitor) -> None:
    visitor.open()
    for sample_name, name, kind in ((SKLEARN_JPEG, "garden.jpg", "image/jpeg"), (SKIMAGE_PNG, "cup.png", "image/png")):
        data = file_of(sample_name)
        visitor.upload(name, data, kind)
        visitor.wait_for_parameters(picture=mark(data))
        picture = sample(sample_name)
        expect(visitor.sidebar).to_contain_text(f"{name} · {picture.width} × {picture.height} px")
        assert_network_receives(visitor, data, name)
    gallery = visitor.page.get_by_role("group", name="Sample pictures")
    gallery.get_by_role("button", name="garden.jpg").click()  # the earlier one is kept beside the samples
    visitor.wait_for_parameters(picture=mark(file_of(SKLEARN_JPEG)))
    expect(visitor.sidebar).to_contain_text("garden.jpg")


def test_a_picture_is_taken_anywhere_on_any_page(visitor: Visitor) -> None:
    for way, page, name in (("drop", "augmentation", "rocket"), ("paste", "architectures", "flower")):
        data = file_of(name)
        visitor.open(page)
        getattr(visitor, way)(f"{way}.jpg", data, "image/jpeg")
        visitor.wait_for_parameters(picture=mark(data))
        expect(visitor.sidebar).to_contain_text(f"{way}.jpg")
        visitor.go_to("Visualization")
        assert_network_receives(visitor, data, f"{way}.jpg")


def test_a_picture_in_the_real_clipboard_is_pasted_with_the_keyboard(visits: Visits) -> None:
    visitor = visits.visitor(permissions=["clipboard-read", "clipboard-write"]).open()
    visitor.page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(40, 30);
          const context = canvas.getContext('2d');
          context.fillStyle = 'rgb(200, 30, 60)';
          context.fillRect(0, 0, 40, 30);
          await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })]);
        }"""
    )
    visitor.page.keyboard.press("Control+v")
    expect(visitor.sidebar).to_contain_text("40 × 30 px")
    assert_colour(visitor, (200, 30, 60))


def test_a_field_that_takes_text_keeps_what_is_pasted_into_it(visits: Visits) -> None:
    visitor = visits.visitor(permissions=["clipboard-read", "clipboard-write"]).open("visualization", UNTRAINED)
    visitor.page.evaluate("() => navigator.clipboard.writeText('7')")
    seed = visitor.page.get_by_role("spinbutton", name="Seed")
    seed.fill("")
    seed.press("Control+v")
    seed.press("Enter")
    visitor.wait_for_parameters(seed=7, picture="chelsea")


def test_a_photograph_is_taken_with_the_camera(visitor: Visitor) -> None:
    visitor.open()
    visitor.open_picture_choice()
    visitor.page.get_by_text("Use the camera").click()
    visitor.wait_for(lambda: visitor.page.locator("video").evaluate("(video) => video.readyState >= 2"), "the camera")
    visitor.page.get_by_test_id("stCameraInputButton").click()
    visitor.wait_for(lambda: visitor.parameters["picture"].startswith("upload-"), "a photograph in the address")
    pixels = visitor.wait_for(
        lambda: (
            (found := visitor.pixels(chosen_picture(visitor))).reshape(-1, 3).std(axis=0).max() > 10 and found.shape
        ),
        "the camera's test picture in the sidebar",
    )
    assert min(pixels[:2]) > 100


def test_a_file_that_is_no_picture_is_named_and_leaves_the_picture_before(visitor: Visitor) -> None:
    visitor.open("visualization", {"picture": "coffee"})
    broken = {
        "holiday.png": (b"this is text, not a picture", "image/png"),
        "empty.jpg": (b"", "image/jpeg"),
        "cut.png": (file_of("coffee")[:5000], "image/png"),
        "vector.png": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "image/png"),
        "phone.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "image/heic"),
        "letter.pdf": (b"%PDF-1.7\n", "application/pdf"),
    }
    for way in (visitor.upload, visitor.drop):
        for name, (content, kind) in broken.items():
            way(name, content, kind)
            alert = visitor.page.get_by_role("alert").filter(has_text=name)
            expect(alert).to_be_visible()
            assert len(alert.inner_text()) > len(name) + 30, "the message says neither why nor what to do"
            assert "Traceback" not in visitor.page.locator("body").inner_text()
            visitor.wait_for_parameters(picture="coffee")
            expect(visitor.sidebar).to_contain_text("A cup of coffee")
    data = png((10, 200, 30))
    visitor.drop("good.png", data)
    visitor.wait_for_parameters(picture=mark(data))
    expect(visitor.page.get_by_role("alert")).to_have_count(0)


def test_a_picture_of_a_size_beyond_the_limits_is_refused_with_the_limit(visitor: Visitor) -> None:
    visitor.open()
    buffer = io.BytesIO()
    Image.new("1", (13_000, 20)).save(buffer, "PNG")
    visitor.drop("long.png", buffer.getvalue())
    expect(visitor.page.get_by_role("alert")).to_contain_text(re.compile("12,?000"))
    visitor.wait_for_parameters(picture="chelsea")


def test_the_smallest_the_longest_and_a_very_large_picture_work(visitor: Visitor) -> None:
    visitor.open()
    for width, height in ((1, 1), (1, 12_000), (12_000, 1)):
        data = png((250, 120, width % 7), (width, height))
        visitor.drop("odd.png", data)
        visitor.wait_for_parameters(picture=mark(data))
        expect(visitor.sidebar).to_contain_text(f"odd.png · {width} × {height} px")
        visitor.wait_for_grid("stage1.block2.relu")
        assert_network_receives(visitor, data, "odd.png")
        expect(visitor.page.get_by_role("alert")).to_have_count(0)
    noise = np.random.default_rng(0).integers(0, 255, (1800, 1900, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(
        buffer, "PNG", compress_level=1
    )  # more than the page sends as it is: it is made smaller
    before = visitor.parameters["picture"]
    visitor.drop("noise.png", buffer.getvalue())
    visitor.wait_for(lambda: visitor.parameters["picture"] != before, "the large picture")
    expect(visitor.sidebar).to_contain_text("noise.png · 1900 × 1800 px")


def visible(place: Locator) -> str:
    """Return the text of a place without the joiners, which take no room and show nothing."""
    return place.inner_text().replace(JOINER, "")


def test_a_name_is_plain_text_whatever_it_holds(visitor: Visitor) -> None:
    visitor.open()
    alert = visitor.page.get_by_role("alert")
    altered = []
    for number, name in enumerate(HOSTILE):
        data = png((number, 1, 2))
        visitor.drop(name, data)
        visitor.wait_for_parameters(picture=mark(data))
        expect(alert).to_have_count(0)
        visitor.wait_for(lambda: "48 × 48 px" in visitor.sidebar.inner_text(), "the size of the picture")
        if f"{name} · 48 × 48 px" not in visible(visitor.sidebar):
            altered.append(f"the caption of {name!r}")
        visitor.drop(name, b"broken " + bytes([number]))
        expect(alert).to_be_visible()
        if name not in visible(alert):
            altered.append(f"the message about {name!r}: {alert.inner_text()!r}")
    assert not visitor.page.locator("img[src*=evil], img[src=x], a[href*=evil], iframe[srcdoc], svg[onload]").count()
    visitor.open_picture_choice()
    gallery = visitor.page.get_by_role("group", name="Sample pictures")
    for name in HOSTILE[-3:]:
        expect(gallery.get_by_role("button").and_(visitor.page.get_by_title(name, exact=True))).to_be_visible()
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("button", name="Download and share").click()
    expect(visitor.page.locator("code").filter(has_text="decode(")).to_contain_text(repr(HOSTILE[-1]))
    assert not altered, "names that are not shown as they are: " + "; ".join(altered)


def test_a_name_with_a_web_address_fetches_nothing(visitor: Visitor) -> None:
    visitor.open()
    data = png((77, 1, 2))
    visitor.drop(WITH_SLASHES, data)
    visitor.wait_for_parameters(picture=mark(data))
    expect(visitor.sidebar).to_contain_text("![x](http")
    visitor.drop(WITH_SLASHES, b"broken")
    expect(visitor.page.get_by_role("alert")).to_contain_text("![x](http")
    visitor.upload(HOSTILE[0], png((78, 1, 2)))
    expect(visitor.sidebar).to_contain_text(HOSTILE[0])
    assert not visitor.page.locator("img[src*=evil], img[src=x], a[href*=evil]").count()


def test_nobody_sees_the_picture_of_somebody_else(visits: Visits) -> None:
    one, other = visits.visitor().open(), visits.visitor().open()
    data, others = png((201, 17, 99)), png((5, 180, 220))
    one.drop("mine.png", data)
    other.drop("theirs.png", others)
    one.wait_for_parameters(picture=mark(data))
    other.wait_for_parameters(picture=mark(others))
    assert_colour(one, (201, 17, 99))
    assert_colour(other, (5, 180, 220))
    for visitor, own, foreign in ((one, "mine.png", "theirs.png"), (other, "theirs.png", "mine.png")):
        visitor.open_picture_choice()
        gallery = visitor.page.get_by_role("group", name="Sample pictures")
        expect(gallery.get_by_role("img", name=own)).to_be_visible()
        assert gallery.get_by_role("img").count() == len(SAMPLES) + 1
        assert foreign not in visitor.page.content()
    address = one.page.url
    third = visits.visitor().follow(address)  # the link alone gives nothing away
    expect(third.sidebar).to_contain_text("Upload it")
    expect(third.sidebar).to_contain_text("Chelsea the cat")
    assert third.page.get_by_text("mine.png").count() == 0
    assert np.abs(third.pixels(chosen_picture(third))[..., :3].astype(int) - (201, 17, 99)).max() > 3 * JPEG


def test_the_whole_picture_or_its_centre_is_what_the_network_receives(visitor: Visitor) -> None:
    from core.architectures.loading import TINY_PREPROCESSING

    visitor.open("visualization", {"picture": "rocket"})
    visitor.pick("Fit", "Whole")
    visitor.wait_for_parameters(fit="letterbox")
    expected = np.asarray(fit_to_input(sample("rocket"), TINY_PREPROCESSING, "letterbox").image).astype(int)
    pixels = visitor.pixels(input_picture(visitor))[..., :3].astype(int)
    scale = pixels.shape[0] // 64
    assert np.abs(pixels[scale // 2 :: scale, scale // 2 :: scale] - expected).max() <= JPEG
