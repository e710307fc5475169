package io.vit4j.onnx;

import io.vit4j.base.DurableFiles;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes a graph as a {@code ModelProto}, with its constants in the same file, or, if they do not fit in what protobuf reads, in one beside
 * it, {@code NAME.data}. Constants are written one by one, so that no second copy of a model is in memory.
 */
public final class OnnxFile {
    /** The version of ONNX's operators: the first with GELU. */
    public static final int OPSET = 20;

    private static final int IR_VERSION = 9; // that of the release with this operator set
    private static final long MOST_BYTES =
            Integer.MAX_VALUE - (64L << 20); // of constants; protobuf's own limit is 2 GiB
    private static final int ALIGNMENT = 4096; // as the specification advises, for mapped memory
    private static final int PIECE = 64 << 20;

    private static final int MODEL_IR_VERSION = 1;
    private static final int MODEL_PRODUCER = 2;
    private static final int MODEL_PRODUCER_VERSION = 3;
    private static final int MODEL_GRAPH = 7;
    private static final int MODEL_OPSET = 8;
    private static final int MODEL_METADATA = 14;
    private static final int OPSET_VERSION = 2;
    private static final int KEY = 1;
    private static final int TEXT = 2;

    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_NAME = 2;
    private static final int GRAPH_CONSTANT = 5;
    private static final int GRAPH_INPUT = 11;
    private static final int GRAPH_OUTPUT = 12;

    private static final int TENSOR_DIMS = 1;
    private static final int TENSOR_TYPE = 2;
    private static final int TENSOR_NAME = 8;
    private static final int TENSOR_RAW_DATA = 9;
    private static final int TENSOR_EXTERNAL_DATA = 13;
    private static final int TENSOR_LOCATION = 14;
    private static final int EXTERNAL = 1;

    private final OnnxGraph graph;
    private final String name;
    private final Map<String, String> metadata;
    private final long mostBytes;

    /**
     * @param name of the graph
     * @param metadata written beside it, in order
     */
    public OnnxFile(GraphWriter graph, String name, Map<String, String> metadata) {
        this(graph, name, metadata, MOST_BYTES);
    }

    OnnxFile(GraphWriter graph, String name, Map<String, String> metadata, long mostBytes) {
        this.graph = graph.graph();
        this.name = name;
        this.metadata = metadata;
        this.mostBytes = mostBytes;
    }

    /** A constant as it is written: its message up to the bytes of its numbers, which follow unless they are in another file. */
    private record Written(OnnxGraph.Constant constant, byte[] front, boolean inside) {
        long bytes() {
            return front.length + (inside ? constant.bytes() : 0);
        }
    }

    /**
     * Writes the file, and {@code NAME.data} before it if it needs one.
     *
     * @return the files that were written
     */
    public List<Path> write(DurableFiles files, Path file) {
        long bytes =
                graph.constants().stream().mapToLong(OnnxGraph.Constant::bytes).sum();
        boolean inside = bytes <= mostBytes;
        Path data = file.resolveSibling(file.getFileName() + ".data");
        if (!inside) {
            files.write(data, this::writeData);
        }
        List<Written> constants =
                inside ? withNumbers() : withOffsets(data.getFileName().toString());
        files.write(file, out -> writeModel(out, constants));
        return inside ? List.of(file) : List.of(file, data);
    }

    private List<Written> withNumbers() {
        return graph.constants().stream()
                .map(constant -> new Written(
                        constant,
                        described(constant)
                                .start(TENSOR_RAW_DATA, constant.bytes())
                                .toBytes(),
                        true))
                .toList();
    }

    private List<Written> withOffsets(String data) {
        List<Written> constants = new ArrayList<>();
        long offset = 0;
        for (OnnxGraph.Constant constant : graph.constants()) {
            byte[] message = described(constant)
                    .message(TENSOR_EXTERNAL_DATA, entry("location", data))
                    .message(TENSOR_EXTERNAL_DATA, entry("offset", Long.toString(offset)))
                    .message(TENSOR_EXTERNAL_DATA, entry("length", Long.toString(constant.bytes())))
                    .number(TENSOR_LOCATION, EXTERNAL)
                    .toBytes();
            constants.add(new Written(constant, message, false));
            offset = aligned(offset + constant.bytes());
        }
        return constants;
    }

    private static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private void writeData(WritableByteChannel out) throws IOException {
        for (OnnxGraph.Constant constant : graph.constants()) {
            writeNumbers(out, constant);
            long gap = aligned(constant.bytes()) - constant.bytes();
            DurableFiles.writeFully(out, ByteBuffer.allocate((int) gap));
        }
    }

    private static Protobuf described(OnnxGraph.Constant constant) {
        Protobuf message = new Protobuf();
        constant.value().sizes().forEach(size -> message.number(TENSOR_DIMS, size));
        return message.number(TENSOR_TYPE, constant.value().type().code())
                .text(TENSOR_NAME, constant.value().name());
    }

    /** Row by row in little-endian order, which is that of every processor that libtorch's bindings run on. */
    private static void writeNumbers(WritableByteChannel out, OnnxGraph.Constant constant) throws IOException {
        try (Scope scope = new Scope()) {
            Tensor plain = constant.numbers().cpu().contiguous();
            for (long at = 0; at < constant.bytes(); at += PIECE) {
                DurableFiles.writeFully(out, Tensors.bytes(plain, at, (int) Math.min(PIECE, constant.bytes() - at)));
            }
        }
    }

    private void writeModel(WritableByteChannel out, List<Written> constants) throws IOException {
        byte[] front = graphFront();
        byte[] back = graphBack();
        long constantBytes = 0;
        for (Written constant : constants) {
            constantBytes += startOf(constant).length + constant.bytes();
        }
        write(
                out,
                modelFront()
                        .start(MODEL_GRAPH, front.length + constantBytes + back.length)
                        .toBytes());
        write(out, front);
        for (Written constant : constants) {
            write(out, startOf(constant));
            write(out, constant.front());
            if (constant.inside()) {
                writeNumbers(out, constant.constant());
            }
        }
        write(out, back);
    }

    private static byte[] startOf(Written constant) {
        return new Protobuf().start(GRAPH_CONSTANT, constant.bytes()).toBytes();
    }

    private static void write(WritableByteChannel out, byte[] bytes) throws IOException {
        DurableFiles.writeFully(out, ByteBuffer.wrap(bytes));
    }

    private Protobuf modelFront() {
        Protobuf model = new Protobuf()
                .number(MODEL_IR_VERSION, IR_VERSION)
                .text(MODEL_PRODUCER, "vit4j")
                .text(MODEL_PRODUCER_VERSION, version())
                .message(MODEL_OPSET, new Protobuf().number(OPSET_VERSION, OPSET));
        metadata.forEach((key, value) -> model.message(MODEL_METADATA, entry(key, value)));
        return model;
    }

    private static String version() {
        String version = OnnxFile.class.getPackage().getImplementationVersion();
        return version == null ? "" : version;
    }

    private static Protobuf entry(String key, String value) {
        return new Protobuf().text(KEY, key).text(TEXT, value);
    }

    private byte[] graphFront() {
        Protobuf front = new Protobuf();
        graph.nodes().forEach(node -> front.message(GRAPH_NODE, node));
        return front.text(GRAPH_NAME, name).toBytes();
    }

    private byte[] graphBack() {
        Protobuf back = new Protobuf();
        graph.inputs().forEach(value -> back.message(GRAPH_INPUT, ValueInfo.of(value)));
        graph.outputs().forEach(value -> back.message(GRAPH_OUTPUT, ValueInfo.of(value)));
        return back.toBytes();
    }
}
