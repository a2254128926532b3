"""The measurements as a table, as ratios to one server, and as a picture."""

from collections.abc import Iterable, Sequence
from html import escape
from math import log10

from tests.benchmarks.measuring import Measurement

_COLOURS = ("#0969da", "#cf222e", "#1a7f37", "#8250df", "#bf8700", "#57606a", "#d4a72c", "#1b7c83")
_WIDTH, _HEIGHT, _MARGIN = 720, 360, 60


def table(measurements: Sequence[Measurement]) -> str:
    """Markdown, a row a measurement."""
    head = (
        "| server | streams | lag p50 · p99 ms | first token p50 · p99 ms | CPU a token µs | CPU % | memory a stream kB | broken |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    rows = (
        f"| {m.server} | {m.streams} | {_number(m.lag_p50_ms)} · {_number(m.lag_p99_ms)} "
        f"| {_number(m.first_p50_ms)} · {_number(m.first_p99_ms)} | {_number(m.cpu_token_us)} "
        f"| {m.cpu_percent:.0f} | {m.memory_stream_kb:.0f} | {m.broken} |"
        for m in measurements
    )
    return "\n".join([head, *rows])


def held(measurements: Iterable[Measurement]) -> dict[str, int]:
    """The most streams that each server held, of the numbers that were tried; 0 if it held none."""
    most: dict[str, int] = {}
    for m in measurements:
        most[m.server] = max(most.get(m.server, 0), m.streams if m.held else 0)
    return most


def ratios(measurements: Sequence[Measurement], *, to: str) -> str:
    """Each server's CPU a token at each number of streams, in proportion to one server's in the same run."""
    base = {m.streams: m.cpu_token_us for m in measurements if m.server == to}
    rows = [
        f"| {m.server} | {m.streams} | {m.cpu_token_us / reference:.2f} |"
        for m in measurements
        if m.server != to and m.cpu_token_us and (reference := base.get(m.streams))
    ]
    most = held(measurements)
    lines = [
        f"| {name} | {number} | {number / most[to]:.1f} |" for name, number in most.items() if most.get(to)
    ]
    return "\n".join(
        [
            f"| server | streams | CPU a token, {to} = 1 |\n| --- | ---: | ---: |",
            *rows,
            f"\n| server | most streams held | {to} = 1 |\n| --- | ---: | ---: |",
            *lines,
        ]
    )


def plot(measurements: Sequence[Measurement]) -> str:
    """An SVG of the lag's 99th percentile over the number of streams, on a logarithmic scale from 1 ms to 100 s."""
    names = list(dict.fromkeys(m.server for m in measurements))
    most = max((m.streams for m in measurements), default=1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for power in range(6):
        y = _y(10**power)
        parts.append(f'<path d="M{_MARGIN} {y}H{_WIDTH - 130}" stroke="#d0d7de"/>')
        parts.append(
            f'<text x="{_MARGIN - 8}" y="{y + 4}" text-anchor="end" fill="#57606a">{10**power:,} ms</text>'
        )
    for streams in sorted({m.streams for m in measurements}):
        x = _x(streams, most)
        parts.append(
            f'<text x="{x}" y="{_HEIGHT - _MARGIN + 20}" text-anchor="middle" fill="#57606a">{streams}</text>'
        )
    for number, name in enumerate(names):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [(m.streams, m.lag_p99_ms) for m in measurements if m.server == name and m.lag_p99_ms]
        line = " ".join(f"{_x(streams, most):.0f},{_y(lag):.0f}" for streams, lag in sorted(points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{_WIDTH - 124}" y="{40 + 18 * number}" fill="{colour}">{escape(name)}</text>')
    parts.append(
        f'<text x="{_MARGIN}" y="24" fill="#24292f">Lag of a token, 99th percentile, over streams</text></svg>\n'
    )
    return "\n".join(parts)


def _x(streams: int, most: int) -> float:
    return _MARGIN + (_WIDTH - 130 - _MARGIN) * streams / most


def _y(milliseconds: float) -> float:
    share = min(max(log10(max(milliseconds, 1)) / 5, 0), 1)
    return round(_HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * share, 1)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
