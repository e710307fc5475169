"""Writes the Parquet files beside it, and expected.json with what pyarrow reads from them.

    pip install datasets==5.0.1 pyarrow==25.0.1 pandas pillow && python make.py
"""
import base64
import io
import json

import pandas
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Image, Sequence, Value
from PIL import Image as Pillow

NAMES = ["dog", "cat", "ant"]
ROWS = 7


def png(i):
    picture = Pillow.new("L", (4, 4))
    picture.putdata([(i * 31 + j * 13) % 256 for j in range(16)])
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


pictures = [{"bytes": png(i), "path": f"{i}é.png"} for i in range(ROWS)]
whole = list(pictures)
pictures[5] = {"bytes": None, "path": "5.png"}

Dataset.from_dict(
    {
        "image": whole,
        "label": [0, 1, 2, -1, 0, 1, 2],
        "labels": [[], [0], [1, 2], [0, 1, 2], [], [2], [1]],
    },
    features=Features(
        {"image": Image(), "label": ClassLabel(names=NAMES), "labels": Sequence(ClassLabel(names=NAMES))}
    ),
).to_parquet("datasets.parquet")

pandas.DataFrame(
    {
        "image": pictures,
        "label": [NAMES[i % 3] if i != 4 else None for i in range(ROWS)],
        "age": [i * 1.5 if i != 2 else None for i in range(ROWS)],
        "count": pandas.Series(range(ROWS), dtype="uint8"),
        "seen": [i % 2 == 0 for i in range(ROWS)],
        "when": pandas.to_datetime(["2024-02-29T01:02:03"] * ROWS),
        "tags": [["x"] * (i % 3) for i in range(ROWS)],
        "box": [{"x": 1, "y": [2.0]}] * ROWS,
    },
    index=range(3, 3 + ROWS),
).to_parquet("pandas.parquet")

table = pa.table(
    {
        "image": [p["bytes"] or b"" for p in pictures],
        "label": pa.array([None if i == 3 else f"label {'x' * i}" for i in range(ROWS)], pa.large_string()),
        "number": pa.array([None, -5, 2**40, 0, 1, 2, 3], pa.int64()),
        "day": pa.array([0, 1, 20000, None, -1, 3, 4], pa.date32()),
        "price": pa.array([0.5, None, 1e-9, 2, 3, 4, 5], pa.float32()),
    }
)
for codec in ["gzip", "zstd", "lz4", "snappy"]:
    pq.write_table(table, f"{codec}.parquet", compression=codec, row_group_size=3, write_page_checksum=codec == "snappy")
pq.write_table(table, "v2.parquet", data_page_version="2.0", row_group_size=4, use_dictionary=False)
pq.write_table(
    table,
    "delta.parquet",
    use_dictionary=False,
    column_encoding={
        "image": "DELTA_LENGTH_BYTE_ARRAY",
        "label": "DELTA_BYTE_ARRAY",
        "number": "DELTA_BINARY_PACKED",
        "price": "BYTE_STREAM_SPLIT",
    },
)

expected = {}
for name in ["datasets", "pandas", "gzip", "zstd", "lz4", "snappy", "v2", "delta"]:
    # numbers and dates as pandas writes them to CSV
    columns = {}
    for column, values in pq.read_table(f"{name}.parquet").to_pydict().items():
        if column == "image":
            as_files = [v["bytes"] if isinstance(v, dict) else v for v in values]
            columns["image"] = [None if v is None else base64.b64encode(v).decode() for v in as_files]
            if isinstance(values[0], dict):
                columns["path"] = [v["path"] for v in values]
        elif column == "when":
            columns[column] = [v.isoformat() + "Z" for v in values]
        elif column == "day":
            columns[column] = [None if v is None else v.isoformat() for v in values]
        elif column not in ("box",):
            columns[column] = values
    expected[name] = columns
with open("expected.json", "w") as out:
    json.dump(expected, out, ensure_ascii=False, indent=1)
