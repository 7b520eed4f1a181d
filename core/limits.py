"""All limits of what ConvScope accepts and keeps."""

from __future__ import annotations

import os

MEBIBYTE = 1 << 20

PICTURE_BYTES = 20 * MEBIBYTE
PICTURE_PIXELS = 50_000_000
PICTURE_SIDE = 12_000
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
PICTURES_DECODED_AT_ONCE = 2
PICTURE_PIXELS_OF_COSTLY = {
    "WEBP": 25_000_000,  # Pillow holds four copies of a WEBP while it decodes one
    "BMP": 10_000_000,  # run-length encoded ones only: Pillow decodes them in Python, 10 million pixels a second
}
PICTURE_BLOCKS = 200_000  # parts that a file is made of; an honest GIF of 20 MB has 80,000
JPEG_SCANS = 100  # passes over the whole picture; a progressive JPEG has about ten, a bomb as many as fit
PICTURE_WAIT_SECONDS = 30.0  # for a turn to decode
TRANSPARENCY_ON = (255, 255, 255)  # what shows through: white, as the note to the person says
KEPT_SIDE = 1024  # longer side, in pixels, of what is kept of an uploaded picture
CROPPED_RATIO = 3.0  # a picture longer than this, in units of its shorter side, is shown whole rather than cropped
PICTURES_KEPT = 8  # of one visitor's own, at most 3 MiB each

ARCHIVE_BYTES = 50 * MEBIBYTE  # of a ZIP archive
ARCHIVE_ENTRIES = 2000
ARCHIVE_INFLATED_BYTES = 500 * MEBIBYTE  # of all that is in it, as stated and as counted while it is read
ARCHIVE_RATIO = 100  # times what it takes in the archive that something in it may have
ARCHIVE_RATIO_FROM = MEBIBYTE  # what is smaller is not judged by its ratio: a blank picture packs well
ARCHIVE_NAME_LENGTH = 300  # characters of a path in it
ARCHIVE_CHUNK = 64 << 10  # bytes that are unpacked at a time

COLLECTION_BYTES = 56 * MEBIBYTE  # of one visitor's own pictures and archives that are searched
COLLECTION_PICTURES = 2000
SCAN_BYTES = 192 * MEBIBYTE  # of the values of all pictures that go through a network together
SCAN_AT_ONCE = 32  # pictures, at most
FOUND_BYTES = 48 * MEBIBYTE  # of what was found in collections, kept for all sessions

WEIGHTS_CONNECT_SECONDS = 5.0
WEIGHTS_READ_SECONDS = 15.0
WEIGHTS_STALL_SECONDS = 60.0  # for at most so long a download may bring less than WEIGHTS_STALL_BYTES
WEIGHTS_STALL_BYTES = 64 << 10
WEIGHTS_TRIES = 3  # in a row that brought less than WEIGHTS_STALL_BYTES
WEIGHTS_REDIRECTS = 5
WEIGHTS_BYTES = 1024 * MEBIBYTE
WEIGHTS_PARTIAL_DAYS = 7  # an unfinished download older than that is deleted
WEIGHTS_DEADLINE_SECONDS = 3 * 3600.0  # for a job that fetches: 550 MB at 50 kB a second; a stall ends it long before
WEIGHTS_HOSTS = (  # data sets too
    "download.pytorch.org",
    "github.com",
    "huggingface.co",
    "raw.githubusercontent.com",
    "www.cs.toronto.edu",
    "www.robots.ox.ac.uk",
    "thor.robots.ox.ac.uk",
    "data.vision.ee.ethz.ch",
)
WEIGHTS_REDIRECT_HOSTS = (  # where those hand a download on to; a leading dot stands for any name before it
    *WEIGHTS_HOSTS,
    "objects.githubusercontent.com",
    "release-assets.githubusercontent.com",
    ".huggingface.co",
    ".hf.co",
)

JOB_SLOTS = max(1, min(4, (os.cpu_count() or 2) - 1))  # jobs running at once; one core is left to the pages
JOBS_WAITING = 64
JOBS_PAUSED = 8  # each keeps its process and its memory; of more, the one that has rested longest is ended
JOB_PAUSE_SECONDS = 1800.0
JOB_LEASE_SECONDS = 15.0  # a job that no page has asked about for so long is cancelled
JOB_GRACE_SECONDS = 0.4  # between asking a worker to end and killing it
JOB_DEADLINE_SECONDS = 600.0
JOB_MEMORY_BYTES = 2048 * MEBIBYTE  # of a worker's own data
JOB_LIBRARY_BYTES = 8192 * MEBIBYTE  # of address space beside it, for the libraries that a worker maps
JOB_EVENTS = 5000  # events kept of a job; the oldest go first
JOB_EVENT_BYTES = 16 * MEBIBYTE
JOB_NICENESS = 5  # pages go first, three to one; at 10 a busy class leaves a job a tenth of a core, which looks stuck

COMPUTE_WAIT_SECONDS = 60.0
MODELS_BYTES = 1024 * MEBIBYTE  # of loaded backbones kept for all sessions
FUSED_MODELS_KEPT = 2  # of backbones, each with convolutions of its own
ACTIVATIONS_BYTES = 448 * MEBIBYTE  # of captured activations kept for all sessions
CAPTURE_BYTES = 384 * MEBIBYTE  # of one picture's activations kept together; of more, a segment of layers at a time
SEGMENT_BYTES = 192 * MEBIBYTE  # of such a segment
GRADIENT_BYTES = 128 * MEBIBYTE  # the same where a gradient is taken, which takes about three times that
RACES_BYTES = 32 * MEBIBYTE  # of races on surfaces kept for all sessions
ABLATION_PASS_BYTES = 32 * MEBIBYTE  # of the values of all versions of a layer's output that are computed in one pass
ABLATIONS_KEPT_BYTES = (
    64 * MEBIBYTE
)  # of logits without channels kept for all sessions; those of one layer take up to 16
ATTRIBUTION_PASS_BYTES = (
    64 * MEBIBYTE
)  # of the layers of all pictures that pass through a network together to explain it
FILTERS_BYTES = 96 * MEBIBYTE  # of copies of kernels kept for all sessions; the largest of one layer take 64
ATTRIBUTIONS_KEPT_BYTES = 48 * MEBIBYTE  # of maps of evidence, and what they are worth, kept for all sessions
BUNDLED_PICTURE_BYTES = 64 * MEBIBYTE  # of pictures, unpacked, that go along with a finished model
FINISHED_BYTES = 1024 * MEBIBYTE  # of files with the weights of finished models, of all visitors
FINISHED_NETWORKS_BYTES = 256 * MEBIBYTE  # of finished models in memory, of all visitors
AUGMENTED_BYTES = 96 * MEBIBYTE  # of samples of pipelines, with the pictures between the steps, of all visitors
