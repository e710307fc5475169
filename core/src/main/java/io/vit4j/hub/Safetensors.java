package io.vit4j.hub;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The safetensors format (github.com/huggingface/safetensors): eight bytes with the header's length, the header in JSON,
 * the tensors' bytes.
 *
 * <pre>{@code
 * try (SafetensorsFile file = Safetensors.open(Path.of("model.safetensors"))) {
 *     byte[] weights = file.tensor("classifier.weight").orElseThrow().bytes();
 * }
 * }</pre>
 */
public final class Safetensors {
    /** What transformers asks of a model's file. */
    public static final Map<String, String> PYTORCH_FORMAT = Map.of("format", "pt");

    private static final int CHUNK = 1 << 20;

    private Safetensors() {}

    /** Opens a file; InputException if any byte of its header violates the format. */
    public static SafetensorsFile open(Path file) {
        return SafetensorsFile.open(file);
    }

    /**
     * Writes a file, whole or not at all, laid out as the safetensors library does: the same tensors always give the same
     * bytes. Tensors are read in parts of 1 MiB, in the file's order.
     *
     * @param metadata free text by name
     */
    public static void write(
            DurableFiles files, Path file, Map<String, String> metadata, Collection<? extends StoredTensor> tensors) {
        List<StoredTensor> laidOut = tensors.stream()
                .<StoredTensor>map(tensor -> tensor)
                .sorted(SafetensorsHeader.LAYOUT)
                .toList();
        byte[] header = SafetensorsHeader.format(metadata, laidOut);
        if (header.length > SafetensorsHeader.LONGEST) {
            throw InputException.in(file, "its header of " + header.length + " bytes is over the format's 100,000,000");
        }
        files.write(file, out -> {
            ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            DurableFiles.writeFully(out, prefix.putLong(header.length).flip());
            DurableFiles.writeFully(out, ByteBuffer.wrap(header));
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            for (StoredTensor tensor : laidOut) {
                copy(tensor, chunk, out);
            }
        });
    }

    private static void copy(StoredTensor tensor, ByteBuffer chunk, WritableByteChannel out) throws IOException {
        long size = tensor.byteSize();
        for (long offset = 0; offset < size; offset += chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK, size - offset));
            tensor.read(offset, chunk);
            if (chunk.hasRemaining()) {
                throw new IllegalStateException(tensor.name() + " gave too few bytes");
            }
            DurableFiles.writeFully(out, chunk.flip());
        }
    }
}
