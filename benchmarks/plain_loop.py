"""The reference: parse all articles of a table with the whole model in one loop, and do nothing with the result."""

import json
import sys

import pyarrow.dataset as ds
import spacy

from transforms.model import DEFAULT_MODELS, is_installed


def main() -> None:
    """Parse the titles and texts of the articles table that the argument names."""
    rows = ds.dataset(sys.argv[1]).to_table(columns=["title", "text"]).to_pylist()[: int(sys.argv[2])]
    nlp = spacy.load(next(filter(is_installed, DEFAULT_MODELS)))
    nlp.max_length *= 2
    texts = (f"{row['title'] or ''}\n\n{row['text']}" for row in rows)
    words = sum(len(doc) for doc in nlp.pipe(texts))
    print(json.dumps({"articles": len(rows), "words": words}))


if __name__ == "__main__":
    main()
