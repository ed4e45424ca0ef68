"""Texts that come with Python: nothing is downloaded."""

from collections.abc import Callable, Mapping


def _pydoc_topics() -> str:
    """The language reference as `help()` prints it: 79 topics in alphabetical order, about 64 000 words.

    It differs from one version of Python to the next: a study stores its hash, and a run the interpreter's version.
    """
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics))


TEXTS: Mapping[str, Callable[[], str]] = {"pydoc_topics": _pydoc_topics}
"""Readers of the shipped texts, by name."""
