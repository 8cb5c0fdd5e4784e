"""CRC-32C (Castagnoli), by which Secret Manager says what it sent: RFC 3720, appendix B.4."""

from __future__ import annotations

POLYNOMIAL = 0x82F63B78  # 0x1EDC6F41 with its bits in reverse
ALL_ONES = 0xFFFFFFFF


def _row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


TABLE = tuple(_row(byte) for byte in range(256))


def crc32c(data: bytes) -> int:
    """The checksum as an unsigned number."""
    crc = ALL_ONES
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ ALL_ONES
