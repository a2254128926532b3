"""Which models see images, by their names and by the setting."""

import pytest
from pytest_django import Settings

from chatsite.assistants.registry import get_assistant
from chatsite.assistants.sight import is_known_to_see, model_sees

SEEING = """
    gpt-4o gpt-4o-mini chatgpt-4o-latest gpt-4.1-nano gpt-4-turbo gpt-5 gpt-5.2-pro o1 o3 o4-mini
    openai/gpt-4o anthropic:claude-3-5-sonnet-latest claude-opus-4-5 claude-sonnet-4
    google_genai:gemini-2.5-flash llava:13b bakllava Qwen/Qwen2.5-VL-7B-Instruct qwen3-vl:8b
    pixtral-12b-2409 mistral-small-3.2 gemma3:4b
    google/gemma-3-27b-it gemma3 llama3.2-vision:11b meta-llama/Llama-3.2-90B-Vision-Instruct llama4:scout
    llama-4-maverick minicpm-v:8b grok-4 grok-2-vision-1212 phi-4-multimodal-instruct SmolVLM-500M-Instruct
    OpenGVLab/InternVL3-8B glm-4.5v Kimi-VL-A3B
""".split()  # noqa: SIM905 - names one after the other
BLIND = """
    gpt-3.5-turbo gpt-4 o1-mini o1-preview o3-mini claude-2.1 llama3.1:8b llama-3.3-70b-versatile mistral-7b
    qwen2.5:7b deepseek-chat gemma2:9b gemma3:1b google/gemma-3-270m-it phi-4 gpt-4o-audio-preview
    gpt-4o-transcribe scripted gpt-oss-120b mixtral-8x7b SmolLM2-135M-Instruct text-embedding-3-small
    gpt-image-1
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", SEEING)
def test_known_names_see(name: str) -> None:
    assert is_known_to_see(name)


@pytest.mark.parametrize("name", BLIND)
def test_other_names_do_not(name: str) -> None:
    assert not is_known_to_see(name)


@pytest.mark.parametrize(
    ("setting", "model", "local", "sees"),
    [
        ("AUTO", "gpt-4o", False, True),
        ("AUTO", "", False, True),  # the default one
        ("AUTO", "mine", False, False),
        ("ON", "mine", False, True),
        ("OFF", "gpt-4o", False, False),
        ("ON", "gpt-4o", True, False),
    ],
)
def test_the_setting_has_the_last_word_but_the_model_in_the_box_is_blind(
    settings: Settings, setting: str, model: str, local: bool, sees: bool
) -> None:
    settings.CHAT_MODEL_SEES, settings.CHAT_MODEL, settings.CHAT_LOCAL_MODEL = setting, model, local
    chat, documents = get_assistant("chat"), get_assistant("documents")
    assert chat is not None
    assert documents is not None

    assert model_sees(model or "gpt-4o-mini") is sees
    assert not documents.sees()
    assert chat.sees() is sees
