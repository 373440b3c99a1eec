"""What people would have read and coded: two codes that words tell, one by chance, one hardly ever given."""

import numpy as np
import pandas as pd

from tests.coding.texts import as_table

CODEBOOK = """
version = "1"
[[codes]]
id = "tid"
name = "Tid"
[[codes]]
id = "chef"
name = "Chef"
[[codes]]
id = "sallan"
name = "Sällan"
[[codes]]
id = "slump"
name = "Slump"
"""
WAYS = {
    "tid": [
        "Vi hinner inte",
        "Kalendern är full",
        "Timmarna räcker inte",
        "Det finns ingen tid",
        "Klockan springer ifrån oss",
    ],
    "chef": [
        "Chefen lyssnar på oss",
        "Ledningen syns aldrig",
        "Min chef står bakom",
        "Direktören kom förbi",
        "Cheferna är borta",
    ],
    None: [
        "Bussen var sen",
        "Kaffet smakade gott",
        "Det regnade hela dagen",
        "Vi satt i stora salen",
        "Lunchen var kall",
    ],
}


def made_up(n_documents: int = 8, each: int = 12, seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Segments of documents, of which all but the last are read; codings by what is said, and one code by chance."""
    random = np.random.default_rng(seed)
    segments, codings, readings = [], [], []
    for document in range(n_documents):
        for place in range(each):
            id = f"d{document}#{place:02d}"
            code = [*WAYS][int(random.integers(len(WAYS)))]
            text = (
                f"{random.choice(WAYS[code])} i grupp {random.integers(90)}, sa {random.choice(['hon', 'han', 'de'])}."
            )
            segments.append(
                {
                    "segment_id": id,
                    "document_id": f"d{document}",
                    "start": 100 * place,
                    "end": 99,
                    "role": "informant",
                    "text": text,
                }
            )
            if document == n_documents - 1:
                continue
            readings.append({"segment_id": id, "document_id": f"d{document}", "coder": "anna", "independent": True})
            given = [code] if code else []
            given += ["slump"] if random.random() < 0.2 else []
            given += ["sallan"] if id == "d0#00" else []
            codings += [
                {
                    "coding_id": f"{id}{c}",
                    "segment_id": id,
                    "document_id": f"d{document}",
                    "start": 0,
                    "end": 1,
                    "code": c,
                    "polarity": "+",
                    "coder": "anna",
                }
                for c in given
            ]
    return as_table("segments", segments), as_table("codings", codings), as_table("readings", readings)
