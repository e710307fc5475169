package io.vit4j.parquet;

import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import org.apache.parquet.column.ColumnReader;

/** How the values of a leaf are written as text: as pandas writes them to CSV, and times as ISO 8601 does. */
enum ValueText {
    TEXT(reader -> reader.getBinary().toStringUsingUTF8()),
    BYTES(reader -> reader.getBinary().toStringUsingUTF8()), // written without saying that they are text
    TRUTH(reader -> reader.getBoolean() ? "True" : "False"),
    WHOLE(reader -> Integer.toString(reader.getInteger())),
    UNSIGNED(reader -> Integer.toUnsignedString(reader.getInteger())),
    LONG(reader -> Long.toString(reader.getLong())),
    UNSIGNED_LONG(reader -> Long.toUnsignedString(reader.getLong())),
    FLOAT(reader -> Float.toString(reader.getFloat())),
    DOUBLE(reader -> Double.toString(reader.getDouble())),
    DATE(reader -> LocalDate.ofEpochDay(reader.getInteger()).toString()),
    MILLIS(reader -> Instant.ofEpochMilli(reader.getLong()).toString()),
    MICROS(reader -> Instant.EPOCH.plus(reader.getLong(), ChronoUnit.MICROS).toString()),
    NANOS(reader -> Instant.EPOCH.plusNanos(reader.getLong()).toString()),

    /** Values that are not read. */
    NONE(reader -> {
        throw new IllegalStateException("no text for these values");
    });

    private interface Writing {
        String of(ColumnReader reader);
    }

    private final Writing writing;

    ValueText(Writing writing) {
        this.writing = writing;
    }

    String of(ColumnReader reader) {
        return writing.of(reader);
    }
}
