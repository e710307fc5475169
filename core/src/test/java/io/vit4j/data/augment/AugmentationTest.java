package io.vit4j.data.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.CentreCrop;
import io.vit4j.image.Picture;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationTest {
    private static Picture picture(int channels) {
        byte[] pixels = new byte[40 * 36 * channels];
        for (int i = 0; i < pixels.length; i++) {
            int x = i / channels % 40;
            int y = i / channels / 40;
            pixels[i] = (byte) (3 * x + 2 * y + 20 * (i % channels));
        }
        return new Picture(40, 36, channels, pixels);
    }

    private static String drawn(String augment, int channels, int key) {
        Picture changed = Augmentation.parse(augment).transform(32, 30).apply(picture(channels), RandomKey.of(key));
        assertThat(changed.height()).isEqualTo(32);
        assertThat(changed.width()).isEqualTo(30);
        assertThat(changed.channels()).isEqualTo(channels);
        return Arrays.toString(changed.pixels());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "crop-flip",
                "flip",
                "xray",
                "randaugment",
                "autoaugment",
                "autoaugment:policy=svhn",
                "trivialaugment",
                "3-augment",
                "color-jitter:hue=0.2",
                "affine",
                "elastic",
                "crop-flip+trivialaugment:interpolation=bilinear,fill=128+color-jitter"
            })
    void everyStepChangesPicturesAsItsKeySaysAndKeepsThem(String augment) {
        for (int channels : new int[] {1, 3}) {
            Set<String> results = new HashSet<>();
            for (int key = 0; key < 12; key++) {
                String first = drawn(augment, channels, key);
                assertThat(drawn(augment, channels, key)).isEqualTo(first);
                results.add(first);
            }
            assertThat(results).as(augment).hasSizeGreaterThan(1);
        }
    }

    @Test
    void noneIsTheMiddleAndChangesNothing() {
        Augmentation none = Augmentation.parse("none");
        assertThat(none.isNone()).isTrue();
        assertThat(none.transform(30, 30)).isEqualTo(new CentreCrop(30, 30));
        assertThat(none.erasing()).isEmpty();
        assertThat(Augmentation.parse("erasing").isNone()).isFalse();
    }

    /** One setting after another does something, in one of many pictures. */
    @ParameterizedTest
    @CsvSource({
        "crop-flip,scale=0.9",
        "crop-flip,flip=0",
        "flip,p=1",
        "xray,degrees=0",
        "xray,shift=0",
        "xray,zoom=0",
        "xray,brightness=0",
        "xray,contrast=0",
        "xray,gamma=0",
        "xray,noise=0",
        "randaugment,num_ops=1",
        "randaugment,magnitude=20",
        "randaugment,num_magnitude_bins=20",
        "randaugment,interpolation=bilinear",
        "randaugment,fill=200",
        "autoaugment,policy=cifar10",
        "trivialaugment,num_magnitude_bins=3",
        "3-augment,color_jitter=0",
        "color-jitter,brightness=0.1",
        "color-jitter,contrast=0.1",
        "color-jitter,saturation=0.1",
        "color-jitter,hue=0.3",
        "affine,degrees=90",
        "affine,translate=0.5",
        "affine,scale_min=0.2",
        "affine,scale_max=3",
        "affine,shear=20",
        "elastic,alpha=200",
        "elastic,sigma=2"
    })
    void everySettingHasAnEffect(String step, String setting) {
        boolean differs = false;
        for (int key = 0; key < 40 && !differs; key++) {
            differs = !drawn(step, 3, key).equals(drawn(step + ":" + setting, 3, key));
        }
        assertThat(differs).isTrue();
    }

    @Test
    void erasingIsReadWithItsSettings() {
        assertThat(Augmentation.parse("flip+erasing:p=0.25,scale_min=0.1,scale_max=0.2,value=random")
                        .erasing())
                .contains(new RandomErasing(0.25, 0.1, 0.2, 0.3, 3.3, Double.NaN));
        assertThat(Augmentation.parse("erasing").erasing()).contains(new RandomErasing(0.5, 0.02, 0.33, 0.3, 3.3, 0));
        assertThat(Augmentation.parse("xray").erasing().orElseThrow().probability())
                .isEqualTo(0.1);
        assertThat(Augmentation.parse("xray:erasing=0").erasing()).isEmpty();
    }

    @Test
    void anXrayIsNeverMirrored() {
        ImageOrder order = new ImageOrder();
        for (int key = 0; key < 200; key++) {
            order.look(Augmentation.parse("xray").transform(32, 30).apply(picture(1), RandomKey.of(key)));
        }
        assertThat(order.rising).isEqualTo(200);
    }

    /** How often the right is brighter than the left. */
    private static final class ImageOrder {
        private int rising;

        void look(Picture picture) {
            long left = 0;
            long right = 0;
            for (int i = 0; i < picture.pixels().length; i++) {
                if (i % picture.width() < picture.width() / 2) {
                    left += picture.pixels()[i] & 0xFF;
                } else {
                    right += picture.pixels()[i] & 0xFF;
                }
            }
            rising += right > left ? 1 : 0;
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rand-augment|did you mean randaugment?",
                "randaugment:magnitud=3|did you mean magnitude?",
                "randaugment:magnitude=31|outside 0.0 to 30.0",
                "randaugment:num_ops=1.5|is not a whole number",
                "randaugment:9|write name=value",
                "autoaugment:policy=mnist|is not one of imagenet, cifar10, svhn",
                "erasing+flip|put it last",
                "xray+erasing|xray:erasing=0",
                "flip+|a step has no name",
                "erasing:value=black|is not a number"
            })
    void whatCannotBeReadIsRefusedWithItsMend(String augment, String message) {
        assertThatThrownBy(() -> Augmentation.parse(augment))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void randAugmentDrawsEveryOperationEquallyOften() {
        List<PolicyOperation> choice = RandAugment.CHOICE;
        Picture picture = picture(3);
        int unchanged = 0;
        RandAugment one = new RandAugment(
                1, 30, Magnitudes.usual(31), new PolicyOperation.Drawn(io.vit4j.image.Filter.NEAREST, 0));
        for (int key = 0; key < 2800; key++) {
            unchanged += one.apply(picture, RandomKey.of(key)) == picture ? 1 : 0;
        }
        assertThat(choice).hasSize(14);
        assertThat(unchanged).isBetween(140, 260); // the identity: 200 and over four deviations of 13.6
    }
}
