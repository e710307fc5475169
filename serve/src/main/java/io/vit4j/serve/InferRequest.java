package io.vit4j.serve;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A request of the Open Inference Protocol.
 *
 * @param outputs that are asked for; empty: all
 * @param binaryOutput whether outputs that say nothing themselves are answered in binary
 * @param timeout within which the caller wants the answer
 */
record InferRequest(
        Optional<String> id,
        Optional<Duration> timeout,
        boolean binaryOutput,
        List<Input> inputs,
        List<Output> outputs) {
    /**
     * A tensor of the request.
     *
     * @param numbers of type FP32, row by row
     * @param elements of type BYTES
     */
    record Input(String name, String datatype, long[] shape, float[] numbers, List<byte[]> elements) {}

    /**
     * A tensor that is asked for.
     *
     * @param binary whether its data should follow the JSON; empty if the request does not say
     */
    record Output(String name, Optional<Boolean> binary) {}
}
