"""Which cells of a circuit are tied to others, read from EZKL's proving key: its permutation, in rows of columns.

A key ends with three lists of polynomials, one for each column that can be tied: the permutation by rows, its
coefficients, and both on the quotient's domain, which is larger by the degree of the gates. A list is a count, the
lengths, and each polynomial after its length once more; numbers are 32-byte Montgomery residues, little-endian.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from mai_zk.errors import ZkError
from mai_zk.field import R

EXTENSIONS = (2, 4, 8)
MOST_COLUMNS = 32
_TWO_ADICITY = 28
Span = tuple[int, int, int]
"""Values of a column: its number, the first one, the one after the last."""


def _list_bytes(columns: int, values: int) -> int:
    return 4 + 4 * columns + columns * (4 + 32 * values)


def tied_rows(key: Path, logrows: int) -> list[list[int]]:
    """For each column that can be tied, committed ones first, the rows whose cells equal another cell."""
    data, rows = key.read_bytes(), 1 << logrows
    for columns, extension in itertools.product(range(1, MOST_COLUMNS + 1), EXTENSIONS):
        start = len(data) - _list_bytes(columns, extension * rows) - 2 * _list_bytes(columns, rows)
        wanted = b"".join(number.to_bytes(4, "big") for number in (columns, *[rows] * columns))
        if data[start : start + len(wanted)] == wanted:
            return [
                _moved(data, start + len(wanted) + 4 + column * (4 + 32 * rows), column, logrows)
                for column in range(columns)
            ]
    raise ZkError(f"No permutation of 1 to {MOST_COLUMNS} columns is in {key}; is it a proving key of EZKL 23?")


def check_tied(key: Path, logrows: int, lengths: Sequence[int], name: str, unread: Sequence[Span] = ()) -> None:
    """ZkError unless every value of the committed columns, so many in each, is tied to another cell.

    unread: the values that nothing is computed from.
    """
    tied = tied_rows(key, logrows)
    for column, length in enumerate(lengths):
        free = {row for where, start, end in unread if where == column for row in range(start, end)}
        loose = len(set(range(length)).difference(tied[column], free))
        if loose:
            raise ZkError(
                f"The key of {name} leaves {loose} of {length} values of commitment {column + 1} free: a proof would "
                "show them and compute with others. Feed every input and every weight into the output."
            )


def _moved(data: bytes, start: int, column: int, logrows: int) -> list[int]:
    """Rows that the permutation does not map to themselves: a fixed one has delta^column * omega^row."""
    omega = pow(pow(7, (R - 1) >> _TWO_ADICITY, R), 1 << (_TWO_ADICITY - logrows), R)
    expected = pow(7, column << _TWO_ADICITY, R) * (1 << 256) % R
    moved = []
    for row in range(1 << logrows):
        if int.from_bytes(data[start + 32 * row : start + 32 * row + 32], "little") != expected:
            moved.append(row)
        expected = expected * omega % R
    return moved
