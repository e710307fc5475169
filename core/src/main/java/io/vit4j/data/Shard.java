package io.vit4j.data;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One file of a data set whose pictures and columns are stored together. No file stays open between calls. */
public interface Shard {
    /** What a column holds. */
    enum Kind {
        /** A text, number, date or truth value. */
        VALUE,
        /** A list of them. */
        VALUES,
        /** Bytes of any kind, such as a picture file's. */
        BYTES,
        /** A picture file's {@code bytes} and its {@code path}. */
        PICTURE,
        /** Anything else. */
        OTHER
    }

    /**
     * A column.
     *
     * @param name its name
     * @param kind what it holds
     */
    record Column(String name, Kind kind) {}

    /** The columns, in the file's order. */
    List<Column> columns();

    /** How many rows there are. */
    long rows();

    /** What the file says of itself by key, as {@code huggingface} for the features of Hugging Face {@code datasets}. */
    Map<String, String> metadata();

    /**
     * Reads columns from the first row to the last.
     *
     * @param names of columns of any kind but {@link Kind#OTHER}; of a picture the path is read
     * @param visitor takes each row
     */
    void forEachRow(List<String> names, RowVisitor visitor);

    /** The picture files in a column of the kind {@link Kind#PICTURE} or {@link Kind#BYTES}. */
    Files files(String column);

    /** Takes rows. */
    interface RowVisitor {
        /**
         * Takes one row.
         *
         * @param cells of the columns asked for, in their order: the texts of a cell's values, one for a single value, none if
         *     it is null
         */
        void row(List<List<String>> cells);
    }

    /** Gives a column's files, also to several threads. It is quick for rows that are near each other. */
    interface Files {
        /**
         * The bytes of a row's file, or empty if it is null.
         *
         * @param row from 0
         * @throws io.vit4j.base.InputException if they cannot be read
         */
        Optional<byte[]> read(long row);
    }
}
