"""What is known of a file before it is fetched, and where torchvision and timm publish their weights."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from core.i18n import N_
from core.registry import unknown

SHA256 = re.compile(r"[0-9a-f]{8,64}")
MD5 = re.compile(r"[0-9a-f]{32}")
HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.[a-z]+$")  # torch.hub's custom: `resnet18-f37072fd.pth`


@dataclass(frozen=True, kw_only=True)
class WeightsFile:
    """A published file of weights, or of a data set.

    `sha256` is the whole digest or as much of its beginning as is published (at least eight digits, lower case); `md5`
    the whole one, where nothing better is published. `size` is in bytes, as published and so often rounded: good for an
    estimate, never for a check. Raises `ValueError` on a name that is not a plain file name and on a hash that is none.
    """

    url: str
    file_name: str
    sha256: str = ""
    size: int | None = None
    md5: str = ""

    def __post_init__(self) -> None:
        if PurePosixPath(self.file_name).name != self.file_name or self.file_name.startswith(".") or not self.file_name:
            raise ValueError(f"{self.file_name!r} is not a plain file name")
        is_md5 = not self.sha256 and MD5.fullmatch(self.md5)
        if not is_md5 and not SHA256.fullmatch(self.sha256):
            raise ValueError(f"{self.sha256!r} is not (the beginning of) a SHA-256 digest")

    @property
    def host(self) -> str:
        """Return the name of the computer that publishes the file."""
        return urlsplit(self.url).hostname or ""

    @property
    def published_hash(self) -> str:
        """Return the hexadecimal digits that are published."""
        return self.sha256 or self.md5

    def hasher(self) -> Any:
        """Return a new object of `hashlib` for the hash that is published."""
        return hashlib.sha256() if self.sha256 else hashlib.md5(usedforsecurity=False)

    def matches(self, digest: str) -> bool:
        """Return whether `digest`, the hexadecimal digits of the whole file, is the published one."""
        return digest.startswith(self.published_hash)


def published_file(source: str, builder: str, weights_name: str) -> WeightsFile:
    """Return the file that `source`, "torchvision" or "timm", publishes for a model and a weight set of it."""
    if source == "timm":
        return timm_file(f"{builder}.{weights_name}")
    if source == "torchvision":
        return torchvision_file(builder, weights_name)
    raise ValueError(f"{source!r} publishes no weights")


def torchvision_file(builder: str, weights_name: str) -> WeightsFile:
    """Return the file that torchvision publishes for a model and a weight set, such as `IMAGENET1K_V1`.

    Imports torchvision. The hash is the beginning that the file's name carries, which torch.hub checks too. Raises
    `Problem` for a name that torchvision does not know.
    """
    from core import torchvision_compat

    torchvision_compat.declare()
    from torchvision.models import get_model_weights, list_models

    if builder not in list_models():
        raise unknown(N_("torchvision model"), builder, list_models())
    sets = get_model_weights(builder)
    if weights_name not in sets.__members__:
        raise unknown(N_("weight set"), weights_name, [weights.name for weights in sets])
    weights = sets[weights_name]
    mebibytes = weights.meta.get("_file_size")
    return _published(weights.url, size=round(mebibytes * (1 << 20)) if mebibytes else None)


def timm_file(model_name: str, *, sha256: str = "") -> WeightsFile:
    """Return the file that timm publishes for a model, such as `legacy_xception.tf_in1k`.

    Imports timm. A direct address with a hash in the file's name is preferred. A model that is only on the Hugging Face
    hub has no hash in timm: its caller then passes the `sha256` that the hub shows, since nothing is fetched unchecked.
    Raises `Problem` for a name that timm does not know, `ValueError` where no hash is known.
    """
    from core import torchvision_compat

    torchvision_compat.declare()
    import timm

    known = timm.list_models(pretrained=True)
    source = timm.get_pretrained_cfg(model_name) if model_name in known else None
    if source is None:
        raise unknown(N_("timm model"), model_name, known)
    url = source.url if isinstance(source.url, str) else ""
    if url and (sha256 or HASH_IN_NAME.search(url)):
        return _published(url, sha256=sha256)
    if not (source.hf_hub_id and sha256):
        raise ValueError(f"timm publishes no hash for {model_name!r}; pass the one that the hub shows")
    hub = source.hf_hub_id if "/" in source.hf_hub_id else f"timm/{model_name}"
    name = source.hf_hub_filename or "model.safetensors"
    return WeightsFile(
        url=f"https://huggingface.co/{hub}/resolve/main/{name}",
        file_name=f"{hub.rpartition('/')[2]}-{sha256[:8]}{PurePosixPath(name).suffix}",
        sha256=sha256,
    )


def _published(url: str, *, sha256: str = "", size: int | None = None) -> WeightsFile:
    name = PurePosixPath(urlsplit(url).path).name
    in_name = HASH_IN_NAME.search(name)
    if not sha256 and in_name is None:
        raise ValueError(f"{url} carries no hash in its name")
    return WeightsFile(url=url, file_name=name, sha256=sha256 or (in_name.group(1) if in_name else ""), size=size)
