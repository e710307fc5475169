package io.vit4j.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.ArrowBytes;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.DataFolder;
import io.vit4j.data.LabelTable;
import io.vit4j.data.NihLabelFile;
import io.vit4j.data.PlannedLabels;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Problems;
import io.vit4j.data.TarImages;
import io.vit4j.data.ZipImages;
import io.vit4j.evaluate.SampleGroups;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.DatasetCard;
import io.vit4j.hub.FolderManifest;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.StoredDtype;
import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.WeightSource;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Decision;
import io.vit4j.infer.NihBoxes;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.model.ModelDefinition;
import io.vit4j.parallel.Hardware;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.ParallelOptions;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Everything of vit4j that reads what others may have made: files, and what arrives over the network. */
final class Targets {
    private static final int LARGEST_READ = 1 << 20;
    private static final List<String> IMAGES = List.of("png", "jpeg", "bmp", "gif", "tiff", "pnm");

    private Targets() {}

    /** @param folder for the files that are to be read */
    static List<Target> in(Path folder) throws IOException {
        List<Target> targets = new ArrayList<>();
        IMAGES.forEach(format -> targets.add(new ImageTarget(format)));
        targets.add(new ResizeTarget());
        targets.add(safetensors(folder(folder, "safetensors")));
        targets.add(pickle(folder(folder, "pickle")));
        targets.add(torchFile(folder(folder, "torch-file")));
        targets.add(labelFile(folder(folder, "label-file")));
        targets.add(metadata(folder(folder, "metadata")));
        targets.add(config(folder(folder, "config")));
        targets.add(preprocessor(folder(folder, "preprocessor")));
        targets.add(ipuConfig(folder(folder, "ipu-config")));
        targets.add(arrow(folder(folder, "arrow")));
        targets.add(predictions(folder(folder, "predictions")));
        targets.add(boxes(folder(folder, "boxes")));
        targets.add(groups(folder(folder, "groups")));
        targets.add(trainerState(folder(folder, "trainer-state")));
        targets.add(trainingArguments(folder(folder, "training-arguments")));
        targets.add(decision(folder(folder, "decision")));
        targets.add(manifest(folder(folder, "manifest")));
        targets.add(hardware(folder(folder, "hardware")));
        targets.add(tar(folder(folder, "tar")));
        targets.add(zip(folder(folder, "zip")));
        targets.add(new RendezvousTarget());
        targets.add(datasetCard(folder(folder, "dataset-card")));
        for (MoreTargets more : ServiceLoader.load(MoreTargets.class)) {
            targets.addAll(more.in(folder));
        }
        return targets;
    }

    private static Target datasetCard(Path folder) {
        List<byte[]> seeds =
                List.of(bytes("""
                        ---
                        dataset_info:
                          features:
                          - {name: label, dtype: {class_label: {names: {'0': cat, '1': "dog"}}}}
                        configs:
                        - config_name: default
                          default: true
                          data_files:
                          - split: train
                            path: [data/train-*, "**/x.parquet"]
                        ---
                        # Pets
                        """), bytes("---\n- config_name: &a b\n  sequence: *a\n? [x]\n: |\n  y\n---\n"));
        return FileTarget.of("dataset-card", folder.resolve(DatasetCard.FILE), seeds, file -> {
                    DatasetCard card = DatasetCard.in(folder);
                    card.classNamesOf("default");
                    card.configurations()
                            .forEach(each -> each.files().forEach(files -> files.contains("data/train-0")));
                })
                .words(
                        "- ",
                        ": ",
                        "&a ",
                        "*a ",
                        "!!int ",
                        "configs:",
                        "data_files:",
                        "dataset_info:",
                        "<<: ",
                        "\n  ",
                        "---\n");
    }

