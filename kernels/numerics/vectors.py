"""Blocks of 256 bytes as values: sums that stay in registers from the first item to the last.

LLVM does not vectorise a sum of floats, since that would change its order. It does vectorise a loop over running sums
in memory, but loads and stores every sum for every few items. Here the order is part of the program: a block is one
LLVM vector of 32 float64 or 64 float32, a row is a quarter of it, and the compiler cuts both into the registers there
are. Operations are the IEEE operations of each number, so that the bits are the same on every x86-64.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from .._jit import inline

BLOCK = 32  # float64 in a block
SINGLES = 64  # float32 in a block
ROWS = 4  # rows in a block


class Vector(types.Type):
    """Numba's type of a vector of `width` numbers of type float64 or float32."""

    def __init__(self, number, width):
        self.number, self.width = number, width
        super().__init__(name=f"Vector({number}, {width})")

    @property
    def value(self):
        """The type of such a vector in LLVM."""
        return ir.VectorType(ir.DoubleType() if self.number == types.float64 else ir.FloatType(), self.width)


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    """A vector is one LLVM value."""

    def __init__(self, manager, vector):
        super().__init__(manager, vector, vector.value)


WIDTHS = {types.float64: BLOCK, types.float32: SINGLES}


def _chosen(builder, x, y, places):
    """Numbers at the given places of x followed by y."""
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places)))


def _cut(builder, x, parts):
    """Cut x into as many equal parts."""
    width = x.type.count // parts
    return [_chosen(builder, x, x, range(k * width, (k + 1) * width)) for k in range(parts)]


def _items(context, builder, kinds, args):
    """Address of item `start` of an array, and how many items there are from it on."""
    array = context.make_array(kinds[0])(context, builder, args[0])
    (size,) = cgutils.unpack_tuple(builder, array.shape, 1)
    return builder.gep(array.data, [args[1]]), builder.sub(size, args[1])


def _of_items(array):
    if not (isinstance(array, types.Array) and array.ndim == 1 and array.layout == "C" and array.dtype in WIDTHS):
        raise TypingError("a block is loaded from a contiguous vector of float64 or float32")
    return Vector(array.dtype, WIDTHS[array.dtype])(array, types.intp)


