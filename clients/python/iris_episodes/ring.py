"""The shared memory of a stream and the lifetime of its slots."""

from __future__ import annotations

import mmap
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakMethod

import numpy as np

from .errors import ProtocolError

TYPES = {"float32": np.dtype("<f4"), "uint8": np.dtype("u1")}


class Ring:
    """Slots of equal size in memory that the producer shares, and the slots that are in use here."""

    def __init__(self, descriptor: int, slots: int, slot_bytes: int, send_release: WeakMethod[Callable[[int], None]]) -> None:
        """Maps the memory; `descriptor` may be closed afterwards. `send_release` tells the producer that a slot is free.

        It is held weakly: arrays that outlive their stream do not keep the producer.
        """
        size = os.fstat(descriptor).st_size
        if size < slots * slot_bytes:
            raise ProtocolError(f"expected {slots * slot_bytes} bytes of shared memory but found {size}")
        # Unmapped when this object and every array in it are gone.
        self._memory = mmap.mmap(descriptor, slots * slot_bytes)
        self.slots = slots
        self.slot_bytes = slot_bytes
        self.in_use: set[int] = set()
        self._owner = os.getpid()
        self._send_release = send_release
        self._freed: deque[int] = deque()
        self._sending = threading.Lock()

    def lease(self, slot: int) -> Lease:
        if not 0 <= slot < self.slots or slot in self.in_use:
            raise ProtocolError(f"the producer filled slot {slot}, which is in use here or not one of {self.slots}")
        self.in_use.add(slot)
        return Lease(self, slot)

    def release(self, slot: int) -> None:
        # Runs when the garbage collector finds the last array of a slot, which may be in any thread and in the midst of
        # another release: so it takes no lock that it would have to wait for.
        if os.getpid() != self._owner:
            return  # a forked child shares the memory, but the slot is the parent's
        self._freed.append(slot)
        while self._freed and self._sending.acquire(blocking=False):
            try:
                while self._freed:
                    freed = self._freed.popleft()
                    self.in_use.discard(freed)
                    send = self._send_release()
                    if send is not None:
                        send(freed)
            finally:
                self._sending.release()


class Lease:
    """The use of one slot. It ends, and the producer may write the slot again, when no array refers to it any more."""

    def __init__(self, ring: Ring, slot: int) -> None:
        self._ring = ring
        self._slot = slot

    def __del__(self) -> None:
        self._ring.release(self._slot)

    def array(self, type_name: str, shape: Sequence[int], strides: Sequence[int], offset: int) -> np.ndarray[Any, Any]:
        """A writable array over the slot's memory; `strides` and `offset` count bytes, the latter from the slot's start."""
        if type_name not in TYPES:
            raise ProtocolError(f"expected an array of {' or '.join(TYPES)} but the producer sent {type_name}")
        dtype = TYPES[type_name]
        if len(shape) != len(strides) or min(shape, default=1) < 1 or min(strides, default=0) < 0 or offset < 0:
            raise ProtocolError(f"the shape {shape} with the strides {strides} at {offset} is no array")
        end = offset + sum((n - 1) * stride for n, stride in zip(shape, strides)) + dtype.itemsize
        if end > self._ring.slot_bytes:
            raise ProtocolError(f"an array that ends at byte {end} does not fit a slot of {self._ring.slot_bytes}")
        start = self._ring.slot_bytes * self._slot + offset
        whole = np.ndarray(tuple(shape), dtype, self._ring._memory, start, tuple(strides))
        return np.asarray(_Leased(self, whole))


class _Leased:
    """Memory that NumPy keeps alive: every array made from it, and every view of those, holds the lease."""

    def __init__(self, lease: Lease, array: np.ndarray[Any, Any]) -> None:
        self._lease = lease
        self._array = array
        self.__array_interface__ = array.__array_interface__
