package io.vit4j.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/** A graph in onnxruntime, on one thread if nothing else is said. */
public final class OnnxSession implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    public OnnxSession(Path file) {
        this(file, 1);
    }

    /** On so many threads. */
    public OnnxSession(Path file, int threads) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            session = environment.createSession(file.toString(), options);
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    /** Its only input. */
    public TensorInfo input() throws OrtException {
        return info(session.getInputInfo());
    }

    public TensorInfo output() throws OrtException {
        return info(session.getOutputInfo());
    }

    private static TensorInfo info(Map<String, NodeInfo> of) {
        return (TensorInfo) of.values().iterator().next().getInfo();
    }

    public String inputName() {
        return session.getInputNames().iterator().next();
    }

    public Map<String, String> metadata() throws OrtException {
        return session.getMetadata().getCustomMetadata();
    }

    /** The logits of some pictures, {@code [batch, labels]}. */
    public float[] logits(float[] pixelValues, long... shape) {
        try (OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(pixelValues), shape)) {
            return logits(input);
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    public float[] logits(byte[] pixels, long... shape) {
        ByteBuffer direct = ByteBuffer.allocateDirect(pixels.length).put(pixels).flip();
        try (OnnxTensor input = OnnxTensor.createTensor(environment, direct, shape, OnnxJavaType.UINT8)) {
            return logits(input);
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    private float[] logits(OnnxTensor input) throws OrtException {
        try (OrtSession.Result result = session.run(Map.of(inputName(), input))) {
            FloatBuffer logits = ((OnnxTensor) result.get("logits").orElseThrow()).getFloatBuffer();
            float[] numbers = new float[logits.remaining()];
            logits.get(numbers);
            return numbers;
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }
}
