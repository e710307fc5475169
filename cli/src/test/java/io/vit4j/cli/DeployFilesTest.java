package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine.ParseResult;

/** The files under {@code deploy} say what vit4j and the systems they are for understand. */
class DeployFilesTest {
    private static final String MODEL =
            "{\"model_type\":\"vit\",\"hidden_size\":32,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
                    + "\"intermediate_size\":64,\"image_size\":32,\"patch_size\":16}";

    @TempDir
    Path folder;

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(here.resolve("deploy"))) {
            here = here.getParent();
        }
        return here;
    }

    private static Path file(String name) {
        return root().resolve("deploy").resolve(name);
    }

    private static List<Map<?, ?>> documents(String name) throws IOException {
        Load yaml = new Load(LoadSettings.builder().build());
        return StreamSupport.stream(
                        yaml.loadAllFromString(Files.readString(file("kubernetes/" + name)))
                                .spliterator(),
                        false)
                .<Map<?, ?>>map(document -> (Map<?, ?>) document)
                .toList();
    }

    /** Follows keys, and numbers in lists. */
    private static Object at(Object value, Object... path) {
        Object found = value;
        for (Object step : path) {
            found = step instanceof Integer index ? ((List<?>) found).get(index) : ((Map<?, ?>) found).get(step);
            assertThat(found).as("%s of %s", step, value).isNotNull();
        }
        return found;
    }

    private static Map<?, ?> variable(Object container, String name) {
        return ((List<?>) at(container, "env"))
                .stream()
                        .<Map<?, ?>>map(entry -> (Map<?, ?>) entry)
                        .filter(entry -> name.equals(entry.get("name")))
                        .findFirst()
                        .orElseThrow();
    }

    /** The arguments of the image's entry point, which is vit4j; it must know every option. */
    private static ParseResult parsed(Object container, List<?> arguments) {
        List<String> words = new ArrayList<>();
        arguments.forEach(word -> words.add((String) word)); // a number or true that is not quoted fails here
        assertThat(((Map<?, ?>) container).containsKey("command")).isFalse();
        assertThat(at(variable(container, "VIT4J_RENDEZVOUS_SECRET"), "valueFrom", "secretKeyRef", "key"))
                .isEqualTo("secret");
        return Main.commandLine(new PrintWriter(Writer.nullWriter()))
                .parseArgs(words.toArray(String[]::new))
                .subcommand();
    }

    @Test
    void kubeflowsTrainerStartsTheLauncherInEachPod() throws IOException {
        List<Map<?, ?>> documents = documents("trainer.yaml");
        Map<?, ?> runtime = documents.get(0);
        Map<?, ?> run = documents.get(1);
        assertThat(at(runtime, "apiVersion")).isEqualTo("trainer.kubeflow.org/v1alpha1");
        assertThat(at(runtime, "kind")).isEqualTo("ClusterTrainingRuntime");
        Object job = at(runtime, "spec", "template", "spec", "replicatedJobs", 0);
        assertThat(at(job, "name")).isEqualTo("node"); // what the torch policy fills in
        assertThat(at(job, "template", "metadata", "labels", "trainer.kubeflow.org/trainjob-ancestor-step"))
                .isEqualTo("trainer");
        Object container = at(job, "template", "spec", "template", "spec", "containers", 0);
        assertThat(at(container, "name")).isEqualTo("node");
        assertThat(at(runtime, "spec", "mlPolicy", "torch", "numProcPerNode")).isInstanceOf(Integer.class);

        assertThat(at(run, "kind")).isEqualTo("TrainJob");
        assertThat(at(run, "spec", "runtimeRef", "name")).isEqualTo(at(runtime, "metadata", "name"));
        List<?> arguments = (List<?>) at(run, "spec", "trainer", "args");
        List<String> train = new ArrayList<>();
        arguments.forEach(word -> train.add((String) word));
        assertThat(train.subList(0, 3)).containsExactly("launch", "--", "train");
        List<String> withProcesses = new ArrayList<>(train);
        withProcesses.addAll(1, List.of("--nproc-per-node", "1")); // as PET_NPROC_PER_NODE says
        assertThat(parsed(container, withProcesses).commandSpec().name()).isEqualTo("launch");
        assertThat(parsed(container, train.subList(2, train.size()))
                        .commandSpec()
                        .name())
                .isEqualTo("train");
    }

    @Test
    void aPodOfAPyTorchJobIsARank() throws IOException {
        Map<?, ?> job = documents("pytorchjob.yaml").get(0);
        assertThat(at(job, "apiVersion")).isEqualTo("kubeflow.org/v1");
        assertThat(at(job, "spec", "pytorchReplicaSpecs", "Master", "replicas")).isEqualTo(1);
        for (String kind : List.of("Master", "Worker")) {
            Object container = at(job, "spec", "pytorchReplicaSpecs", kind, "template", "spec", "containers", 0);
            assertThat(at(container, "name")).isEqualTo("pytorch");
            assertThat(parsed(container, (List<?>) at(container, "args"))
                            .commandSpec()
                            .name())
                    .isEqualTo("train");
        }
    }

    @Test
    void aPodOfAnIndexedJobIsARank() throws IOException {
        List<Map<?, ?>> documents = documents("indexed-job.yaml");
        Map<?, ?> service = documents.get(0);
        Map<?, ?> job = documents.get(1);
        assertThat(at(service, "spec", "clusterIP")).isEqualTo("None");
        assertThat(at(service, "spec", "selector", "job-name")).isEqualTo(at(job, "metadata", "name"));
        assertThat(at(job, "spec", "completionMode")).isEqualTo("Indexed");
        Object pod = at(job, "spec", "template", "spec");
        Object container = at(pod, "containers", 0);
        String ranks = at(variable(container, "WORLD_SIZE"), "value").toString();
        assertThat(at(job, "spec", "completions")).hasToString(ranks);
        assertThat(at(job, "spec", "parallelism")).hasToString(ranks);
        assertThat(at(pod, "subdomain")).isEqualTo(at(service, "metadata", "name"));
        assertThat(at(variable(container, "MASTER_ADDR"), "value"))
                .isEqualTo(at(job, "metadata", "name") + "-0." + at(pod, "subdomain"));
        assertThat(at(variable(container, "RANK"), "valueFrom", "fieldRef", "fieldPath"))
                .isEqualTo("metadata.annotations['batch.kubernetes.io/job-completion-index']");
        assertThat(parsed(container, (List<?>) at(container, "args"))
                        .commandSpec()
                        .name())
                .isEqualTo("train");
    }

    /** Starts two tasks, with the variables that Slurm gives them. */
    private static final String SRUN = """
            #!/usr/bin/env bash
            [ "$1" = --kill-on-bad-exit=1 ] && shift
            for task in 0 1; do
              SLURM_PROCID=$task SLURM_LOCALID=$task SLURM_STEP_NUM_TASKS=2 SLURM_STEP_NUM_NODES=1 SLURM_STEP_ID=0 \\
                SLURM_STEP_NODELIST=node1 "$@" > task-$task.log 2>&1 &
            done
            wait -n && wait -n
            """;

    @Tag("exhaustive")
    @Test
    @Timeout(300)
    void theScriptForSlurmTrainsWithARankForEachTask() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash");
        Path bin = Files.createDirectories(folder.resolve("bin"));
        executable(bin.resolve("srun"), SRUN);
        StringBuilder java = new StringBuilder("#!/usr/bin/env bash\nexec");
        for (String word : JavaProcess.command(Main.class, List.of("-Xmx256m"))) {
            java.append(" '").append(word).append('\'');
        }
        executable(bin.resolve("vit4j"), java.append(" \"$@\"\n").toString());

        ProcessBuilder script = JavaProcess.quiet(new ProcessBuilder(
                "/bin/bash",
                file("slurm/train.sbatch").toString(),
                "--max-steps",
                "2",
                "--per-device-train-batch-size",
                "2"));
        script.directory(folder.toFile()).redirectErrorStream(true);
        Map<String, String> environment = script.environment();
        environment.put("PATH", bin + ":" + environment.get("PATH"));
        environment.put("VIT4J", bin.resolve("vit4j").toString());
        Path model = model();
        environment.put("MODEL", model.toString());
        environment.put("DATASET", dataset(model).toString());
        environment.put("OUTPUT", folder.resolve("tuned").toString());
        environment.put("SLURM_JOB_ID", Long.toString(ProcessHandle.current().pid()));
        environment.put("SLURM_NTASKS", "2"); // as the script itself sees it
        environment.put("SLURM_PROCID", "0");
        Process process = script.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(200, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(() -> text + log(0) + log(1)).isZero();
        assertThat(log(0)).contains("Replication Factor = 2", "Tuned model: ");
        assertThat(log(1)).doesNotContain("Tuned model: ");
        assertThat(Json.readObject(folder.resolve("tuned/trainer_state.json"))
                        .path("global_step")
                        .intValue())
                .isEqualTo(2);
    }

    private String log(int task) {
        try {
            return Files.readString(folder.resolve("task-" + task + ".log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private Path dataset(Path model) throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        for (int i = 0; i < 12; i++) {
            Path of = Files.createDirectories(pictures.resolve(i % 2 == 0 ? "dark" : "light"));
            BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
            image.getRaster().setSample(i, i, 0, 255);
            ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
        }
        Path dataset = folder.resolve("dataset");
        CommandRun run = CommandRun.of(
                "prepare",
                "--data",
                pictures.toString(),
                "--model",
                model.toString(),
                "--output",
                dataset.toString(),
                "--validation",
                "0.2",
                "--test",
                "0");
        assertThat(run.exitCode()).as(run.err()).isZero();
        return dataset;
    }

    private Path model() throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        JsonObject config = JsonObject.parse(MODEL, "the model of this test");
        try (VisionModel drawn = VisionModel.fromScratch(ModelDefinition.of(config), Device.CPU, 1)) {
            drawn.save(DurableFiles.SYSTEM, model);
        }
        return model;
    }
}
