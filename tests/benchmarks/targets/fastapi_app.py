"""FastAPI with `astream` at its best: one shared model, the SDK's aiohttp transport, orjson, short pauses."""

import gc
import os
from collections.abc import AsyncIterator

import orjson
from fastapi import FastAPI, Form
from fastapi.responses import StreamingResponse
from langchain_openai import ChatOpenAI
from openai import DefaultAioHttpClient
from pydantic import SecretStr

app = FastAPI()
llm = ChatOpenAI(
    base_url=os.environ["PROVIDER"],
    api_key=SecretStr("benchmark"),
    model="benchmark",
    stream_usage=True,
    http_async_client=DefaultAioHttpClient(),
)


@app.post("/answer/")
async def answer(question: str = Form()) -> StreamingResponse:
    return StreamingResponse(_events(question), media_type="text/event-stream")


async def _events(question: str) -> AsyncIterator[bytes]:
    async for chunk in llm.astream(question):
        if chunk.content:
            yield b"data: " + orjson.dumps({"text": chunk.content}) + b"\n\n"
    yield b"data: [DONE]\n\n"


@app.get("/healthz")
async def healthz() -> str:
    return "ok"


gc.collect()
gc.freeze()
