"""The settings of the studio's server, each default written once; its flags derive from them."""

import dataclasses
import re
from dataclasses import dataclass

from neural_style.runtime.errors import StyleError
from neural_style.settings.fields import convert_all, setting

MEGA = 10**6
# Hosts that only this machine can reach.
HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Who may reach the server, and how much of the machine they may take.

    Raises:
        StyleError: a value that is not allowed, or a server for others without a password that is
            not said to be meant.
    """

    host: str = setting(
        "127.0.0.1",
        "address to listen on; another than this machine's own needs auth or no_auth",
        "Server",
    )
    port: int = setting(7860, "port to listen on", "Server", min=1, max=65535)
    auth: tuple[str, ...] = setting((), "who may come in, each as NAME:PASSWORD", "Server")
    no_auth: bool = setting(False, "let in everyone who can reach the host", "Server")
    root_path: str = setting(
        "", "path under which a proxy shows the page, such as /studio", "Server"
    )
    folder: str = setting(
        "image_output/studio", "where visitors' pictures and results are kept", "Server"
    )
    devices: tuple[str, ...] = setting(
        ("/gpu:0",),
        "devices to paint on, one job at a time on each; without a GPU it is the CPU",
        "Server",
    )
    most_upload: float = setting(20.0, "largest file to upload, in MB", "Limits", min=0.1)
    most_pixels: float = setting(
        40.0,
        "most pixels of a picture that is uploaded, in millions; half as many with 16 bits",
        "Limits",
        min=0.1,
    )
    most_size: int = setting(2048, "largest width or height to paint", "Limits", min=64)
    most_iterations: int = setting(1000, "most iterations of a picture", "Limits", min=1)
    most_minutes: float = setting(
        60.0, "minutes after which a picture is taken as it is", "Limits", min=0.1
    )
    most_waiting: int = setting(20, "how many pictures may wait to be painted", "Limits", min=0)
    most_disk: float = setting(
        4000.0,
        "disk for the pictures of all visitors, in MB; each may take a quarter of it",
        "Limits",
        min=10,
    )

    def __post_init__(self) -> None:
        """Convert and check every value, then who may come in."""
        convert_all(self)
        for pair in self.auth:
            if not re.fullmatch(r"[^:]+:.+", pair):
                raise StyleError("auth: received an entry that is not NAME:PASSWORD; give both")
        if self.auth and self.no_auth:
            raise StyleError("no_auth: received with auth; give the one or the other")
        if self.host not in HERE and not (self.auth or self.no_auth):
            raise StyleError(
                f"host: received {self.host}, which others can reach: give -auth NAME:PASSWORD, or "
                "-no_auth to let everyone in"
            )
        if self.root_path and not re.fullmatch(r"(/[\w.~-]+)+", self.root_path):
            raise StyleError(
                f"root_path: received {self.root_path!r}, must be a path such as /studio"
            )
        if not self.devices:
            raise StyleError("devices: received none, give at least one such as /cpu:0")

    @property
    def upload_bytes(self) -> int:
        """The largest file to upload."""
        return int(self.most_upload * MEGA)

    @property
    def upload_pixels(self) -> int:
        """The most pixels of a picture that is uploaded."""
        return int(self.most_pixels * MEGA)

    @property
    def disk_bytes(self) -> int:
        """The disk for the pictures of all visitors."""
        return int(self.most_disk * MEGA)


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
