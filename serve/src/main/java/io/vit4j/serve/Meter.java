package io.vit4j.serve;

import java.util.Map;
import java.util.function.Supplier;

/**
 * Numbers of one's own at {@code /metrics}, which are looked up whenever somebody asks for them.
 *
 * @param name as Prometheus wants it; that of a counter ends in {@code _total}
 * @param help what is counted, in a line
 * @param isCounter whether the numbers only grow; otherwise they are a state, such as the length of a queue
 * @param label the name of the label that tells the numbers apart
 * @param values for each value of the label. They must not come from a request, and must be few
 */
public record Meter(String name, String help, boolean isCounter, String label, Supplier<Map<String, Long>> values) {}
