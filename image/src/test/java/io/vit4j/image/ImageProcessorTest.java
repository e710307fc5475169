package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against transformers 5.12 with Pillow. */
class ImageProcessorTest {
    /** The processor's class and settings, a picture's size, and the pixels that transformers gives. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CLIP|"size": {"shortest_edge": 3}, "crop_size": {"height": 3, "width": 2}|7|6|5e52897589797e4c7d65704665a3677c8052
            CLIP|"size": {"shortest_edge": 3}, "crop_size": {"height": 2, "width": 5}|6|7|00000077618f6e877f5c5c6f000000000000867a52ac6b9662545f000000
            CLIP|"size": {"shortest_edge": 3}, "crop_size": 6|7|6|0000000000000000000000000000000000000000000000000000000000000000000000000000000000005e52897589796769780000000000000000007e4c7d657046ab767800000000000000000065a3677c805285a16e000000000000000000000000000000000000000000
            CLIP|"size": 3, "crop_size": {"height": 4, "width": 8}|7|6|0000000000000000000000000000000000000000000000000000000000000000005e52897589796769780000000000000000000000000000007e4c7d657046ab767800000000000000000000000000000065a3677c805285a16e000000000000
            CLIP|"size": {"shortest_edge": 4, "longest_edge": 7}, "crop_size": {"height": 4, "width": 6}|12|5|000000000000000000000000000000000000513e718e8d603f536f6dae83946399967fb0736a3a9d636b5b9b758cad40967e64a6a27b869aab863793958f8cb66298cda4969fcec0
            CLIP|"size": {"shortest_edge": 4, "longest_edge": 100}, "crop_size": {"height": 4, "width": 4}|5|12|6e4978374b659dcb806b6f65b38293ed32b7673a5d5c41118d870fbc5c6b60bb5c6e94545cc26681b5925f535580bc96
            DeiT|"size": {"height": 5, "width": 6}, "crop_size": {"height": 4, "width": 3}|7|6|6d4f69a8a45b558191306ca26d9e75908e84720c6e3b2c3174bb53967b29a06712607a45
            ViT|"size": 4|7|6|553b8d84896e56617d707d7477668c526669789779a36f7c8f5a86794a3071793dbd787d47b86e83876475b1727c936e
            ViT|"size": [2, 3]|7|6|695289737f6b7e6b786f846b77784c93926f
            CLIP|"size": 3, "crop_size": 3|7|6|5e52897589796769787e4c7d657046ab767865a3677c805285a16e
            """)
    void picturesAreResizedAndCroppedAsTransformersDoes(
            String type, String settings, int width, int height, String expected) {
        ImageProcessor processor =
                parse("{\"image_processor_type\": \"" + type + "ImageProcessor\", " + settings + "}");
        Picture applied = processor.apply(Pictures.formula(width, height, 3));
        assertThat(applied.width()).isEqualTo(processor.width());
        assertThat(applied.height()).isEqualTo(processor.height());
        assertThat(Pictures.hex(applied)).isEqualTo(expected);
        ImageProcessor again = parse(processor.toJson().pretty());
        assertThat(Pictures.hex(again.apply(Pictures.formula(width, height, 3))))
                .isEqualTo(expected);
        assertThat(again.toJson()).isEqualTo(processor.toJson());
    }

    /** The sums are those of the 3 x 256 float32 bit patterns that transformers computes. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}|1633224279552
            {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}|1556925082555
            {"rescale_factor": 0.00784313725, "image_mean": 0.9, "image_std": 0.3}|1560678560433
            """)
    void everyLevelIsNormalisedToTheBitAsInTransformers(String settings, long expected) {
        ImageProcessor processor = parse(settings);
        long sum = 0;
        for (float[] channel : processor.normalisationTable()) {
            for (float value : channel) {
                sum += Integer.toUnsignedLong(Float.floatToRawIntBits(value));
            }
        }
        assertThat(sum).isEqualTo(expected);
        Picture ramp = new Picture(256, 1, 1, ramp());
        FloatBuffer out = FloatBuffer.allocate(1 + 3 * 256).position(1);
        processor.normalise(ramp, out, 3);
        assertThat(out.position()).isEqualTo(1 + 3 * 256);
        assertThat(out.get(1 + 256 + 77)).isEqualTo(processor.normalisationTable()[1][77]);
    }

    private static byte[] ramp() {
        byte[] ramp = new byte[256];
        for (int i = 0; i < 256; i++) {
            ramp[i] = (byte) i;
        }
        return ramp;
    }

    @Test
    void theClassOfProcessorSaysWhatIsLeftOut() {
        assertThat(parse("{}").toJson()).isEqualTo(ImageProcessor.defaults().toJson());
        assertThat(parse("{\"feature_extractor_type\": \"ViTFeatureExtractor\", \"size\": 384}")
                        .toJson())
                .isEqualTo(ImageProcessor.defaults().withSize(384, 384).toJson());
        ImageProcessor deit = parse("{\"image_processor_type\": \"DeiTImageProcessorFast\"}");
        assertThat(deit.width()).isEqualTo(224);
        assertThat(deit.toJson().object("size").integer("height")).isEqualTo(256);
        assertThat(deit.toJson().integer("resample")).isEqualTo(3);
        ImageProcessor clip = parse("{\"image_processor_type\": \"CLIPImageProcessor\", \"do_center_crop\": null}");
        assertThat(clip.toJson().object("size").integer("shortest_edge")).isEqualTo(224);
        assertThat(clip.toJson().numbers("image_mean").get(0)).isEqualTo(0.48145466);
        assertThat(clip.toJson().bool("do_center_crop", false)).isTrue();
    }

    /** As facebook/convnext-tiny-224 was published, and what its class of processor leaves out. */
    @Test
    void convNextsProcessorCutsTheMiddleOutOfALargerPictureUnlessItIsLarge() {
        ImageProcessor published = parse("{\"crop_pct\": 0.875, \"do_normalize\": true, \"do_resize\": true,"
                + " \"feature_extractor_type\": \"ConvNextFeatureExtractor\", \"image_mean\": [0.485, 0.456, 0.406],"
                + " \"image_std\": [0.229, 0.224, 0.225], \"resample\": 3, \"size\": 224}");
        assertThat(published.toJson().object("size").integer("shortest_edge")).isEqualTo(256);
        assertThat(published.toJson().bool("do_center_crop", false)).isTrue();
        assertThat(published.width()).isEqualTo(224);
        ImageProcessor usual =
                parse("{\"image_processor_type\": \"ConvNextImageProcessor\", \"size\": {\"shortest_edge\": 224}}");
        assertThat(usual.toJson().object("size").integer("shortest_edge")).isEqualTo(256);
        ImageProcessor large = parse("{\"image_processor_type\": \"ConvNextImageProcessorFast\"}");
        assertThat(large.toJson().object("size").integer("height")).isEqualTo(384);
        assertThat(large.toJson().bool("do_center_crop", false)).isFalse();
        assertThat(large.toJson().numbers("image_std").get(2)).isEqualTo(0.5);
    }

