package io.vit4j.parallel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.base.NearestName;
import io.vit4j.torch.Dtype;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The machines that a layout is planned for, all alike.
 *
 * @param name a name for them
 * @param float32Flops floating-point operations per second that one rank reaches in float32 matrix products
 * @param halfFlops the same in bfloat16 or float16
 * @param memoryBytes memory of one rank
 * @param memoryBandwidth bytes per second that one rank reads and writes
 * @param hostBandwidth bytes per second between one rank and the host's memory, which keeps offloaded state
 * @param overlap share of communication that does not slow down computing: 1 if links work on their own, less if the
 * computing cores also move the bytes
 * @param ranksPerNode ranks on one machine
 * @param link between two ranks of a machine
 * @param network between two machines; all ranks of a machine share it
 * @param storage where machines read a data set from
 */
public record Hardware(
        String name,
        double float32Flops,
        double halfFlops,
        long memoryBytes,
        double memoryBandwidth,
        double hostBandwidth,
        double overlap,
        int ranksPerNode,
        Link link,
        Link network,
        Storage storage) {
    /** Machines of whose storage nothing is known. */
    public Hardware(
            String name,
            double float32Flops,
            double halfFlops,
            long memoryBytes,
            double memoryBandwidth,
            double hostBandwidth,
            double overlap,
            int ranksPerNode,
            Link link,
            Link network) {
        this(
                name,
                float32Flops,
                halfFlops,
                memoryBytes,
                memoryBandwidth,
                hostBandwidth,
                overlap,
                ranksPerNode,
                link,
                network,
                Storage.UNKNOWN);
    }

    /** The same machines with other storage. */
    public Hardware with(Storage other) {
        return new Hardware(
                name,
                float32Flops,
                halfFlops,
                memoryBytes,
                memoryBandwidth,
                hostBandwidth,
                overlap,
                ranksPerNode,
                link,
                network,
                other);
    }

    /**
     * A way for bytes.
     *
     * @param bandwidth bytes a second, each way
     * @param latency seconds before the first byte arrives
     */
    public record Link(double bandwidth, double latency) {
        /** Seconds for so many bytes. */
        public double seconds(double bytes) {
            return latency + bytes / bandwidth;
        }

        /** This link shared by so many transfers at once. */
        public Link sharedBy(int transfers) {
            return new Link(bandwidth / transfers, latency);
        }
    }

    private static final List<String> FIELDS = List.of(
            "name",
            "float32_flops",
            "half_flops",
            "memory_bytes",
            "memory_bandwidth",
            "host_bandwidth",
            "overlap",
            "ranks_per_node",
            "link_bandwidth",
            "link_latency",
            "network_bandwidth",
            "network_latency",
            "disk_bandwidth",
            "disk_bytes",
            "shared_bandwidth",
            "shared_total_bandwidth",
            "cache_bytes",
            "loader_bandwidth");

    /**
     * Reads a description: {@code name}, {@code float32_flops}, {@code half_flops} (default as float32),
     * {@code memory_bytes}, {@code memory_bandwidth}, {@code host_bandwidth} (default as memory), {@code overlap}
     * (default 1), {@code ranks_per_node} (default 1), {@code link_bandwidth}, {@code link_latency}, {@code network_bandwidth} and {@code network_latency}
     * (default as link). Of storage, each unknown unless given: {@code disk_bandwidth}, {@code disk_bytes}, {@code shared_bandwidth},
     * {@code shared_total_bandwidth}, {@code cache_bytes} (default 0), {@code loader_bandwidth}. Bytes, seconds, FLOP/s.
     */
    public static Hardware read(Path file) {
        ObjectNode json = Json.readObject(file);
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            if (!FIELDS.contains(entry.getKey())) {
                throw InputException.in(
                        file,
                        "there is no field \"" + entry.getKey() + "\"; did you mean \""
                                + NearestName.to(entry.getKey(), FIELDS) + "\"?");
            }
        }
        CheckedNumbers numbers = new CheckedNumbers(file, json);
        double float32 = numbers.positive("float32_flops");
        double memoryBandwidth = numbers.positive("memory_bandwidth");
        Link link = new Link(numbers.positive("link_bandwidth"), numbers.notNegative("link_latency"));
        return new Hardware(
                json.path("name").asText(file.getFileName().toString()),
                float32,
                numbers.positive("half_flops", float32),
                (long) numbers.positive("memory_bytes"),
                memoryBandwidth,
                numbers.positive("host_bandwidth", memoryBandwidth),
                numbers.share("overlap"),
                numbers.count("ranks_per_node"),
                link,
                new Link(
                        numbers.positive("network_bandwidth", link.bandwidth),
                        json.has("network_latency") ? numbers.notNegative("network_latency") : link.latency),
                new Storage(
                        numbers.positive("disk_bandwidth", Double.POSITIVE_INFINITY),
                        numbers.positive("disk_bytes", Double.POSITIVE_INFINITY),
                        numbers.positive("shared_bandwidth", Double.POSITIVE_INFINITY),
                        numbers.positive("shared_total_bandwidth", Double.POSITIVE_INFINITY),
                        json.has("cache_bytes") ? numbers.notNegative("cache_bytes") : 0,
                        numbers.positive("loader_bandwidth", Double.POSITIVE_INFINITY)));
    }

    private record CheckedNumbers(Path file, ObjectNode json) {
        double positive(String field) {
            return checked(field, true);
        }

        double positive(String field, double otherwise) {
            return json.has(field) ? positive(field) : otherwise;
        }

        double notNegative(String field) {
            return checked(field, false);
        }

        /** From 0 to 1; 1 if not given. */
        double share(String field) {
            double share = json.has(field) ? notNegative(field) : 1;
            if (share > 1) {
                throw InputException.in(file, field + " is " + share + "; it must be a number from 0 to 1");
            }
            return share;
        }

        int count(String field) {
            if (!json.has(field)) {
                return 1;
            }
            JsonNode value = json.get(field);
            if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
                throw InputException.in(
                        file, field + " is " + ConfigField.shown(value) + "; it must be a whole number of at least 1");
            }
            return value.intValue();
        }

        private double checked(String field, boolean positive) {
            JsonNode value = json.get(field);
            if (value == null) {
                throw InputException.in(file, field + " is missing; give it in bytes, seconds or FLOP/s");
            }
            double number = value.doubleValue();
            boolean fine = value.isNumber() && (positive ? number > 0 : number >= 0) && number <= 1e30;
            if (!fine) {
                throw InputException.in(
                        file,
                        field + " is " + ConfigField.shown(value) + "; it must be a number "
                                + (positive ? "above 0" : "of at least 0"));
            }
            return number;
        }
    }

    /** The description, as {@link #read} takes it. */
    public JsonObject toJson() {
        ObjectNode json = Json.object();
        json.put("name", name);
        json.put("float32_flops", float32Flops);
        json.put("half_flops", halfFlops);
        json.put("memory_bytes", memoryBytes);
        json.put("memory_bandwidth", memoryBandwidth);
        json.put("host_bandwidth", hostBandwidth);
        json.put("overlap", overlap);
        json.put("ranks_per_node", ranksPerNode);
        json.put("link_bandwidth", link.bandwidth);
        json.put("link_latency", link.latency);
        json.put("network_bandwidth", network.bandwidth);
        json.put("network_latency", network.latency);
        known(json, "disk_bandwidth", storage.diskBandwidth());
        known(json, "disk_bytes", storage.diskBytes());
        known(json, "shared_bandwidth", storage.sharedBandwidth());
        known(json, "shared_total_bandwidth", storage.sharedTotalBandwidth());
        known(json, "cache_bytes", storage.cacheBytes());
        known(json, "loader_bandwidth", storage.loaderBandwidth());
        return Json.typed(json, name);
    }

    private static void known(ObjectNode json, String field, double number) {
        if (number > 0 && number < Double.POSITIVE_INFINITY) {
            json.put(field, number);
        }
    }

    /** FLOP/s of one rank in this type. */
    public double flops(Dtype dtype) {
        return dtype == Dtype.FLOAT32 ? float32Flops : halfFlops;
    }

    /**
     * Between two ranks of a group whose members are {@code apart} ranks from each other: the link if all fit on one
     * machine, else the network, shared with the other groups that leave the machine.
     */
    public Link between(int ranks, int apart) {
        return (long) (ranks - 1) * apart + 1 <= ranksPerNode ? link : network.sharedBy(Math.min(apart, ranksPerNode));
    }
}
