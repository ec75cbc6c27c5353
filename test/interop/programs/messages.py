"""What every client sends, three times over, and expects back."""

MESSAGES = [
    "short",
    "",
    "0123456789" * 7000,
    "grüße 👋 𝄞",
    bytes(index % 251 for index in range(100_000)),
]


def fragments(message):
    return [message[start : start + 4096] for start in range(0, len(message), 4096)] or [message]


def expect(received, sent):
    if received != sent:
        raise SystemExit(f"another echo of {len(sent)} characters or bytes: {received!r:.200}")