    @Test
    void withoutAStepItsSettingsDoNothing() {
        ImageProcessor raw = parse("{\"do_rescale\": false, \"do_normalize\": false}");
        assertThat(raw.normalisationTable()[2][200]).isEqualTo(200f);
        ImageProcessor unsized = parse("{\"do_resize\": false, \"size\": 6}");
        Picture right = Pictures.formula(6, 6, 1);
        assertThat(unsized.apply(right)).isSameAs(right);
        assertThatThrownBy(() -> unsized.apply(Pictures.formula(5, 6, 1)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("5x6");
    }

    @Test
    void greyIsWidenedAndOneChannelStaysOne() {
        ImageProcessor processor = parse("{\"size\": 3, \"image_mean\": [0.1, 0.2, 0.3]}");
        Picture grey = Pictures.formula(3, 3, 1);
        float[][] table = processor.normalisationTable();
        FloatBuffer three = FloatBuffer.allocate(27);
        processor.normalise(grey, three, 3);
        FloatBuffer one = FloatBuffer.allocate(9);
        processor.normalise(grey, one, 1);
        for (int i = 0; i < 27; i++) {
            assertThat(three.get(i)).isEqualTo(table[i / 9][grey.pixels()[i % 9] & 0xFF]);
        }
        assertThat(one.array()).containsExactly(java.util.Arrays.copyOf(three.array(), 9));
        Picture colour = Pictures.formula(3, 3, 3);
        processor.normalise(colour, three.clear(), 3);
        for (int i = 0; i < 27; i++) {
            assertThat(three.get(i)).isEqualTo(table[i / 9][colour.pixels()[i % 9 * 3 + i / 9] & 0xFF]);
        }
        assertThatThrownBy(() -> processor.normalise(colour, FloatBuffer.allocate(27), 1))
                .isInstanceOf(InputException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"size\": \"224\"}",
                "{\"size\": 0}",
                "{\"size\": 224.5}",
                "{\"size\": 99999999999}",
                "{\"size\": {\"height\": 224}}",
                "{\"size\": {\"longest_edge\": 224}}",
                "{\"size\": {\"shortest_edge\": 224}}",
                "{\"size\": {\"shortest_edge\": -1}, \"do_center_crop\": true}",
                "{\"size\": [1, 2, 3]}",
                "{\"size\": 16384}",
                "{\"do_center_crop\": true, \"crop_size\": [16384, 1025]}",
                "{\"do_resize\": 1}",
                "{\"do_center_crop\": true, \"crop_size\": []}",
                "{\"resample\": 6}",
                "{\"resample\": \"bilinear\"}",
                "{\"image_mean\": [0.5]}",
                "{\"image_mean\": [0.5, 0.5, \"x\"]}",
                "{\"image_mean\": [0.5, 0.5, 1e300]}",
                "{\"image_std\": [0.5, 0, 0.5]}",
                "{\"image_std\": 1e-60}",
                "{\"rescale_factor\": \"1/255\"}",
                "{\"rescale_factor\": NaN}",
                "{\"crop_pct\": 0.9}",
                "{\"do_pad\": true}",
                "{\"image_processor_type\": \"LevitImageProcessor\"}",
                "{\"crop_pct\": 2, \"image_processor_type\": \"ConvNextImageProcessor\", \"size\": 224}",
                "{\"size\": {\"height\": 224, \"width\": 224}, \"image_processor_type\": \"ConvNextImageProcessor\"}",
                "{\"size\": 8192, \"image_processor_type\": \"ConvNextImageProcessor\"}",
                "{\"do_center_crop\": true, \"image_processor_type\": \"ConvNextImageProcessor\"}",
                "{\"image_processor_type\": 7}"
            })
    void whatIsWrongIsRefusedNamingFileAndKey(String settings) {
        String key = settings.substring(2, settings.indexOf('"', 2));
        String wrong = settings.contains("crop_size") ? "crop_size" : key;
        assertThatThrownBy(() -> parse(settings))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("here.json: \"" + wrong + "\" ");
    }

    @Test
    void anyJsonIsReadOrRefused(@TempDir Path folder) throws IOException {
        String seed = parse("{\"do_center_crop\": true}").toJson().pretty();
        RandomKey key = RandomKey.of(4).with("json");
        String[] values = {"null", "true", "-1", "1e999", "[]", "{}", "\"x\"", "[[1]]", "224", "{\"height\": 1}", ","};
        for (int round = 0; round < Integer.getInteger("vit4j.fuzz.rounds", 1000); round++) {
            RandomKey.Stream random = key.with(round).stream();
            StringBuilder text = new StringBuilder(seed);
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                int colon = text.indexOf(":", random.nextInt(text.length()));
                int end = colon < 0 ? -1 : text.indexOf("\n", colon);
                if (end > 0 && random.nextInt(4) > 0) {
                    text.replace(colon + 1, end, values[random.nextInt(values.length)] + ",");
                } else {
                    text.setCharAt(random.nextInt(text.length()), (char) (32 + random.nextInt(96)));
                }
            }
            try {
                ImageProcessor processor = parse(text.toString());
                assertThat(processor.width()).isBetween(1, ProcessorSettings.LARGEST);
            } catch (InputException e) {
                assertThat(e.getMessage()).startsWith("here.json: ");
            }
        }
        Files.writeString(folder.resolve("preprocessor_config.json"), "{\"size\": 33}");
        assertThat(ImageProcessor.read(folder).height()).isEqualTo(33);
    }

    private static ImageProcessor parse(String json) {
        return ImageProcessor.of(JsonObject.parse(json, "here.json"));
    }

    /** What was seen of a picture is seen at another size, too: where a crop is cut from a larger picture, both change alike. */
    @Test
    void anotherSizeSeesTheSamePartOfAPicture() {
        String cropped = """
                {"do_resize": true, "size": {"shortest_edge": 256}, "resample": 3,
                 "do_center_crop": true, "crop_size": {"height": 224, "width": 224}}""";
        ImageProcessor processor = ImageProcessor.of(JsonObject.parse(cropped, "test"));
        ImageProcessor larger = processor.scaledTo(518, 518);
        assertThat(larger.toJson().object("size").integer("shortest_edge")).isEqualTo(592);
        assertThat(larger.toJson().object("crop_size").integer("height")).isEqualTo(518);
        ImageProcessor.Region before = processor.seen(1000, 800);
        ImageProcessor.Region after = larger.seen(1000, 800);
        assertThat(after.height()).isCloseTo(before.height(), within(1.0));
        assertThat(after.top()).isCloseTo(before.top(), within(1.0));
        assertThat(larger.apply(Pictures.formula(80, 100, 3)).height()).isEqualTo(518);
        assertThat(ImageProcessor.defaults().scaledTo(96, 128).toJson())
                .isEqualTo(ImageProcessor.defaults().withSize(96, 128).toJson());
    }
}
