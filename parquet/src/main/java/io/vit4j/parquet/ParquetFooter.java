package io.vit4j.parquet;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.InterningProtocol;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.RowGroup;
import shaded.parquet.org.apache.thrift.TException;
import shaded.parquet.org.apache.thrift.protocol.TCompactProtocol;
import shaded.parquet.org.apache.thrift.transport.TIOStreamTransport;
import shaded.parquet.org.apache.thrift.transport.TTransportException;

/**
 * What stands at the end of a Parquet file: its columns, and where their pages are.
 *
 * @param file the file
 * @param size in bytes
 * @param stamp the file's time of change, so that another file under its name is noticed
 * @param columns those at the top of the schema
 * @param metadata the file's own, by key
 * @param createdBy the program that wrote it
 * @param rows how many
 * @param rowGroups in the file's order
 */
record ParquetFooter(
        Path file,
        long size,
        long stamp,
        List<ParquetColumn> columns,
        Map<String, String> metadata,
        String createdBy,
        long rows,
        List<RowGroup> rowGroups) {
    private static final String MAGIC = "PAR1";
    private static final String ENCRYPTED = "PARE";
    private static final int TAIL = 8;
    private static final int LARGEST = 256 << 20;

    /** A row with a picture takes a byte or more; labels alone may take less. */
    private static final long ROWS_OF_ANY_FILE = 1 << 20;

    static ParquetFooter read(Path file) {
        try (FileChannel channel = OpenFiles.read(file)) {
            long size = channel.size();
            if (size < MAGIC.length() + TAIL) {
                throw damaged(file, "it has only " + size + " bytes");
            }
            ByteBuffer tail = bytes(channel, size - TAIL, TAIL);
            int length = tail.order(ByteOrder.LITTLE_ENDIAN).getInt();
            String magic = new String(tail.array(), 4, 4, StandardCharsets.ISO_8859_1);
            if (magic.equals(ENCRYPTED)) {
                throw InputException.in(file, "is encrypted; write it again without encryption");
            }
            if (!magic.equals(MAGIC)) {
                throw damaged(file, "it does not end as a Parquet file does, so its end is probably missing");
            }
            if (length <= 0 || length > LARGEST || length > size - TAIL - MAGIC.length()) {
                throw damaged(file, "its footer would have " + Integer.toUnsignedString(length) + " bytes");
            }
            FileMetaData footer = new FileMetaData();
            footer.read(protocol(bytes(channel, size - TAIL - length, length).array(), length));
            return of(file, size, channel, footer);
        } catch (NoSuchFileException e) {
            throw InputException.in(file, "no such file; check the path", e);
        } catch (TException | RuntimeException e) {
            throw e instanceof InputException told ? told : damaged(file, "its footer cannot be read (" + e + ")", e);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static ParquetFooter of(Path file, long size, FileChannel channel, FileMetaData footer) throws IOException {
        List<ParquetColumn> columns = ParquetColumn.in(footer.getSchema(), file);
        long rows = 0;
        for (RowGroup group : footer.getRow_groups()) {
            if (group.getNum_rows() < 0) {
                throw damaged(file, "a row group has " + group.getNum_rows() + " rows");
            }
            rows = Math.addExact(rows, group.getNum_rows());
        }
        if (rows != footer.getNum_rows() || rows > size + ROWS_OF_ANY_FILE) {
            throw damaged(file, "it claims to have " + footer.getNum_rows() + " rows");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        if (footer.isSetKey_value_metadata()) {
            for (KeyValue entry : footer.getKey_value_metadata()) {
                metadata.put(entry.getKey(), entry.isSetValue() ? entry.getValue() : "");
            }
        }
        return new ParquetFooter(
                file,
                size,
                Files.getLastModifiedTime(file).toMillis(),
                columns,
                metadata,
                footer.isSetCreated_by() ? footer.getCreated_by() : "",
                rows,
                footer.getRow_groups());
    }

    /** Reads Thrift of so many bytes. A text or list in it cannot have more entries than that. */
    static InterningProtocol protocol(byte[] bytes, int length) throws TTransportException {
        return protocol(new ByteArrayInputStream(bytes, 0, length), length);
    }

    static InterningProtocol protocol(ByteArrayInputStream in, int length) throws TTransportException {
        return new InterningProtocol(new TCompactProtocol(new TIOStreamTransport(in), length, length));
    }

    static ByteBuffer bytes(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException("the file has become shorter");
            }
        }
        return buffer.flip();
    }

    static InputException damaged(Path file, String what) {
        return damaged(file, what, null);
    }

    static InputException damaged(Path file, String what, Throwable cause) {
        return InputException.in(file, "damaged, or no Parquet file: " + what + "; download it again", cause);
    }
}
