package io.vit4j.report;

import io.vit4j.base.DurableFiles;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.fuzz.FileTarget;
import io.vit4j.fuzz.MoreTargets;
import io.vit4j.fuzz.Target;
import io.vit4j.metrics.EvalPrediction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The files that a report and a model card are written from. An input's first byte chooses the file that the rest replaces; the
 * others are as a run leaves them.
 */
public final class ReportTargets implements MoreTargets {
    /** For the service loader. */
    public ReportTargets() {}

    @Override
    public List<Target> in(Path folder) throws IOException {
        Path run = Files.createDirectories(folder.resolve("report-run"));
        Map<String, byte[]> files = sound(run);
        List<String> names = List.copyOf(files.keySet());
        List<byte[]> seeds = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            seeds.add(input(i, files.get(names.get(i))));
        }
        return List.of(FileTarget.of("report", folder.resolve("input"), seeds, file -> {
                    byte[] input = Files.readAllBytes(file);
                    Path replaced = run.resolve(names.get(input.length == 0 ? 0 : (input[0] & 0xFF) % names.size()));
                    byte[] before = Files.readAllBytes(replaced);
                    try {
                        Files.write(
                                replaced,
                                input.length == 0 ? input : java.util.Arrays.copyOfRange(input, 1, input.length));
                        page(run);
                    } finally {
                        Files.write(replaced, before);
                    }
                })
                .words(
                        "{",
                        "}",
                        "[",
                        "]",
                        ":",
                        ",",
                        "\n",
                        "null",
                        "true",
                        "-1",
                        "1e400",
                        "NaN",
                        "9223372036854775808",
                        "\"data\":",
                        "\"splits\":",
                        "\"phases\":",
                        "\"throughput\":[[1,2]]",
                        "\"cores\":",
                        "\"loss\":",
                        "\"eval_loss\":",
                        "\"epoch\":",
                        "\"log_history\":[",
                        "\"train_runtime\":",
                        "</script>",
                        "=1",
                        "\"id2label\":{",
                        "\"run_name\":",
                        "patient",
                        "Sex",
                        "a.logit")
                .mostAllocated(256L << 20));
    }

    /** All that a report says, and the card. */
    private static void page(Path folder) {
        RunData run = RunData.read(folder);
        Optional<Evaluation> numbers =
                run.measured().map(measured -> run.evaluations().evaluate(measured, 2));
        ReportPage.write(new ReportPage.Content(
                run, ReportPage.Status.FINISHED, numbers, List.of(), "None.", Optional.empty(), Optional.empty()));
        ModelCard.text(run);
    }

    private static byte[] input(int which, byte[] content) {
        byte[] input = new byte[content.length + 1];
        input[0] = (byte) which;
        System.arraycopy(content, 0, input, 1, content.length);
        return input;
    }

    private static Map<String, byte[]> sound(Path run) throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(
                "report.json",
                "{\"vit4j\":\"1\",\"cores\":2,\"memory_gib\":8,\"started_from\":\"a/b\",\"phases\":{\"Opening\":1.5},"
                        + "\"throughput\":[[0.5,100],[1,\"NaN\"]],\"evaluated_in_training\":\"validation\",\"data\":{\"digest\":\"x\","
                        + "\"splits\":{\"train\":{\"pictures\":6,\"patients\":3}},\"patients_in_two_splits\":1,\"public\":false}}");
        texts.put(
                "trainer_state.json",
                "{\"global_step\":2,\"max_steps\":4,\"epoch\":1.0,\"log_history\":["
                        + "{\"loss\":0.7,\"learning_rate\":1e-4,\"grad_norm\":1,\"epoch\":0.5,\"step\":1},"
                        + "{\"eval_loss\":0.6,\"eval_roc_auc\":0.5,\"eval_runtime\":2,\"epoch\":1.0,\"step\":2}]}");
        texts.put(
                "all_results.json",
                "{\"train_runtime\":10,\"train_samples_per_second\":3,\"eval_loss\":0.6,\"total_flos\":1e9}");
        texts.put(
                "training_args.json",
                "{\"learning_rate\":1e-4,\"load_best_model_at_end\":true,\"run_name\":\"r\",\"lr_scheduler_kwargs\":{}}");
        texts.put(
                "config.json",
                "{\"model_type\":\"vit\",\"hidden_size\":12,\"num_attention_heads\":3,\"id2label\":{\"0\":\"a\",\"1\":\"b\"}}");
        texts.put("decision.json", "{\"temperature\":1.3,\"thresholds\":{\"a\":0.2}}");
        texts.put("groups-validation.csv", "patient,Sex\n0,male\n0,female\n1,male\n2,female\n3,male\n4,female\n");
        for (Map.Entry<String, String> text : texts.entrySet()) {
            Files.writeString(run.resolve(text.getKey()), text.getValue());
        }
        new io.vit4j.metrics.PredictionsFile(
                        List.of("a", "b"),
                        List.of("0", "1", "2", "3", "4", "5"),
                        EvalPrediction.multiLabel(
                                6, 2, new float[] {1, 2, -1, 0, 3, -2, 0.5f, 1, 2, 2, -3, 1}, new float[] {
                                    1, 0, 0, 1, 1, 1, 0, 0, 1, Float.NaN, 0, 1
                                }))
                .write(DurableFiles.SYSTEM, SplitPredictions.file(run, "validation"));
        Map<String, byte[]> files = new LinkedHashMap<>();
        texts.forEach((name, text) -> files.put(name, text.getBytes(StandardCharsets.UTF_8)));
        files.put("predictions-validation.csv", Files.readAllBytes(SplitPredictions.file(run, "validation")));
        return files;
    }
}
