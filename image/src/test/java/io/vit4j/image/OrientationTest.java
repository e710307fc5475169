package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.RandomKey;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** EXIF's eight orientations; that files of each format are turned as Pillow turns them is OtherFormatsTest's. */
class OrientationTest {
    private static final Picture STORED = new Picture(3, 2, 1, new byte[] {1, 2, 3, 4, 5, 6});

    /** What row 0 and column 0 of the stored picture are when it is seen upright (EXIF 2.3, 4.6.4). */
    @Test
    void eachNumberPutsTheFirstRowAndColumnWhereExifSays() {
        String[] upright = {"123456", "321654", "654321", "456123", "142536", "415263", "635241", "362514"};
        for (int number = 1; number <= 8; number++) {
            Picture turned = Orientation.of(number).apply(STORED);
            assertThat(turned.width()).isEqualTo(number <= 4 ? 3 : 2);
            assertThat(Pictures.hex(turned).replace("0", "")).as("%d", number).isEqualTo(upright[number - 1]);
        }
        for (int number : new int[] {-1, 0, 9, 65535}) {
            assertThat(Orientation.of(number)).isEqualTo(Orientation.UPRIGHT);
        }
    }

    @Test
    void everyTurnHasAnotherThatUndoesIt() {
        Picture picture = Pictures.natural(13, 8, 3, RandomKey.of(1));
        for (Orientation orientation : Orientation.values()) {
            Orientation back = switch (orientation) {
                case QUARTER_CLOCKWISE -> Orientation.QUARTER_COUNTERCLOCKWISE;
                case QUARTER_COUNTERCLOCKWISE -> Orientation.QUARTER_CLOCKWISE;
                default -> orientation;
            };
            Pictures.assertSame(back.apply(orientation.apply(picture)), picture);
        }
    }

    @Test
    void anyBlockOfBytesIsReadOrPassedOver() {
        byte[] seed = exif(6);
        assertThat(Orientation.of(seed, new byte[0])).isEqualTo(Orientation.QUARTER_CLOCKWISE);
        RandomKey key = RandomKey.of(3).with("exif");
        for (int round = 0; round < 20_000; round++) {
            RandomKey.Stream random = key.with(round).stream();
            byte[] block = java.util.Arrays.copyOf(seed, random.nextInt(seed.length + 1));
            for (int changes = random.nextInt(4); changes > 0 && block.length > 0; changes--) {
                block[random.nextInt(block.length)] = (byte) random.nextInt(256);
            }
            Orientation.of(block, block);
        }
    }

    @Test
    void ignoredOrientationsLeaveThePictureAsItIsStored() {
        Picture picture = Pictures.natural(6, 4, 3, RandomKey.of(2));
        byte[] png = PngEncoder.encode(picture);
        byte[] exif = exif(6);
        // behind the header: length, name, block, checksum
        ByteBuffer turned = ByteBuffer.allocate(png.length + 12 + exif.length).put(png, 0, 33);
        byte[] named = ByteBuffer.allocate(4 + exif.length)
                .put("eXIf".getBytes())
                .put(exif)
                .array();
        CRC32 crc = new CRC32();
        crc.update(named);
        turned.putInt(exif.length).put(named).putInt((int) crc.getValue()).put(png, 33, png.length - 33);
        Pictures.assertSame(
                ImageDecoder.decode(turned.array(), "x", DecodeOptions.DEFAULT),
                Orientation.QUARTER_CLOCKWISE.apply(picture));
        Pictures.assertSame(
                ImageDecoder.decode(
                        turned.array(), "x", DecodeOptions.DEFAULT.withExifOrientation(ExifOrientation.IGNORE)),
                picture);
    }

    private static byte[] exif(int orientation) {
        return ByteBuffer.allocate(26)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {'I', 'I', 42, 0})
                .putInt(8)
                .putShort((short) 1)
                .putShort((short) 274)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) orientation)
                .array();
    }
}
