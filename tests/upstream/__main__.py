"""The scripted server alone, for manual trials: any prompt is answered with the same Markdown, at a pace.

python -m tests.upstream --port 9999 --tokens-per-second 30
"""

import argparse
import contextlib
import re
import signal

from tests.upstream.request import Request
from tests.upstream.script import Pause, Reply, Step
from tests.upstream.server import ScriptedUpstream

TEXT = """\
# A scripted reply

Tokens *arrive* one by one, with **bold**, `code` and a [link](https://www.djangoproject.com/).

1. A list
2. with a second item
   - and a nested one

> A quotation, to see it close.

```python
def stream(runnable):
    for token in runnable:
        yield token  # one at a time
```

| column | number |
| ------ | -----: |
| first  |      1 |
| second |      2 |

That is all.
"""


def paced(text: str, *, tokens_per_second: float) -> Reply:
    """The text word by word, with a pause after each."""
    steps: list[str | Step] = []
    for word in re.findall(r"\S+\s*", text):
        steps += [word, Pause(1 / tokens_per_second)]
    return Reply(*steps)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.upstream", description="A scripted OpenAI server.")
    parser.add_argument("--port", type=int, default=9999)
    parser.add_argument("--tokens-per-second", type=float, default=30.0)
    arguments = parser.parse_args()
    reply = paced(TEXT, tokens_per_second=arguments.tokens_per_second)

    def answer(request: Request) -> Reply:
        print(f"{request.method} {request.path} (connection {request.connection})", flush=True)  # noqa: T201
        return reply

    with contextlib.suppress(KeyboardInterrupt), ScriptedUpstream(port=arguments.port) as upstream:
        upstream.on(answer)
        print(f"OPENAI_BASE_URL={upstream.url}", flush=True)  # noqa: T201
        signal.pause()


if __name__ == "__main__":
    main()
