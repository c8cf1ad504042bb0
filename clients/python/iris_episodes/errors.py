"""Why a stream cannot go on."""


class EpisodeStreamError(RuntimeError):
    """Any failure of an episode stream."""


class ProducerError(EpisodeStreamError):
    """The producer reported an error, ended early or does not answer. The text is the producer's own where it gave one."""


class ProtocolError(EpisodeStreamError):
    """The producer said something that this version of the package does not understand."""


class SlotsInUseError(EpisodeStreamError):
    """Every slot of the ring belongs to an episode that is still in use, so the next could never come."""
