"""A chat model for servers that speak OpenAI's API, more or less: LangChain's class, with our own reader.

What is sent, and what a message is, stays LangChain's. What comes in between is read here: what servers do
beside the protocol would break it there, and a model object for each word costs most of what a word costs.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from typing import Any

import httpx2
import langchain_openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai.chat_models._client_utils import _astream_with_chunk_timeout
from langchain_openai.chat_models.base import _add_gateway_metadata

from streaming.upstream.asked import Asked
from streaming.upstream.chat_completions import ChatReader
from streaming.upstream.cut_off_calls import answered
from streaming.upstream.left_out import Server, left_out
from streaming.upstream.reply import AllSaid, Reply, aall_of, all_of
from streaming.upstream.requests import Request, errors_of_langchain
from streaming.upstream.responses import ResponsesReader
from streaming.upstream.send_back import complete, reasoning_fields
from streaming.upstream.think_blocks import thinking_models
from streaming.upstream.whole import added_up, by_choice, chat_result, generation, responses_result

_CHAT = "/chat/completions"
_RESPONSES = "/responses"


class ChatOpenAI(langchain_openai.ChatOpenAI):
    """LangChain's class, whose messages also carry reasoning, as `additional_kwargs["reasoning_content"]`.

    A client of one's own (`client=`) is called as LangChain calls it, and read as LangChain reads it.
    """

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        if self.root_client is None:
            yield from super()._stream(messages, stop, run_manager, **kwargs)
            return
        path, payload = self._streaming_request(messages, stop, **kwargs)
        with errors_of_langchain():
            response = Request(path, payload, server=self._server).send(self.root_client)
            reader = self._reader(path, payload, response, kwargs.get("response_format"))
            for chunk in Reply(response, reader).chunks():
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
        self._learn(reader)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        if self.root_async_client is None:
            async for chunk in super()._astream(messages, stop, run_manager, **kwargs):
                yield chunk
            return
        path, payload = self._streaming_request(messages, stop, **kwargs)
        with errors_of_langchain():
            response = await Request(path, payload, server=self._server).asend(self.root_async_client)
            reader = self._reader(path, payload, response, kwargs.get("response_format"))
            chunks = Reply(response, reader).achunks()
            async for chunk in _astream_with_chunk_timeout(
                chunks, self.stream_chunk_timeout, model_name=self.model_name
            ):
                if run_manager:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
        self._learn(reader)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.root_client is None:
            return super()._generate(messages, stop, run_manager, **kwargs)
        path, payload = self._whole_request(messages, stop, **kwargs)
        with errors_of_langchain():
            response = Request(path, payload, server=self._server).send(self.root_client)
            reader = partial(self._reader, path, payload, response, kwargs.get("response_format"))
            return self._result(payload, reader, all_of(response))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.root_async_client is None:
            return await super()._agenerate(messages, stop, run_manager, **kwargs)
        path, payload = self._whole_request(messages, stop, **kwargs)
        with errors_of_langchain():
            response = await Request(path, payload, server=self._server).asend(self.root_async_client)
            reader = partial(self._reader, path, payload, response, kwargs.get("response_format"))
            return self._result(payload, reader, await aall_of(response))

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        messages = answered(self._convert_input(input_).to_messages())
        payload = super()._get_request_payload(messages, stop=stop, **kwargs)
        complete(messages, payload.get("messages", ()), server=self._server)
        left_out.apply(self._server, payload)
        return payload

    @property
    def _server(self) -> Server:
        return str(self.openai_api_base or "OpenAI"), self.model_name

    def _streaming_request(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        *,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> tuple[str, dict[str, Any]]:
        """Where to, and what."""
        is_chat = not self._use_responses_api({**kwargs, **self.model_kwargs})
        kwargs["stream"] = True
        if is_chat and self._should_stream_usage(stream_usage, **kwargs):
            kwargs["stream_options"] = {"include_usage": True}
        return _CHAT if is_chat else _RESPONSES, self._get_request_payload(messages, stop=stop, **kwargs)

    def _whole_request(
        self, messages: list[BaseMessage], stop: list[str] | None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """The same for a reply that is to come all at once."""
        is_chat = not self._use_responses_api({**kwargs, **self.model_kwargs})
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        if "response_format" in payload:
            del payload["stream"]
        return _CHAT if is_chat else _RESPONSES, payload

    def _result(
        self,
        payload: Mapping[str, Any],
        reader_of: Callable[[], ChatReader | ResponsesReader],
        said: AllSaid,
    ) -> ChatResult:
        """What LangChain is given for a reply that has come all at once."""
        generations = []
        for own in by_choice(said.objects, payload.get("n")):
            reader = reader_of()
            chunk = added_up(own, reader, done=said.done)
            if isinstance(reader, ResponsesReader):
                return responses_result(chunk)
            self._learn(reader)
            generations.append(generation(chunk))
        return chat_result(said.objects, generations, model=self.model_name)

    def _reader(
        self, path: str, payload: Mapping[str, Any], response: httpx2.Response, form: Any
    ) -> ChatReader | ResponsesReader:
        info: dict[str, Any] = {}
        if self.include_response_headers:
            info["headers"] = dict(response.headers)
        if self._uses_gateway:
            _add_gateway_metadata(info, response)
        version = self.output_version
        server = self._server
        thinks = server in thinking_models
        asked = Asked.of(payload, form=form, thinks_from_the_start=thinks, server=server)
        if path == _RESPONSES:
            return ResponsesReader(asked, response.request, info, output_version=version)
        return ChatReader(asked, response.request, info, output_version=version)

    def _learn(self, reader: ChatReader | ResponsesReader) -> None:
        if isinstance(reader, ChatReader):
            thinking_models.learn(self._server, reader.thinking)
            reasoning_fields.learn(self._server, reader.sent_back.reasoning_field)
