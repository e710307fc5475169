package io.vit4j.bench;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.zip.Inflater;
import javax.imageio.ImageIO;

/**
 * vit4j's own PNG code beside the JDK's, in turns, by the processor's time, which other work on the machine disturbs least.
 * Arguments: pictures of 8-bit grey or colour, then how many turns.
 */
public final class CodecTurns {
    private CodecTurns() {}

    /** Prints median milliseconds of processor time a call, and bytes, of each way. */
    public static void main(String[] args) throws Exception {
        ImageIO.setUseCache(false); // through no file
        int turns = Integer.parseInt(args[args.length - 1]);
        for (String file : Arrays.copyOf(args, args.length - 1)) {
            System.out.println(file);
            measure(ways(Files.readAllBytes(Path.of(file))), turns);
        }
    }

    /** Each gives how many bytes it made. */
    private static Map<String, Callable<Integer>> ways(byte[] file) {
        Picture picture = ImageDecoder.decode(file, "picture", DecodeOptions.DEFAULT);
        BufferedImage image = image(picture);
        byte[] compressed = compressed(file);
        byte[] rows = new byte[(picture.width() * picture.channels() + 1) * picture.height()];
        Map<String, Callable<Integer>> ways = new LinkedHashMap<>();
        ways.put(
                "decode, vit4j",
                () -> ImageDecoder.decode(file, "picture", DecodeOptions.DEFAULT)
                        .pixels()
                        .length);
        ways.put("decode, ImageIO", () -> {
            BufferedImage read = ImageIO.read(new ByteArrayInputStream(file));
            return read.getWidth() * read.getHeight() * read.getRaster().getNumBands();
        });
        ways.put("decompress alone, java.util.zip", () -> {
            Inflater inflater = new Inflater();
            try {
                inflater.setInput(compressed);
                return inflater.inflate(rows);
            } finally {
                inflater.end();
            }
        });
        ways.put("encode, vit4j", () -> PngEncoder.encode(picture).length);
        ways.put("encode quickly, vit4j", () -> PngEncoder.encodeFast(picture).length);
        ways.put("encode, ImageIO", () -> {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ImageIO.write(image, "png", bytes);
            return bytes.size();
        });
        return ways;
    }

    private static byte[] compressed(byte[] file) {
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        ByteBuffer chunks = ByteBuffer.wrap(file);
        for (int at = 8; at < file.length; at += 12 + chunks.getInt(at)) {
            if (chunks.getInt(at + 4) == 0x49444154) { // IDAT
                pixels.write(file, at + 8, chunks.getInt(at));
            }
        }
        return pixels.toByteArray();
    }

    private static BufferedImage image(Picture picture) {
        boolean grey = picture.channels() == 1;
        BufferedImage image = new BufferedImage(
                picture.width(), picture.height(), grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
        byte[] target = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
        for (int i = 0; i < target.length; i++) {
            target[i] = picture.pixels()[grey ? i : i / 3 * 3 + 2 - i % 3];
        }
        return image;
    }

    private static void measure(Map<String, Callable<Integer>> ways, int turns) throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        Map<String, List<Long>> times = new LinkedHashMap<>();
        Map<String, Integer> sizes = new LinkedHashMap<>();
        for (int turn = 0; turn < 2 * turns; turn++) { // the first half warms up
            for (Map.Entry<String, Callable<Integer>> way : ways.entrySet()) {
                long begin = threads.getCurrentThreadCpuTime();
                sizes.put(way.getKey(), way.getValue().call());
                long time = threads.getCurrentThreadCpuTime() - begin;
                if (turn >= turns) {
                    times.computeIfAbsent(way.getKey(), key -> new ArrayList<>())
                            .add(time);
                }
            }
        }
        times.forEach((way, list) -> {
            long[] sorted = list.stream().mapToLong(Long::longValue).sorted().toArray();
            System.out.printf(
                    Locale.ROOT, "%-34s %8.2f ms %10d bytes%n", way, sorted[sorted.length / 2] / 1e6, sizes.get(way));
        });
    }
}