    private static Path folder(Path parent, String name) throws IOException {
        return Files.createDirectories(parent.resolve(name));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void readAll(WeightSource weights) {
        for (StoredTensor tensor : weights.tensors()) {
            if (tensor.byteSize() <= LARGEST_READ) {
                tensor.bytes();
            }
        }
    }

    private static Target safetensors(Path folder) throws IOException {
        Path file = folder.resolve(CheckpointFiles.SAFETENSORS);
        List<byte[]> seeds = new ArrayList<>();
        List<StoredTensor> tensors = new ArrayList<>();
        for (StoredDtype dtype : List.of(StoredDtype.F32, StoredDtype.BF16, StoredDtype.I64, StoredDtype.BOOL)) {
            tensors.add(StoredTensor.of(
                    "vit." + dtype, dtype, new long[] {2, 3}, ByteBuffer.allocate((int) dtype.byteSize(2, 3))));
            Safetensors.write(DurableFiles.SYSTEM, file, Map.of("format", "pt"), tensors);
            seeds.add(Files.readAllBytes(file));
        }
        seeds.add(headed("{}"));
        seeds.add(headed("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}\0\0\0\0"));
        seeds.add(headed("{\"a\":{\"dtype\":\"F4\",\"shape\":[2,0],\"data_offsets\":[0,0]},\"__metadata__\":null}"));
        return FileTarget.of("safetensors", file, seeds, path -> {
                    try (WeightSource weights = CheckpointFiles.openWeights(folder)) {
                        readAll(weights);
                    }
                })
                .words(
                        "\"dtype\":\"F64\"",
                        "\"F8_E4M3\"",
                        "\"F4\"",
                        "\"U8\"",
                        "\"shape\":[",
                        "\"data_offsets\":[0,0]",
                        "__metadata__",
                        "{",
                        "}",
                        "[",
                        "]",
                        ",",
                        ":",
                        "null",
                        "\"\\u0000\"",
                        "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},")
                .repair((input, random) -> random.nextInt(4) == 0 ? input : withHeaderLength(input));
    }

    /** The header's length in front. */
    private static byte[] headed(String headerAndData) {
        return withHeaderLength(bytes("01234567" + headerAndData));
    }

    /** The header's length made to fit: it ends with the last brace. */
    private static byte[] withHeaderLength(byte[] input) {
        byte[] file = Arrays.copyOf(input, Math.max(input.length, 8));
        int end = file.length;
        while (end > 8 && file[end - 1] != '}') {
            end--;
        }
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(0, end - 8);
        return file;
    }

    /** The program that says what tensors there are, in an otherwise sound file. */
    private static Target pickle(Path folder) throws IOException {
        Path file = folder.resolve(CheckpointFiles.PICKLE);
        List<byte[]> seeds = new ArrayList<>();
        for (String name :
                List.of("zip.bin", "zip-protocol4.bin", "zip-protocol5.bin", "nested.bin", "sparse.bin", "conj.bin")) {
            seeds.add(entry(resource(name), "data.pkl", file));
        }
        String tensor =
                "}S'w'\nctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI4\ntQ"
                        + "I0\n(I2\nI2\nt(I2\nI1\nt\u0089NtRs.";
        seeds.add(tensor.getBytes(StandardCharsets.ISO_8859_1));
        seeds.add("(S'id'\nios\nsystem\n.".getBytes(StandardCharsets.ISO_8859_1));
        seeds.add("\u0080\4\u0095\1\0\0\0\0\0\0\0}\u0094(\u008c\1aKa\u008c\1b]\u0094(K\1K\2euu."
                .getBytes(StandardCharsets.ISO_8859_1));
        return FileTarget.of("pickle", file, seeds, path -> {
                    byte[] program = Files.readAllBytes(path);
                    Files.write(
                            path,
                            stored(Map.of("a/data.pkl", program, "a/data/0", new byte[16], "a/data/1", new byte[96])));
                    try (WeightSource weights = CheckpointFiles.openWeights(folder)) {
                        readAll(weights);
                    }
                })
                .words(
                        "ctorch._utils\n_rebuild_tensor_v2\n",
                        "ccollections\nOrderedDict\n",
                        "ctorch\nFloatStorage\n",
                        "ctorch\nSize\n",
                        "ctorch._utils\n_rebuild_parameter\n",
                        "cos\nsystem\n",
                        "(I2\nI2\nt",
                        "tQ",
                        "R",
                        "q\0",
                        "h\0",
                        "(",
                        "t",
                        "e",
                        "u",
                        "s",
                        "a",
                        "}",
                        "]",
                        ")",
                        "\u0085",
                        "\u0086",
                        "\u0087",
                        "\u0093",
                        "\u0094",
                        "\u0095\0\0\0\0\0\0\0\0",
                        "N",
                        "0",
                        "1",
                        "2",
                        "b",
                        "p1\n",
                        "g1\n",
                        "\u008a\1\1",
                        "M\0\1",
                        "K\1",
                        "J\0\0\0\1",
                        "X\1\0\0\0a",
                        "\u008c\1a",
                        "I01\n",
                        "L1L\n",
                        "S'storage'\n");
    }

    /** The file as a whole, in both of PyTorch's forms. */
    private static Target torchFile(Path folder) throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (String name :
                List.of("zip.bin", "legacy.bin", "legacy-protocol3.bin", "script.bin", "expanded.bin", "module.bin")) {
            seeds.add(resource(name));
        }
        return FileTarget.of("torch-file", folder.resolve(CheckpointFiles.PICKLE), seeds, path -> {
                    try (WeightSource weights = CheckpointFiles.openWeights(folder)) {
                        readAll(weights);
                    }
                })
                .words(
                        "PK\3\4",
                        "PK\1\2",
                        "PK\5\6",
                        "PK\6\6",
                        "PK\6\7",
                        "/data.pkl",
                        "/data/0",
                        "/byteorder",
                        "little",
                        "\1\0\20\0");
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Targets.class.getResourceAsStream("/io/vit4j/hub/" + name)) {
            return in.readAllBytes();
        }
    }

    private static byte[] entry(byte[] zip, String ending, Path scratch) throws IOException {
        Files.write(scratch, zip);
        try (ZipFile file = new ZipFile(scratch.toFile())) {
            ZipEntry entry = file.stream()
                    .filter(one -> one.getName().endsWith(ending))
                    .findFirst()
                    .orElseThrow();
            return file.getInputStream(entry).readAllBytes();
        }
    }

    /** A zip file whose entries are not compressed. */
    private static byte[] stored(Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : new TreeMap<>(entries).entrySet()) {
                ZipEntry entry = new ZipEntry(file.getKey());
                CRC32 crc = new CRC32();
                crc.update(file.getValue());
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(file.getValue().length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(file.getValue());
            }
        }
        return bytes.toByteArray();
    }

    /** The first byte chooses how the rest is to be read. */
    private static Target labelFile(Path folder) throws IOException {
        Path csv = folder.resolve("labels.csv");
        List<byte[]> seeds = new ArrayList<>();
        String nih = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,OriginalImage[Width,Height],\n"
                + "a.png,Cardiomegaly|Effusion,0,1,58,2682,2749,\nimages/b.png,No Finding,1,1,58,2,3,\n";
        seeds.add(bytes("0" + nih));
        seeds.add(bytes("0file_name,label,split\na.png,cat,train\nb.png,dog,test\n"));
        seeds.add(bytes("0\uFEFFfile_name;labels;patient_id\r\n\"a.png\";\"x|y\";7\r\nb.png; x ;8\r\n"));
        seeds.add(bytes("1image,label,patient\na,1,p\nd.jpg,2,q\nc/a.png,10,\n"));
        seeds.add(bytes("2image\tlabel\na.png\tx|y|z\n./b.png\t\n"));
        seeds.add(bytes(
                "4sep=,\nimage,label,rad_id,x\na,\"['p', \"\"q's\"\"]\",R1,1\na,\"[r s]\",R2,2\nC:\\\\d.jpg,None,,\n"));
        seeds.add(bytes("5image,A,B,split\n../a.png,1.5,nan,Dev\n/b/c/a.png,-2e3,,PublicTest\n"));
        seeds.add(bytes("6image,A,B\nx/patient01/d.jpg,1,0\n\u00e9\u200b,0.0,1\n"));
        seeds.add(bytes("3image,label,A,B\na.png,,1,-1\nb.png,,0.0,\n\"d\",,nan,true\n"));
        byte[] zipped = gzip(bytes(nih));
        byte[] gz = new byte[zipped.length + 1];
        gz[0] = '0';
        System.arraycopy(zipped, 0, gz, 1, zipped.length);
        seeds.add(gz);
        return FileTarget.of("label-file", folder.resolve("input"), seeds, input -> {
                    byte[] all = Files.readAllBytes(input);
                    int how = all.length == 0 ? 0 : all[0] & 7;
                    Files.write(csv, Arrays.copyOfRange(all, Math.min(1, all.length), all.length));
                    plan(csv, how == 0 ? Optional.empty() : Optional.of(columns(how)));
                })
                .words(
                        "\"",
                        ",",
                        ";",
                        "\t",
                        "\n",
                        "\r\n",
                        "\uFEFF",
                        "Image Index",
                        "Finding Labels",
                        "Patient ID",
                        "file_name",
                        "label",
                        "labels",
                        "split",
                        "train",
                        "validation",
                        "../",
                        "[",
                        "]",
                        "|",
                        "images/",
                        "No Finding",
                        "-1",
                        "1.0",
                        " ");
    }

    private static CsvLabelFile.Columns columns(int how) {
        CsvLabelFile.Labels labels = switch (how) {
            case 1 -> new CsvLabelFile.OneLabel("label");
            case 2 -> new CsvLabelFile.JoinedLabels("label", "|");
            case 4 -> new CsvLabelFile.ListedLabels("label");
            case 5 -> new CsvLabelFile.NumberColumns(List.of("A", "B"));
            case 6 -> new CsvLabelFile.OneHotColumns(List.of("A", "B"));
            default -> new CsvLabelFile.IndicatorColumns(List.of("A", "B"), CsvLabelFile.Uncertain.IGNORE);
        };
        return new CsvLabelFile.Columns("image", labels, Optional.empty(), Optional.empty());
    }

    private static void plan(Path file, Optional<CsvLabelFile.Columns> columns) {
        Problems problems = new Problems();
        LabelTable table = DataFolder.readLabels(file, columns, NihLabelFile.NoFinding.DROP, problems);
        PlannedLabels.of(table, problems);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    private static Target metadata(Path folder) {
        List<byte[]> seeds = List.of(
                bytes(
                        "{\"file_name\":\"a.png\",\"label\":\"cat\",\"split\":\"train\"}\n{\"file_name\":\"b.png\",\"label\":3,\"patient_id\":7}\n"),
                bytes(
                        "{\"file_name\":\"a.png\",\"labels\":[\"x\",\"y\"]}\n{\"file_name\":\"b.png\",\"labels\":[0,1,null],\"o\":{\"p\":[1]}}\n"),
                bytes(
                        "\uFEFF{\"file_name\":\"d\",\"labels\":[]}\r\n\r\n{\"labels\":[1.0],\"file_name\":\"c/a.png\",\"é\":\"\\ud83d\\ude00\"}"));
        return FileTarget.of("metadata", folder.resolve("metadata.jsonl"), seeds, file -> plan(file, Optional.empty()))
                .words(
                        "{",
                        "}",
                        "[",
                        "]",
                        "\"",
                        ":",
                        ",",
                        "\n",
                        "\"file_name\":",
                        "\"label\":",
                        "\"labels\":[",
                        "\"split\":\"validation\"",
                        "null",
                        "true",
                        "1e400",
                        "NaN",
                        "\\u0000",
                        "../",
                        "[[[[[[[[[[[[[[[[",
                        "{\"a\":{\"a\":{\"a\":",
                        "\"b.png\"");
    }

    private static Target config(Path folder) {
        List<byte[]> seeds = List.of(
                bytes(
                        "{\"model_type\":\"vit\",\"hidden_size\":768,\"num_hidden_layers\":12,\"num_attention_heads\":12,\"intermediate_size\":3072,"
                                + "\"hidden_act\":\"gelu\",\"hidden_dropout_prob\":0.0,\"layer_norm_eps\":1e-12,\"image_size\":224,\"patch_size\":16,"
                                + "\"num_channels\":3,\"qkv_bias\":true,\"id2label\":{\"0\":\"a\",\"1\":\"b\"},\"problem_type\":\"multi_label_classification\"}"),
                bytes(
                        "{\"image_size\":[224,32],\"patch_size\":[16,16],\"num_labels\":7,\"hidden_act\":\"quick_gelu\",\"initializer_range\":0.02}"),
                bytes("{}"));
        return FileTarget.of("config", folder.resolve(CheckpointFiles.CONFIG), seeds, file -> {
                    ModelDefinition config = ModelDefinition.of(CheckpointFiles.config(folder));
                    config.config().pretty();
                    config.medianHidden();
                })
                .words(
                        "\"num_labels\":",
                        "\"id2label\":{",
                        "\"hidden_size\":",
                        "\"problem_type\":\"regression\"",
                        "null",
                        "true",
                        "[",
                        "]",
                        "{",
                        "}",
                        ":",
                        ",",
                        "\"relu\"",
                        "\"image_size\":",
                        "\"patch_size\":",
                        "\"0\":\"x\",",
                        "1048576",
                        "1048577")
                .mostAllocated(512L << 20); // a million labels by a number
    }

    private static Target preprocessor(Path folder) {
        Picture[] pictures = {
            new Picture(7, 5, 3, new byte[105]),
            new Picture(1, 300, 1, new byte[300]),
            new Picture(224, 224, 1, new byte[50176])
        };
        List<byte[]> seeds = List.of(
                bytes(
                        "{\"do_resize\":true,\"size\":{\"height\":24,\"width\":12},\"resample\":2,\"do_normalize\":true,\"image_mean\":[0.5,0.5,0.5],"
                                + "\"image_std\":[0.5,0.5,0.5],\"do_rescale\":true,\"rescale_factor\":0.00392156862745098,\"image_processor_type\":\"ViTImageProcessor\"}"),
                bytes("{\"size\":24,\"feature_extractor_type\":\"ViTFeatureExtractor\",\"resample\":0}"),
                bytes(
                        "{\"size\":{\"shortest_edge\":25},\"do_center_crop\":true,\"crop_size\":[20,30],\"resample\":3,\"image_mean\":0.1}"),
                bytes(
                        "{\"size\":{\"shortest_edge\":25,\"longest_edge\":40},\"do_center_crop\":true,\"crop_size\":24,\"image_processor_type\":\"CLIPImageProcessor\"}"));
        return FileTarget.of("preprocessor", folder.resolve(CheckpointFiles.PREPROCESSOR), seeds, file -> {
                    ImageProcessor processor = CheckpointFiles.imageProcessor(folder);
                    processor.toJson();
                    processor.normalisationTable();
                    for (Picture picture : pictures) {
                        processor.seen(picture.height(), picture.width());
                        processor.apply(picture);
                    }
                })
                .words(
                        "\"shortest_edge\":",
                        "\"longest_edge\":",
                        "\"height\":",
                        "\"width\":",
                        "\"size\":",
                        "\"crop_size\":",
                        "\"do_center_crop\":true",
                        "\"do_resize\":false",
                        "\"resample\":",
                        "\"crop_pct\":1",
                        "\"BitImageProcessor\"",
                        "16384",
                        "16385",
                        "4096",
                        "null",
                        "[",
                        "]",
                        "{",
                        "}",
                        ":",
                        ",")
                .mostAllocated(512L << 20); // the largest picture that a checkpoint may ask for
    }

    private static Target ipuConfig(Path folder) {
        List<byte[]> seeds = List.of(
                bytes(
                        "{\"layers_per_ipu\":[3,3,3,3],\"ipus_per_replica\":4,\"replication_factor\":{\"pod4\":1,\"pod16\":4,\"default\":1},"
                                + "\"gradient_accumulation_steps\":128,\"device_iterations\":1,\"matmul_proportion\":0.25,\"optimizer_state_offchip\":true,"
                                + "\"recompute_checkpoint_every_layer\":true,\"replicated_tensor_sharding\":true,\"output_mode\":\"final\"}"),
                bytes(
                        "{\"layers_per_stage\":[-1],\"pipeline_stages\":2,\"replicas\":2,\"inference_replicas\":1,\"auto_loss_scaling\":false}"),
                bytes(
                        "{\"inference_layers_per_ipu\":[1,2,-1],\"serialized_embedding_splits_per_ipu\":[0,2,2,0],\"parallelize_kwargs\":{\"a\":1}}"));
        return FileTarget.of("ipu-config", folder.resolve(ParallelConfig.FILE_NAME), seeds, file -> {
                    ParallelConfig config = ParallelConfig.read(file, ParallelOptions.NONE);
                    config.toJson();
                    config.placement(12);
                    config.inferencePlacement(12);
                    config.batches(8);
                })
                .words(
                        "\"default\":",
                        "\"pod64\":",
                        "[-1]",
                        "[",
                        "]",
                        "{",
                        "}",
                        ":",
                        ",",
                        "null",
                        "true",
                        "\"inference_ipus_per_replica\":",
                        "\"embedding_serialization_factor\":",
                        "\"layers_per_stage\":",
                        "65536",
                        "65537",
                        "\"inference_device_iterations\":");
    }

    private static Target arrow(Path folder) throws IOException {
        return FileTarget.of("arrow", folder.resolve(ArrowDataset.FILE), List.of(ArrowBytes.small(folder)), file -> {
                    try (ArrowDataset dataset = ArrowDataset.open(folder)) {
                        dataset.verify();
                        dataset.rows("train");
                        for (int row = 0; row < Math.min(dataset.size(), 32); row++) {
                            dataset.get(row);
                            dataset.splitOf(row);
                            for (String column : dataset.info().columns()) {
                                dataset.column(column, row);
                            }
                        }
                    }
                })
                .words(
                        "vit4j.batches",
                        "vit4j.crc32c",
                        "vit4j.format",
                        "ARROW1",
                        "\u00FF\u00FF\u00FF\u00FF\0\0\0\0",
                        "\"height\"",
                        "multi_label_classification",
                        "single_label_classification",
                        "[\"A\",\"B\"]",
                        "train",
                        "\0\0\0\0",
                        "\u00FF\u00FF\u00FF\u007F")
                .repair((input, random) -> random.nextInt(8) == 0 ? input : ArrowBytes.sealed(input));
    }

    private static Target predictions(Path folder) {
        List<byte[]> seeds = List.of(bytes(
                "file,a,a.logit,a.score,b,b.logit,b.score\nx.png,1,0.5,0.6,,-1e3,0\n\"y,\"\"z\",0,NaN,1,1,2,0.8\n"));
        return FileTarget.of("predictions", folder.resolve("predictions.csv"), seeds, PredictionsFile::read)
                .words(",", "\"", "\n", "a.logit", "a.score", "1e400", "-Infinity", "\u00FF");
    }

    private static Target groups(Path folder) {
        List<byte[]> seeds = List.of(
                bytes("patient,Sex,Age,View position,Follow-up\n0,male,20-39,AP,first\n1,'=1+1,80+,PA,2-5\n"),
                bytes("sample\n0\n1\n"),
                bytes("patient,Sex\n7,\"fe\"\"male\"\n-3,\n"));
        return FileTarget.of(
                        "groups",
                        folder.resolve("groups-validation.csv"),
                        seeds,
                        file -> SampleGroups.read(file, 2).patients())
                .words(
                        ",",
                        "\"",
                        "\n",
                        "Sex",
                        "Age",
                        "patient",
                        "sample",
                        "View position",
                        "2147483648",
                        "'=",
                        "\u00FF");
    }

    private static final String[] JSON_WORDS = {
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "true",
        "-1",
        "0",
        "1e400",
        "NaN",
        "-Infinity",
        "9223372036854775808",
        "2147483648",
        "1.5",
        "\"x\"",
        "\"\"",
        "{}",
        "[]",
        "[[]]"
    };

    private static String[] words(String... words) {
        String[] all = Arrays.copyOf(words, words.length + JSON_WORDS.length);
        System.arraycopy(JSON_WORDS, 0, all, words.length, JSON_WORDS.length);
        return all;
    }

    private static Target trainerState(Path folder) {
        TrainerState state = new TrainerState();
        state.stepped(0.5, 0.7, 1e9);
        state.stepped(1, 0.6, 1e9);
        state.log(new Metrics(Map.of("loss", 0.65, "learning_rate", 1e-4)));
        state.evaluated(0.8, true, 0);
        List<byte[]> seeds = List.of(
                bytes(state.toJson().line()), bytes(new TrainerState().toJson().pretty()));
        return FileTarget.of("trainer-state", folder.resolve(TrainerState.FILE), seeds, file -> {
                    TrainerState read = TrainerState.read(file);
                    TrainerState.read(Files.writeString(file, read.toJson().line()));
                    read.meanLoss();
                    read.optimizerSteps();
                    read.logHistory();
                })
                .words(words(
                        "\"global_step\":",
                        "\"epoch\":",
                        "\"max_steps\":",
                        "\"log_history\":[",
                        "\"vit4j\":{",
                        "\"skipped_steps\":",
                        "\"best_metric\":",
                        "\"best_model_checkpoint\":\"checkpoint-2\"",
                        "\"lr_scheduler\":{\"rate\":1}",
                        "\"loss_scale\":{\"scale\":2}",
                        "\"step\":"));
    }

    private static Target trainingArguments(Path folder) {
        List<byte[]> seeds = List.of(
                bytes(
                        "{\"learning_rate\":2e-4,\"num_train_epochs\":3.0,\"per_device_train_batch_size\":8,\"seed\":42}"),
                bytes("{\"optim\":\"adamw_torch\",\"lr_scheduler_type\":\"cosine\",\"warmup_ratio\":0.25,"
                        + "\"lr_scheduler_kwargs\":{\"num_cycles\":2},\"report_to\":[\"csv\"],\"bf16\":\"auto\"}"),
                bytes(
                        "{\"class_weights\":{\"a\":2},\"save_strategy\":\"steps\",\"eval_steps\":0.1,\"eval_strategy\":\"steps\","
                                + "\"resume_from_checkpoint\":\"true\",\"metric_for_best_model\":\"loss\"}"));
        return FileTarget.of("training-arguments", folder.resolve("training_args.json"), seeds, file -> {
                    TrainingArguments arguments = TrainingArguments.read(file);
                    arguments.toJson().line();
                    arguments.lrSchedule(100).rate(50);
                })
                .words(words(
                        "\"learning_rate\":",
                        "\"max_steps\":",
                        "\"warmup_steps\":",
                        "\"logging_steps\":",
                        "\"optim\":\"sgd\"",
                        "\"lr_scheduler_type\":\"polynomial\"",
                        "\"lr_scheduler_kwargs\":",
                        "\"optim_args\":",
                        "\"augment\":\"xray\"",
                        "\"loss\":"));
    }

    private static Target decision(Path folder) {
        List<byte[]> seeds = List.of(
                bytes("{\"temperature\":1.31,\"thresholds\":{\"a\":0.18,\"b\":0.5},"
                        + "\"fitted_on\":{\"split\":\"validation\",\"rule\":\"youden\",\"pictures\":5000}}"),
                bytes("{\"thresholds\":{\"b\":1e-9}}"),
                bytes("{}"));
        ModelDefinition model =
                ModelDefinition.preset("vit-tiny").withLabels(List.of("a", "b"), ProblemType.MULTI_LABEL);
        EvalPrediction prediction =
                EvalPrediction.multiLabel(2, 2, new float[] {1, -2, 0, 3e9f}, new float[] {1, 0, Float.NaN, 1});
        return FileTarget.of("decision", folder.resolve(Decision.FILE), seeds, file -> {
                    Decision decision = Decision.read(folder);
                    decision.of(model, new float[] {1, -2});
                    decision.probabilities(prediction);
                    decision.lossOn(prediction);
                })
                .words(words("\"temperature\":", "\"thresholds\":{", "\"a\":", "\"fitted_on\":", "4.9e-324", "1e308"));
    }

    private static Target manifest(Path folder) throws IOException {
        Path file = folder.resolve(FolderManifest.FILE);
        Files.writeString(folder.resolve("config.json"), "{}");
        FolderManifest.write(DurableFiles.SYSTEM, folder, List.of(folder.resolve("config.json")));
        List<byte[]> seeds =
                List.of(Files.readAllBytes(file), bytes("{\"files\":{},\"sha256\":\"x\"}"), bytes("{\"other\":1}"));
        return FileTarget.of(
                        "manifest",
                        file,
                        seeds,
                        path -> FolderManifest.of(folder).ifPresent(read -> {
                            read.damage();
                            read.lists("config.json");
                        }))
                .words(words(
                        "\"files\":{", "\"size\":", "\"sha256\":", "\"crc32c\":", "\"../config.json\"", "\"a\\u0000\""))
                .repair((input, random) -> random.nextInt(4) == 0 ? input : sealedManifest(input));
    }

    /** With the sum that its content has, where it is JSON. */
    private static byte[] sealedManifest(byte[] input) {
        try {
            JsonNode json = Json.parse(input, "manifest");
            if (!json.path("files").isObject()) {
                return input;
            }
            ObjectNode sealed = Json.object();
            sealed.set("files", json.path("files"));
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(bytes(Json.line(json.path("files"))));
            return bytes(Json.pretty(sealed.put("sha256", HexFormat.of().formatHex(sum))));
        } catch (InputException | NoSuchAlgorithmException e) {
            return input;
        }
    }

    private static Target hardware(Path folder) {
        List<byte[]> seeds =
                List.of(bytes("{\"name\":\"x\",\"float32_flops\":1e12,\"half_flops\":2e12,\"memory_bytes\":64e9,"
                        + "\"memory_bandwidth\":1e11,\"host_bandwidth\":1e10,\"overlap\":0.5,\"ranks_per_node\":4,\"link_bandwidth\":1e10,"
                        + "\"link_latency\":1e-5,\"network_bandwidth\":1e9,\"network_latency\":1e-4}"));
        return FileTarget.of(
                        "hardware",
                        folder.resolve("hardware.json"),
                        seeds,
                        file -> Hardware.read(file).toJson().line())
                .words(words(
                        "\"float32_flops\":",
                        "\"memory_bytes\":",
                        "\"ranks_per_node\":",
                        "\"overlap\":",
                        "1e30",
                        "1e31"));
    }

    private static Target boxes(Path folder) {
        List<byte[]> seeds = List.of(bytes(
                "Image Index,Finding Label,Bbox [x,y,w,h],,,\na.png,Infiltrate,1,2.5,3,4,,,\nb.png,Mass,0,0,1e5,9\n"));
        return FileTarget.of(
                        "boxes",
                        folder.resolve("BBox_List_2017.csv"),
                        seeds,
                        file -> NihBoxes.read(file).of("a.png", "Infiltration"))
                .words(",", "\"", "\n", "Bbox", "1e400", "NaN", "-1", "\u00FF");
    }

    private static Target tar(Path folder) throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (int longNames : new int[] {TarArchiveOutputStream.LONGFILE_GNU, TarArchiveOutputStream.LONGFILE_POSIX}) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
                tar.setLongFileMode(longNames);
                for (String name : List.of("images/", "images/a.png", "x".repeat(120) + ".jpg", "é.gif")) {
                    TarArchiveEntry entry = new TarArchiveEntry(name);
                    entry.setSize(name.endsWith("/") ? 0 : 5);
                    tar.putArchiveEntry(entry);
                    tar.write(new byte[(int) entry.getSize()]);
                    tar.closeArchiveEntry();
                }
            }
            seeds.add(bytes.toByteArray());
            seeds.add(gzip(bytes.toByteArray()));
        }
        return FileTarget.of(
                        "tar",
                        folder.resolve("images.tar.gz"),
                        seeds,
                        file -> new TarImages(List.of(file)).forEach(name -> true, (name, image) -> {
                            if (name.contains("..") && List.of(name.split("/")).contains("..")) {
                                throw new IllegalStateException("a name outside: " + name);
                            }
                        }))
                .words(
                        "ustar\0" + "00",
                        "ustar  \0",
                        "././@LongLink",
                        "../a.png",
                        "/a.png",
                        "77777777777\0",
                        "\u0080\0\0\0\0\0\0\0\0\0\0\1",
                        "L",
                        "x",
                        "g",
                        "30 mtime=1.5\n",
                        "12 size=99\n",
                        "S",
                        "1",
                        "2",
                        "GNU.sparse.map=0,1",
                        "GNU.sparse.numblocks=9")
                .repair((input, random) -> random.nextInt(8) == 0 ? input : withTarSums(input));
    }

    /** The sum of each header of 512 bytes that has a name like one's. */
    private static byte[] withTarSums(byte[] input) {
        byte[] file = input.clone();
        if (file.length > 1 && file[0] == 0x1F) {
            return file;
        }
        for (int at = 0; at + 512 <= file.length; at += 512) {
            if (file[at + 257] != 'u') {
                continue;
            }
            Arrays.fill(file, at + 148, at + 156, (byte) ' ');
            int sum = 0;
            for (int i = at; i < at + 512; i++) {
                sum += file[i] & 0xFF;
            }
            System.arraycopy(bytes(String.format("%06o\0 ", sum)), 0, file, at + 148, 8);
        }
        return file;
    }

    private static Target zip(Path folder) throws IOException {
        byte[] plain = stored(Map.of("images/a.png", new byte[5], "b.jpg", new byte[0]));
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(deflated)) {
            out.putNextEntry(new ZipEntry("é/a.png"));
            out.write(new byte[3000]);
            out.putNextEntry(new ZipEntry("é/"));
        }
        return FileTarget.of("zip", folder.resolve("images.zip"), List.of(plain, deflated.toByteArray()), file -> {
                    ZipImages images = new ZipImages(List.of(file));
                    try (images) {
                        for (String name : images.names()) {
                            images.fingerprint(name);
                            images.read(name);
                        }
                    }
                })
                .words("PK\3\4", "PK\1\2", "PK\5\6", "PK\6\6", "../a.png", "\0", "\1\0\20\0", "\u0075\u0070\5\0");
    }
}
