"""Powers of two with broken exponents, to twice a float's length and the same on every machine."""

from __future__ import annotations

from headwater.kernel.pairs import pair_product, pair_quotient, pair_sum

LN2 = 0.6931471805599453
LN2_LOW = 2.3190468138462996e-17
SQUARINGS = 6
SMALLER = 0.015625
"""`0.5**SQUARINGS`."""


def power_of_two(part: float, whole: float) -> tuple[float, float]:
    """`2**(part / whole)` as a pair; whole numbers below 2**53, an exponent from 0 to 1.

    With `z = ln(2) * part / whole / 64` it is `exp(z)`, squared six times. `exp(z) - 1` is
    `z (1 + z/2 (1 + z/3 (1 + ...)))`, in which what is small enough takes one float.
    """
    z, z_low = pair_quotient(part, 0.0, whole, 0.0)
    z, z_low = pair_product(z, z_low, LN2 * SMALLER, LN2_LOW * SMALLER)
    found = 1.0
    for n in range(13, 7, -1):
        found = 1.0 + z * found / n
    low = 0.0
    for n in range(7, 0, -1):
        found, low = pair_product(found, low, z, z_low)
        found, low = pair_quotient(found, low, float(n), 0.0)
        if n > 1:
            found, low = pair_sum(1.0, 0.0, found, low)
    for _ in range(SQUARINGS):
        square, square_low = pair_product(found, low, found, low)
        found, low = pair_sum(2.0 * found, 2.0 * low, square, square_low)
    return pair_sum(1.0, 0.0, found, low)
