"""Documents → pseudonymised documents and a review queue, before anything reaches data/processed.

`names` gathers what is replaced by what, `words`, `matching` and `filenames` find it, `shapes` finds personal numbers,
phone numbers and addresses, `pseudonymise` replaces them, `queue` remembers the evaluator's decisions, `key` keeps the
encrypted way back.
"""

from evalkit.privacy.key import find_passphrase, read_key, write_key
from evalkit.privacy.names import NameList, name_list
from evalkit.privacy.pseudonymise import Pseudonymised, pseudonymise_documents, pseudonymise_text
from evalkit.privacy.queue import count_undecided, empty_queue, join_queues, queue_findings, read_decisions, write_queue

__all__ = [
    "NameList",
    "Pseudonymised",
    "count_undecided",
    "empty_queue",
    "find_passphrase",
    "join_queues",
    "name_list",
    "pseudonymise_documents",
    "pseudonymise_text",
    "queue_findings",
    "read_decisions",
    "read_key",
    "write_key",
    "write_queue",
]
