"""Whether the chat model sees images: as CHAT_MODEL_SEES says, or as its name does."""

import re

from django.conf import settings

_SEE = r"""
    gpt-4o gpt-4\.\d gpt-4-(?:turbo|vision) chatgpt-4o gpt-[5-9] o1(?!-(?:mini|preview)) o3(?!-mini) o4
    claude-3 claude-(?:opus|sonnet|haiku)-\d gemini nova-(?:lite|pro|premier)
    grok-(?:[4-9]|\d-vision) llama-?4 gemma-?3n gemma-?3(?![-:](?:1b|270m)) gemma-?[4-9]
    (?:bak)?llava moondream minicpm-(?:v|o) pixtral mistral-small-?3\.[1-9] mistral-(?:medium|large)-?3
    ministral-?3 qvq internvl molmo glm-\d(?:\.\d)?v phi-\d(?:\.\d)?-multimodal
    [\w.-]*(?:vision|multimodal|vlm) [\w.-]*(?<=[\d.-])vl
"""
_BLIND = r"audio|realtime|transcribe|tts|embed|image|search-api"
_NAMES = re.compile(rf"(?:^|[/:])(?:{'|'.join(_SEE.split())})(?![a-z])", re.IGNORECASE)


def model_sees(name: str) -> bool:
    """Whether images can be sent to the model of that name."""
    if settings.CHAT_LOCAL_MODEL:  # the one in the box does not
        return False
    if settings.CHAT_MODEL_SEES == "AUTO":
        return is_known_to_see(name)
    return bool(settings.CHAT_MODEL_SEES == "ON")


def is_known_to_see(name: str) -> bool:
    """Whether models of that name do. They are many, and new ones come: the setting has the last word."""
    return bool(_NAMES.search(name)) and not re.search(_BLIND, name, re.IGNORECASE)
