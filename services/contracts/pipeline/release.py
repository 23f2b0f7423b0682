"""The release section: how an accepted model comes to answer."""

from services.contracts.pipeline.section import Section


class Release(Section):
    """approval: an accepted model waits for a person's word before it is released."""

    approval: bool = False