@intrinsic
def load_whole(typingctx, array, start):
    """Items start ... of an array that has a block of them."""

    def codegen(context, builder, signature, args):
        place, _ = _items(context, builder, signature.args, args)
        block = signature.return_type
        return builder.load(builder.bitcast(place, block.value.as_pointer()), align=256 // block.width)

    return _of_items(array), codegen


@intrinsic
def load_part(typingctx, array, start):
    """Items start ... of an array that ends within the block, and zeros."""

    def codegen(context, builder, signature, args):
        place, left = _items(context, builder, signature.args, args)
        block = signature.return_type
        room = cgutils.alloca_once(builder, block.value)
        builder.store(ir.Constant(block.value, [0.0] * block.width), room)
        numbers = builder.bitcast(room, place.type)
        with cgutils.for_range(builder, left) as loop:
            builder.store(builder.load(builder.gep(place, [loop.index])), builder.gep(numbers, [loop.index]))
        return builder.load(room)

    return _of_items(array), codegen


@intrinsic
def width(typingctx, array):
    """Items of an array to a block."""
    count = WIDTHS[array.dtype]

    def codegen(context, builder, signature, args):
        return context.get_constant(types.intp, count)

    return types.intp(array), codegen


@inline
def load(array, start):
    """Block of the items from `start` on of a contiguous vector of float64 or float32, zero beyond its end."""
    return load_whole(array, start) if start + width(array) <= array.size else load_part(array, start)


@intrinsic
def store_whole(typingctx, x, array, start):
    """Put a block into the places start ... of an array that has as many."""

    def codegen(context, builder, signature, args):
        place, _ = _items(context, builder, signature.args[1:], args[1:])
        builder.store(args[0], builder.bitcast(place, x.value.as_pointer()), align=256 // x.width)
        return context.get_dummy_value()

    return types.void(_of_items(array).return_type, array, types.intp), codegen


@intrinsic
def store_part(typingctx, x, array, start):
    """Put the first numbers of a block into the places start ... of an array that ends within it."""

    def codegen(context, builder, signature, args):
        place, left = _items(context, builder, signature.args[1:], args[1:])
        room = cgutils.alloca_once_value(builder, args[0])
        numbers = builder.bitcast(room, place.type)
        with cgutils.for_range(builder, left) as loop:
            builder.store(builder.load(builder.gep(numbers, [loop.index])), builder.gep(place, [loop.index]))
        return context.get_dummy_value()

    return types.void(_of_items(array).return_type, array, types.intp), codegen


@inline
def stored(x, array, start):
    """Put a block into the places from `start` on of a contiguous vector; what is beyond its end is dropped."""
    if start + width(array) <= array.size:
        store_whole(x, array, start)
    else:
        store_part(x, array, start)


@intrinsic
def single(typingctx, x, y):
    """Block of the float32 nearest to the numbers of two blocks."""
    result = Vector(types.float32, SINGLES)

    def codegen(context, builder, signature, args):
        x, y = (builder.fptrunc(a, ir.VectorType(ir.FloatType(), BLOCK)) for a in args)
        return _chosen(builder, x, y, range(SINGLES))

    return result(x, y), codegen


@intrinsic
def filled(typingctx, number, like):
    """A vector of the type of `like`, every number of which is the float64 `number`, rounded to that type."""

    def codegen(context, builder, signature, args):
        kind = like.value.element
        number = args[0] if kind == ir.DoubleType() else builder.fptrunc(args[0], kind)
        first = builder.insert_element(ir.Constant(like.value, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
        return _chosen(builder, first, first, [0] * like.width)

    return like(types.float64, like), codegen


@intrinsic
def halves(typingctx, x):
    """First and second half of a vector."""

    def codegen(context, builder, signature, args):
        return context.make_tuple(builder, signature.return_type, _cut(builder, args[0], 2))

    return types.UniTuple(Vector(x.number, x.width // 2), 2)(x), codegen


@intrinsic
def joined(typingctx, x, y):
    """One vector of two halves."""

    def codegen(context, builder, signature, args):
        return _chosen(builder, *args, range(2 * x.width))

    return Vector(x.number, 2 * x.width)(x, y), codegen


@intrinsic
def narrow(typingctx, x):
    """Sum of the four rows of a block."""

    def codegen(context, builder, signature, args):
        a, b, c, d = _cut(builder, args[0], ROWS)
        return builder.fadd(builder.fadd(a, b), builder.fadd(c, d))

    return Vector(x.number, x.width // ROWS)(x), codegen


@intrinsic
def wide(typingctx, x):
    """The float32 numbers of a vector as float64."""
    result = Vector(types.float64, x.width)

    def codegen(context, builder, signature, args):
        return builder.fpext(args[0], result.value)

    return result(x), codegen


@intrinsic
def total(typingctx, x):
    """Sum of a vector in float64, pairwise: its halves are added until one number is left."""
    result = Vector(types.float64, x.width)

    def codegen(context, builder, signature, args):
        left = args[0] if x.number == types.float64 else builder.fpext(args[0], result.value)
        while left.type.count > 1:
            left = builder.fadd(*_cut(builder, left, 2))
        return builder.extract_element(left, ir.Constant(ir.IntType(32), 0))

    return types.float64(x), codegen


def _operation(symbol, name):
    @infer_global(symbol)
    class NumberByNumber(AbstractTemplate):
        def generic(self, args, kws):
            return signature(args[0], *args) if isinstance(args[0], Vector) and args[0] == args[-1] else None

    @lower_builtin(symbol, Vector, Vector)
    def of_vectors(context, builder, signature, args):
        return getattr(builder, name)(*args)


for _symbol, _name in (
    (operator.add, "fadd"),
    (operator.iadd, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.imul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _operation(_symbol, _name)


@inline
def reciprocal(x):
    """1 / x at one division for two numbers: 1 / a = b / (a b).

    Both share that product: it must neither overflow nor vanish. The callers' are 1 + theta t with |theta t| < 1.
    """
    a, b = halves(x)
    inverse = filled(1.0, a) / (a * b)
    return joined(inverse * b, inverse * a)


@inline
def reciprocal_by_four(x):
    """1 / x at one division for four numbers, whose product must neither overflow nor vanish."""
    a, b = halves(x)
    inverse = reciprocal(a * b)
    return joined(inverse * b, inverse * a)
