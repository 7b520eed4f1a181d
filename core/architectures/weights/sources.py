"""Where torchvision and timm publish their weights: one file of each model, with its hash."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from core.downloads.remote_file import RemoteFile
from core.i18n import N_
from core.registry import unknown

HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.[a-z]+$")  # torch.hub's custom: `resnet18-f37072fd.pth`


def published_file(source: str, builder: str, weights_name: str) -> RemoteFile:
    """Return the file that `source`, "torchvision" or "timm", publishes for a model and a weight set of it."""
    if source == "timm":
        return timm_file(f"{builder}.{weights_name}")
    if source == "torchvision":
        return torchvision_file(builder, weights_name)
    raise ValueError(f"{source!r} publishes no weights")


def torchvision_file(builder: str, weights_name: str) -> RemoteFile:
    """Return the file that torchvision publishes for a model and a weight set, such as `IMAGENET1K_V1`.

    Imports torchvision. The hash is the beginning that the file's name carries, which torch.hub checks too. Raises
    `UserError` for a name that torchvision does not know.
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


def timm_file(model_name: str, *, sha256: str = "") -> RemoteFile:
    """Return the file that timm publishes for a model, such as `legacy_xception.tf_in1k`.

    Imports timm. A direct address with a hash in the file's name is preferred. A model that is only on the Hugging Face
    hub has no hash in timm: its caller then passes the `sha256` that the hub shows, since nothing is fetched unchecked.
    Raises `UserError` for a name that timm does not know, `ValueError` where no hash is known.
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
    return RemoteFile(
        url=f"https://huggingface.co/{hub}/resolve/main/{name}",
        file_name=f"{hub.rpartition('/')[2]}-{sha256[:8]}{PurePosixPath(name).suffix}",
        sha256=sha256,
    )


def _published(url: str, *, sha256: str = "", size: int | None = None) -> RemoteFile:
    name = PurePosixPath(urlsplit(url).path).name
    in_name = HASH_IN_NAME.search(name)
    if not sha256 and in_name is None:
        raise ValueError(f"{url} carries no hash in its name")
    return RemoteFile(url=url, file_name=name, sha256=sha256 or (in_name.group(1) if in_name else ""), size=size)
