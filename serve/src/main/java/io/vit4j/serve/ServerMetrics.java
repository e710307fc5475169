package io.vit4j.serve;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmClassLoadingMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmCompilationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryPoolAllocationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.vit4j.infer.Classification;
import io.vit4j.infer.ClassifierListener;
import io.vit4j.infer.LabelScore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Supplier;

/** What {@code /metrics} shows, in Prometheus's text format. Its labels have a bounded number of values, none from a request. */
final class ServerMetrics {
    /** Of models with more labels the highest score alone is counted: a thousand histograms would help nobody. */
    private static final int MOST_LABELS = 100;

    private static final double NANO = 1e-9;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter requests = Counter.builder()
            .name("vit4j_requests_total")
            .help("Requests that were answered")
            .labelNames("route", "model", "status")
            .register(registry);
    private final Counter faults = Counter.builder()
            .name("vit4j_faults_total")
            .help("Requests and pictures that could not be answered as asked")
            .labelNames("kind")
            .register(registry);
    private final Counter pictures = Counter.builder()
            .name("vit4j_pictures_total")
            .help("Pictures that were scored")
            .labelNames("model")
            .register(registry);
    private final Counter loads = Counter.builder()
            .name("vit4j_model_loads_total")
            .help("Versions of a model that were loaded, or refused because they are broken")
            .labelNames("model", "outcome")
            .register(registry);
    private final Histogram latency = Histogram.builder()
            .name("vit4j_request_seconds")
            .help("From the end of a request's header to the end of its answer")
            .labelNames("route")
            .classicOnly()
            .classicExponentialUpperBounds(0.001, 2, 16)
            .register(registry);
    private final Histogram phases = Histogram.builder()
            .name("vit4j_phase_seconds")
            .help("Time by phase: receive and compute are per request and round, decode, wait and explain per picture")
            .labelNames("phase")
            .classicOnly()
            .classicExponentialUpperBounds(0.0005, 2, 16)
            .register(registry);
    private final Histogram batches = Histogram.builder()
            .name("vit4j_batch_pictures")
            .help("Pictures that were computed together")
            .labelNames("model")
            .classicOnly()
            .classicUpperBounds(1, 2, 4, 8, 16, 32, 64, 128)
            .register(registry);
    private final Histogram scores = Histogram.builder()
            .name("vit4j_score")
            .help("Scores by label; of models with more than " + MOST_LABELS + " labels, the highest score")
            .labelNames("model", "label")
            .classicOnly()
            .classicLinearUpperBounds(0.05, 0.05, 20)
            .register(registry);

    ServerMetrics() {
        addJvm();
    }

    /** All that JvmMetrics has but native memory, which the JVM counts only if told to, and which starts all management beans. */
    private void addJvm() {
        JvmThreadsMetrics.builder().register(registry);
        JvmBufferPoolMetrics.builder().register(registry);
        JvmClassLoadingMetrics.builder().register(registry);
        JvmCompilationMetrics.builder().register(registry);
        JvmGarbageCollectorMetrics.builder().register(registry);
        JvmMemoryPoolAllocationMetrics.builder().register(registry);
        JvmMemoryMetrics.builder().register(registry);
        JvmRuntimeInfoMetric.builder().register(registry);
        ProcessMetrics.builder().register(registry);
    }

    /** Shows the pictures that wait and the version of every model. */
    void show(Supplier<List<ServedModel>> models) {
        GaugeWithCallback.builder()
                .name("vit4j_queue_pictures")
                .help("Pictures that were accepted and are not yet answered")
                .labelNames("model")
                .callback(gauge -> models.get().forEach(model -> gauge.call(model.pending(), model.name())))
                .register(registry);
        GaugeWithCallback.builder()
                .name("vit4j_model_info")
                .help("The version of each model that is served")
                .labelNames("model", "version")
                .callback(gauge -> models.get().forEach(model -> gauge.call(1, model.name(), model.version())))
                .register(registry);
    }

    void add(Meter meter) {
        if (meter.isCounter()) {
            CounterWithCallback.builder()
                    .name(meter.name())
                    .help(meter.help())
                    .labelNames(meter.label())
                    .callback(counter -> meter.values().get().forEach((label, count) -> counter.call(count, label)))
                    .register(registry);
        } else {
            GaugeWithCallback.builder()
                    .name(meter.name())
                    .help(meter.help())
                    .labelNames(meter.label())
                    .callback(gauge -> meter.values().get().forEach((label, value) -> gauge.call(value, label)))
                    .register(registry);
        }
    }

    /** @param model empty if the request is to none that is served */
    void answered(String route, String model, int status, long nanos) {
        requests.labelValues(route, model, Integer.toString(status)).inc();
        latency.labelValues(route).observe(nanos * NANO);
    }

    void fault(HttpFault.Kind kind) {
        faults.labelValues(kind.name().toLowerCase(java.util.Locale.ROOT)).inc();
    }

    void loaded(String model, boolean wasRefused) {
        loads.labelValues(model, wasRefused ? "refused" : "loaded").inc();
    }

    void phase(String phase, long nanos) {
        phases.labelValues(phase).observe(nanos * NANO);
    }

    /** Counts what became of pictures, and how their scores are distributed. */
    void classified(String model, List<Classification> results) {
        for (Classification result : results) {
            if (result.fault().isPresent()) {
                fault(HttpFault.Kind.BAD_PICTURE);
                continue;
            }
            pictures.labelValues(model).inc();
            boolean all = result.scores().size() <= MOST_LABELS;
            for (LabelScore score : all ? result.scores() : result.scores().subList(0, 1)) {
                scores.labelValues(model, all ? score.label() : "").observe(score.score());
            }
        }
    }

    ClassifierListener listener(String model) {
        return new ClassifierListener() {
            @Override
            public void decoded(long nanos) {
                phase("decode", nanos);
            }

            @Override
            public void waited(long nanos) {
                phase("wait", nanos);
            }

            @Override
            public void walked(int together, long nanos) {
                phase("compute", nanos);
                batches.labelValues(model).observe(together);
            }
        };
    }

    Reply page() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape(), EscapingScheme.ALLOW_UTF8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Reply.of(PrometheusTextFormatWriter.CONTENT_TYPE, out.toByteArray());
    }
}
