package io.vit4j.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.base.OpenFiles;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Split;
import io.vit4j.evaluate.CheckpointChoice;
import io.vit4j.evaluate.SampleGroups;
import io.vit4j.torch.TorchRuntime;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Facts about machine, programs and data for a report, kept in {@code report.json} so that the report can be written again. */
final class RunFacts {
    /** The file in the output folder. */
    static final String FILE = CheckpointChoice.FACTS;

    private RunFacts() {}

    /** The machine and the programs this runs on. */
    static ObjectNode machine() {
        ObjectNode json = Json.object();
        json.put("vit4j", version());
        json.put("libtorch", TorchRuntime.torchVersion());
        json.put("java", System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")");
        json.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        json.put("processor", processor());
        json.put("cores", Runtime.getRuntime().availableProcessors());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system) {
            json.put("memory_gib", Math.round(system.getTotalMemorySize() / (double) (1L << 30)));
        }
        return json;
    }

    static String version() {
        return Optional.ofNullable(RunFacts.class.getPackage().getImplementationVersion())
                .orElse("built from source");
    }

    private static String processor() {
        try {
            return OpenFiles.lines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch"); // not Linux
        }
    }

    /** The data set: its splits, and whether a patient is in two of them. */
    static ObjectNode data(ArrowDataset data) {
        ObjectNode json = Json.object();
        json.put("digest", data.info().digest());
        json.put("height", data.info().cropHeight());
        json.put("width", data.info().cropWidth());
        ObjectNode splits = json.putObject("splits");
        boolean known = SampleGroups.patientColumn(data).isPresent();
        for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
            ObjectNode counts = splits.putObject(split).put("pictures", data.rows(split).length);
            if (known) {
                counts.put("patients", SampleGroups.patients(data, split).size());
            }
        }
        SampleGroups.patientsInTwoSplits(data).ifPresent(shared -> json.put("patients_in_two_splits", shared));
        json.put("public", PublicPictures.are(data));
        return json;
    }

    /** A series of numbers pairs, such as epoch and images a second. */
    static ArrayNode pairs(List<double[]> pairs) {
        ArrayNode array = Json.object().putArray("pairs");
        for (double[] pair : pairs) {
            array.addArray().add(Numbers.rounded(pair[0])).add(Numbers.rounded(pair[1]));
        }
        return array;
    }
}
