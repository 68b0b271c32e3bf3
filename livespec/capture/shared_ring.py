"""An `AudioRing` in memory that a child process can map, and that vanishes with the last process.

POSIX: an anonymous file whose descriptor the child inherits. Windows: a named mapping. (The standard
library's `SharedMemory` starts a tracker process and, before Python 3.13, deletes memory that others use.)
"""

import mmap
import os
import sys
import tempfile
import uuid

from livespec.core.ring import AudioRing, Geometry


class SharedRing(AudioRing):
    """`handle` names the memory to `attach` in a child that was started with `inherited` descriptors."""

    def __init__(self, memory: mmap.mmap, geometry: Geometry, handle: str, inherited: tuple[int, ...]) -> None:
        super().__init__(memory, geometry)
        self.handle = handle
        self.inherited = inherited

    @classmethod
    def create(cls, geometry: Geometry) -> "SharedRing":
        """A zeroed ring; its pages cost nothing until they are touched."""
        if sys.platform == "win32":
            name = f"livespec-{uuid.uuid4().hex}"
            return cls(mmap.mmap(-1, geometry.nbytes, tagname=name), geometry, name, ())
        descriptor = _anonymous_file()
        os.ftruncate(descriptor, geometry.nbytes)
        return cls(mmap.mmap(descriptor, geometry.nbytes), geometry, str(descriptor), (descriptor,))

    @classmethod
    def attach(cls, handle: str, geometry: Geometry) -> "SharedRing":
        """The ring that the parent process created."""
        if sys.platform == "win32":
            return cls(mmap.mmap(-1, geometry.nbytes, tagname=handle), geometry, handle, ())
        return cls(mmap.mmap(int(handle), geometry.nbytes), geometry, handle, (int(handle),))

    def close(self) -> None:
        """Give the descriptor back (POSIX); the memory goes when the last view of it does."""
        for descriptor in self.inherited:
            os.close(descriptor)
        self.inherited = ()


def _anonymous_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("livespec-ring")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
