"""A completion model for servers that speak OpenAI's API: LangChain's class, with a reader of our own."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import langchain_openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.outputs import GenerationChunk, LLMResult
from openai.resources import AsyncCompletions, Completions

from streaming.upstream.answer import Said
from streaming.upstream.completions import CompletionReader
from streaming.upstream.left_out import Server
from streaming.upstream.reply import AllSaid, Reply, aall_of, all_of
from streaming.upstream.requests import Request, errors_of_sdk
from streaming.upstream.whole import added_up, by_choice, totals

_PATH = "/completions"

Params = dict[str, Any]


class OpenAI(langchain_openai.OpenAI):
    """LangChain's class. With `stream_usage` a server is asked what a stream has used.

    A client of one's own (`client=`) is called as LangChain calls it, and read as LangChain reads it.
    """

    stream_usage: bool = False

    def _stream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[GenerationChunk]:
        if not isinstance(self.client, Completions):
            yield from super()._stream(prompt, stop, run_manager, **kwargs)
            return
        request = self._streaming_request(prompt, stop, kwargs)
        with errors_of_sdk():
            response = request.send(self.client._client)
            for chunk in Reply(response, CompletionReader(response.request)).chunks():
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, **self._told_of(chunk))
                yield chunk

    async def _astream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[GenerationChunk]:
        if not isinstance(self.async_client, AsyncCompletions):
            async for chunk in super()._astream(prompt, stop, run_manager, **kwargs):
                yield chunk
            return
        request = self._streaming_request(prompt, stop, kwargs)
        with errors_of_sdk():
            response = await request.asend(self.async_client._client)
            async for chunk in Reply(response, CompletionReader(response.request)).achunks():
                if run_manager:
                    await run_manager.on_llm_new_token(chunk.text, **self._told_of(chunk))
                yield chunk

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        if self.streaming or not isinstance(self.client, Completions):
            return super()._generate(prompts, stop, run_manager, **kwargs)
        params = {**self._invocation_params, **kwargs}
        replies = []
        for batch in self.get_sub_prompts(params, prompts, stop):
            with errors_of_sdk():
                response = self._request({"prompt": batch, **params}).send(self.client._client)
                replies.append(self._whole(all_of(response), response.request, batch, params))
        return self._result(replies, prompts, params)

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        if self.streaming or not isinstance(self.async_client, AsyncCompletions):
            return await super()._agenerate(prompts, stop, run_manager, **kwargs)
        params = {**self._invocation_params, **kwargs}
        replies = []
        for batch in self.get_sub_prompts(params, prompts, stop):
            with errors_of_sdk():
                response = await self._request({"prompt": batch, **params}).asend(self.async_client._client)
                replies.append(self._whole(await aall_of(response), response.request, batch, params))
        return self._result(replies, prompts, params)

    @property
    def _server(self) -> Server:
        return str(self.openai_api_base or "OpenAI"), self.model_name

    def _request(self, payload: Params) -> Request:
        return Request(_PATH, payload, server=self._server)

    def _streaming_request(self, prompt: str, stop: list[str] | None, kwargs: Params) -> Request:
        params = {**self._invocation_params, **kwargs, "stream": True}
        self.get_sub_prompts(params, [prompt], stop)  # which completes the parameters
        if self.stream_usage:
            params.setdefault("stream_options", {"include_usage": True})
        return self._request({"prompt": prompt, **params})

    def _told_of(self, chunk: GenerationChunk) -> Params:
        """What LangChain's callbacks are given beside the token."""
        logprobs = (chunk.generation_info or {}).get("logprobs")
        return {"chunk": chunk, "verbose": self.verbose, "logprobs": logprobs}

    def _whole(self, said: AllSaid, request: Any, prompts: list[str], params: Params) -> Said:
        """A reply to several prompts: `choices`, and what it says of them all."""
        choices = []
        for own in by_choice(said.objects, len(prompts) * params.get("n", self.n)):
            chunk = added_up(own, CompletionReader(request), done=said.done)
            choices.append({"text": chunk.text, **(chunk.generation_info or {})})
        return {"choices": choices, **totals(said.objects)}

    def _result(self, replies: list[Said], prompts: list[str], params: Params) -> LLMResult:
        usage: dict[str, int] = {}
        for reply in replies:
            for name in ("completion_tokens", "prompt_tokens", "total_tokens"):
                if count := (reply["token_usage"] or {}).get(name):
                    usage[name] = usage.get(name, 0) + count
        choices = [choice for reply in replies for choice in reply["choices"]]
        fingerprints = (reply["system_fingerprint"] for reply in replies)
        fingerprint = next((name for name in fingerprints if name), None)
        return self.create_llm_result(choices, prompts, params, usage, system_fingerprint=fingerprint)
