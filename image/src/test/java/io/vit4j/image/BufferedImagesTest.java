package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class BufferedImagesTest {
    @Test
    void greyIsTakenAsStored() {
        BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setPixels(0, 0, 3, 1, new int[] {0, 100, 255});
        Pictures.assertSame(of(image), new Picture(3, 1, 1, Pictures.bytes("0064ff")));
        BufferedImage deep = new BufferedImage(3, 1, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setPixels(0, 0, 3, 1, new int[] {0, 4095, 65535});
        Pictures.assertSame(of(deep), new Picture(3, 1, 1, Pictures.bytes("0010ff")));
        DecodeOptions twelve = DecodeOptions.DEFAULT.withGrey16(new Grey16.Bits(12));
        assertThat(Pictures.hex(BufferedImages.picture(deep, twelve))).isEqualTo("00ffff");
    }

    @Test
    void everyOtherTypeGivesItsColoursWithoutAlpha() {
        for (int type : new int[] {
            BufferedImage.TYPE_INT_RGB,
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_INT_BGR,
            BufferedImage.TYPE_3BYTE_BGR,
            BufferedImage.TYPE_4BYTE_ABGR
        }) {
            BufferedImage image = new BufferedImage(2, 1, type);
            image.setRGB(0, 0, 0xFF010203);
            image.setRGB(1, 0, image.getColorModel().hasAlpha() ? 0x40F0E0D0 : 0xFFF0E0D0);
            Pictures.assertSame(of(image), new Picture(2, 1, 3, Pictures.bytes("010203f0e0d0")));
        }
        BufferedImage binary = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        binary.setRGB(1, 0, 0xFFFFFFFF);
        Pictures.assertSame(of(binary), new Picture(2, 1, 3, Pictures.bytes("000000ffffff")));
    }

    @Test
    void thePartOfAnImageIsThatPart() {
        BufferedImage image = new BufferedImage(4, 3, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(2, 1, 0, 77);
        assertThat(Pictures.hex(of(image.getSubimage(1, 1, 2, 2)))).isEqualTo("004d0000");
    }

    @Test
    void theLimitHoldsHereToo() {
        BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_BYTE_GRAY);
        assertThatThrownBy(() -> BufferedImages.picture(image, DecodeOptions.DEFAULT.withMaxPixels(399)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("20x20");
    }

    private static Picture of(BufferedImage image) {
        return BufferedImages.picture(image, DecodeOptions.DEFAULT);
    }
}
