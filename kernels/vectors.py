"""Blocks of 256 bytes as values: sums that stay in registers from the first item to the last.

LLVM does not vectorise a sum of floats, since that would change its order. A loop over running sums in memory it does,
at a load and a store of every sum for every few items. Here the order is part of the program: a block is one LLVM
vector of 32 float64 or 64 float32, a row a quarter of it, and the compiler cuts both into the registers there are.
Operations are the IEEE operations of each number, so the bits are the same on every x86-64.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic, models, overload, register_model

from ._jit import inline

BLOCK = 32  # float64 in a block
ROWS = 4  # rows in a block


class Vector(types.Type):
    """Numba's type of a vector of `width` numbers of type float64 or float32."""

    def __init__(self, number, width):
        self.number, self.width = number, width
        super().__init__(name=f"Vector({number}, {width})")

    @property
    def value(self):
        """LLVM's type of it."""
        return ir.VectorType(ir.DoubleType() if self.number == types.float64 else ir.FloatType(), self.width)


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    """A vector is one LLVM value."""

    def __init__(self, manager, vector):
        super().__init__(manager, vector, vector.value)


Block = Vector(types.float64, BLOCK)
ZEROS = ir.Constant(Block.value, [0.0] * BLOCK)


def _chosen(builder, x, y, places):
    """The numbers at these places of x followed by y."""
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places)))


def _cut(builder, x, parts):
    """X in as many equal parts."""
    width = x.type.count // parts
    return [_chosen(builder, x, x, range(k * width, (k + 1) * width)) for k in range(parts)]


def _items(context, builder, signature, args):
    """Address of item `start` of an array, and how many items there are from it on."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    (size,) = cgutils.unpack_tuple(builder, array.shape, 1)
    return builder.gep(array.data, [args[1]]), builder.sub(size, args[1])


def _of_items(array):
    if not (
        isinstance(array, types.Array) and array.ndim == 1 and array.layout == "C" and array.dtype == types.float64
    ):
        raise TypingError("a block is loaded from a contiguous vector of float64")
    return Block(array, types.intp)


@intrinsic
def load_whole(typingctx, array, start):
    """Items start ... start + 31 of an array that has them."""

    def codegen(context, builder, signature, args):
        place, _ = _items(context, builder, signature, args)
        return builder.load(builder.bitcast(place, Block.value.as_pointer()), align=8)

    return _of_items(array), codegen


@intrinsic
def load_part(typingctx, array, start):
    """Items start ... of an array that ends within the block, and zeros."""

    def codegen(context, builder, signature, args):
        place, left = _items(context, builder, signature, args)
        room = cgutils.alloca_once(builder, Block.value)
        builder.store(ZEROS, room)
        numbers = builder.bitcast(room, place.type)
        with cgutils.for_range(builder, left) as loop:
            builder.store(builder.load(builder.gep(place, [loop.index])), builder.gep(numbers, [loop.index]))
        return builder.load(room)

    return _of_items(array), codegen


@inline
def load(array, start):
    """Block of the items start ... start + 31 of a contiguous float64 vector, zero beyond its end."""
    return load_whole(array, start) if start + BLOCK <= array.size else load_part(array, start)


@intrinsic
def single(typingctx, x, y):
    """Block of the float32 nearest to the numbers of two blocks."""
    result = Vector(types.float32, 2 * BLOCK)

    def codegen(context, builder, signature, args):
        x, y = (builder.fptrunc(a, ir.VectorType(ir.FloatType(), BLOCK)) for a in args)
        return _chosen(builder, x, y, range(2 * BLOCK))

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
def total(typingctx, x):
    """Sum of a vector in float64, pairwise."""

    def codegen(context, builder, signature, args):
        terms = [builder.extract_element(args[0], ir.Constant(ir.IntType(32), k)) for k in range(x.width)]
        if x.number != types.float64:
            terms = [builder.fpext(term, ir.DoubleType()) for term in terms]
        while len(terms) > 1:
            half = len(terms) // 2
            terms = [builder.fadd(terms[k], terms[k + half]) for k in range(half)]
        return terms[0]

    return types.float64(x), codegen


def _operation(symbol, name):
    @intrinsic
    def number_by_number(typingctx, x, y):
        def codegen(context, builder, signature, args):
            return getattr(builder, name)(*args)

        return x(x, y), codegen

    @overload(symbol, inline="always")
    def of_vectors(x, y):
        return (lambda x, y: number_by_number(x, y)) if isinstance(x, Vector) and x == y else None


for _symbol, _name in (
    (operator.add, "fadd"), (operator.iadd, "fadd"), (operator.mul, "fmul"), (operator.imul, "fmul"),
    (operator.truediv, "fdiv"),
):  # fmt: skip
    _operation(_symbol, _name)


@inline
def reciprocal(x):
    """1 / x at one division for two numbers: 1 / a = b / (a b)."""
    a, b = halves(x)
    inverse = filled(1.0, a) / (a * b)
    return joined(inverse * b, inverse * a)
