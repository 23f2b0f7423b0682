"""Walls around a process that opens a file of unknown effect: from here on it opens no file but libraries, no socket.

Linux's own, for which no privilege is needed: Landlock (https://docs.kernel.org/userspace-api/landlock.html) for files
and for what other processes do, a filter of seccomp (https://docs.kernel.org/userspace-api/seccomp_filter.html) for
sockets. They can't be taken down again, and hold for all that the process starts.
"""

import ctypes
import os
import platform
import site
import struct
import sys
import sysconfig
from contextlib import suppress

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights on files a version of Landlock knows; 16 from the fifth on."""
_READ = 1 << 2 | 1 << 3
_OWN = "/proc/self"
"""Tells what the process takes."""

_SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By machine: what seccomp calls it, and the number of `socket`."""
_IO_URING = 425
"""`io_uring_setup`: opens sockets too."""
_OTHER_ABI = 0x40000000
"""From here on are the numbers of another ABI (x32)."""
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001


def walled_off() -> list[str]:
    """Shut the calling thread off, and say from what: `files`, `sockets`, or less where the platform can't.

    Threads that are there already stay as they are.
    """
    if sys.platform != "linux":
        return []
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return []
    built = {"files": _without_files, "sockets": _without_sockets}
    return [name for name, build in built.items() if build(library)]


def _without_files(library: ctypes.CDLL) -> bool:
    version = library.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    # connections by TCP from the fourth version on, abstract sockets and signals of others from the sixth
    handled = struct.pack("QQQ", rights, 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0)
    rules = library.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if rules < 0:
        return False
    for folder in (_OWN, *_libraries()):
        with suppress(OSError):
            opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            library.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", _READ, opened), 0)
            os.close(opened)
    done: bool = library.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return done


def _libraries() -> list[str]:
    """Folders of what may be imported later; some may not exist. Not all of Python's path: who starts us may have keys
    below it."""
    own = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    return [*own, *site.getsitepackages(), site.getusersitepackages()]


def _without_sockets(library: ctypes.CDLL) -> bool:
    if platform.machine() not in _SOCKET:
        return False
    machine, socket = _SOCKET[platform.machine()]
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 0, 5, machine),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 3, 0, _OTHER_ABI),
        (_EQUAL, 2, 0, socket),
        (_EQUAL, 1, 0, _IO_URING),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    described = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(program))
    return bool(library.prctl(_SECCOMP, _FILTER, described, 0, 0) == 0)
