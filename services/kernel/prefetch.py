"""Rows on their way into the cache while others are worked on.

With many entities the next record's row is rarely in the cache: waiting for it took a third of the kernel's time.
Kernels in a cache aren't compiled anew when this file changes: it changes no result.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from services.kernel.compiled import inlined
from services.kernel.tables import Ints

_AHEAD = 4
_LINE = 8
"""Words of a cache line."""


@inlined
def prefetch(rows: Ints, slots: Ints, record: int) -> None:
    """Ask for the row of a record that comes soon. Changes nothing."""
    if record + _AHEAD < slots.shape[0]:
        # a row begins anywhere in a line, so it may end in one more; what lies beyond all rows is not fetched
        for word in range(0, rows.shape[1] + _LINE - 1, _LINE):
            _ask(rows, slots[record + _AHEAD], word)


def _asking(_typing: Any, rows: Any, row: Any, word: Any) -> Any:
    """LLVM's `prefetch` of a line that will be written, to be kept in all caches."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = cgutils.get_item_pointer(context, builder, signature.args[0], array, arguments[1:], wraparound=False)
        line, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [line, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [line], kind)
        builder.call(function, [builder.bitcast(place, line), *map(number, (1, 3, 1))])
        return context.get_dummy_value()

    return types.none(rows, row, word), generate


_ask: Any = intrinsic(_asking)
