"""What Python packs is unpacked in the browser as it was."""

from __future__ import annotations

import numpy as np
import pytest

from pages.components import canvas
from tests.browser.canvas.canvas_modules import CanvasModules

UNPACK = """async (module, [bytes, offset]) => {
  const numbers = await import('/shared/numbers.js');
  const whole = new Uint8Array([...Array(offset).fill(0), ...bytes]).subarray(offset);
  try {
    const { head, blocks } = module.unpack(whole);
    const plain = blocks.map((block) => Array.from(block));
    return [head, plain, Array.from(module.floats(blocks.at(-1))), numbers.digits(0.5)];
  } finally {
    numbers.setDecimalSign('.');
  }
}"""


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize(("sign", "half"), [(".", "0.5"), (",", "0,5")])
def test_a_payload_comes_back_as_it_was_packed(
    modules: CanvasModules, monkeypatch: pytest.MonkeyPatch, offset: int, sign: str, half: str
) -> None:
    monkeypatch.setattr(canvas, "decimal_sign", lambda: sign)
    numbers = np.array([1.5, -np.inf, np.nan, 3e-41], dtype="<f4")
    blocks = [b"\x00\xff\x07", b"", bytes(range(256)), numbers.tobytes()]
    packed = canvas.pack({"title": "Stärke → 3", "low": -0.25}, *blocks)
    head, found, floats, written = modules.run("shared/payload.js", UNPACK, [list(packed), offset])
    assert head == {"title": "Stärke → 3", "low": -0.25, "decimal": sign, "blocks": head["blocks"]}
    assert [bytes(block) for block in found] == blocks
    assert np.array_equal(np.array(floats, dtype="<f4"), numbers, equal_nan=True)
    assert written == half
