package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import io.vit4j.image.formats.PngHeader.Pass;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Reads PNG (W3C specification, 3rd edition): every colour type, depth and interlacing. What comes out is Pillow's {@code
 * Image.open(...).convert("RGB")}: alpha and transparent colours are dropped, gamma is not applied, 16-bit colour keeps
 * its high byte, a palette's missing colours are black. Stricter than Pillow: every chunk's checksum counts, and a file
 * that ends before its last chunk is refused.
 */
final class PngDecoder {
    /** Deflate cannot do better: 2 bits for a match of 258 bytes. */
    private static final long BEST_COMPRESSION = 1032;

    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504C5445;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454E44;
    private static final int CHUNK_FRAME = 12; // length, name, checksum

    /** So many more rows of slow filters than of others say that the rest are slow too. */
    private static final int SLOW_ROWS = 8;

    private final byte[] file;
    private final DecodeOptions options;
    private PngHeader header;
    private byte[] palette = new byte[0]; // 256 x 3 once read
    private byte[] compressed = new byte[0];
    private int compressedEnd;

    private PngDecoder(byte[] file, DecodeOptions options) {
        this.file = file;
        this.options = options;
    }

    /** @param file a whole file that begins with PNG's signature */
    static Picture decode(byte[] file, DecodeOptions options) {
        PngDecoder decoder = new PngDecoder(file, options);
        decoder.readChunks();
        return decoder.readPixels();
    }

    private void readChunks() {
        int at = 8;
        int name = 0;
        CRC32 crc = new CRC32();
        while (name != IEND) {
            if (file.length - at < CHUNK_FRAME) {
                throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
            }
            int length = BigEndian.int32(file, at);
            int before = name;
            name = BigEndian.int32(file, at + 4);
            if (length < 0 || length > file.length - at - CHUNK_FRAME) {
                throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
            }
            crc.reset();
            crc.update(file, at + 4, length + 4);
            if ((int) crc.getValue() != BigEndian.int32(file, at + 8 + length)) {
                throw new DamagedImage("the checksum of its chunk at byte " + at + " is wrong");
            }
            chunk(name, before, at + 8, length);
            at += CHUNK_FRAME + length;
        }
        if (compressed.length == 0) {
            throw new DamagedImage("it has no pixels (IDAT)");
        }
        if (header.colourType() == PngHeader.PALETTE && palette.length == 0) {
            throw new DamagedImage("it has no palette (PLTE)");
        }
    }

    private void chunk(int name, int before, int at, int length) {
        if ((name == IHDR) == (header != null) || name == IHDR && length != 13) {
            throw new DamagedImage("its header (IHDR) is not the first chunk");
        }
        switch (name) {
            case IHDR -> {
                header = PngHeader.read(file, at);
                options.refuseSize(header.width(), header.height());
            }
            case PLTE -> {
                if (length % 3 != 0 || length > 768 || length == 0 || palette.length > 0) {
                    throw new DamagedImage("its palette (PLTE) has " + length + " bytes");
                }
                palette = Arrays.copyOf(Arrays.copyOfRange(file, at, at + length), 768);
            }
            case IDAT -> {
                if (compressed.length == 0) {
                    compressed = new byte[file.length - at + Inflate.PADDING];
                } else if (before != IDAT) {
                    throw new DamagedImage("its pixels (IDAT) are not contiguous");
                }
                System.arraycopy(file, at, compressed, compressedEnd, length);
                compressedEnd += length;
            }
            default -> {
                // what Pillow and we do not need: gamma, time, text, animation
            }
        }
    }

    private Picture readPixels() {
        long raw = header.rawBytes();
        if (raw / BEST_COMPRESSION > compressedEnd) {
            throw new DamagedImage("it claims " + header.width() + "x" + header.height() + ", more than its "
                    + compressedEnd + " bytes of pixels can hold");
        }
        PngRows rows = new PngRows(compressed, compressedEnd, raw, header.rowBytes(header.width()) + 1);
        boolean asStored =
                header.depth() == 8 && (header.colourType() == PngHeader.GREY || header.colourType() == PngHeader.RGB);
        if (asStored && !header.interlaced()) {
            return new Picture(header.width(), header.height(), header.samples(), readAsStored(rows));
        }
        PngSamples samples = new PngSamples(header, palette, options.grey16());
        for (Pass pass : header.interlaced() ? Pass.ADAM7 : new Pass[] {Pass.WHOLE}) {
            readPass(rows, pass, samples);
        }
        return samples.picture();
    }

    /** 8-bit grey and colour: unfiltered in place, the row above is the picture's own. */
    private byte[] readAsStored(PngRows rows) {
        int rowBytes = header.rowBytes(header.width());
        byte[] pixels = new byte[rowBytes * header.height()];
        byte[] above = new byte[rowBytes]; // the first row's
        int slowRows = 0; // more than quick ones, of late
        for (int y = 0; y < header.height(); y++) {
            if (slowRows == SLOW_ROWS && header.step() == 1 && PngWave.fits(rowBytes, header.height() - y)) {
                PngWave.undo(rows, rowBytes, pixels, y);
                return pixels;
            }
            int from = rows.next(rowBytes + 1);
            int filter = rows.bytes()[from];
            int up = Math.max(0, y - 1) * rowBytes;
            PngFilter.undo(filter, header.step(), rows.bytes(), from + 1, rowBytes, above, up, pixels, y * rowBytes);
            above = pixels;
            slowRows = PngFilter.isSlow(filter) ? Math.min(slowRows + 1, SLOW_ROWS) : Math.max(slowRows - 1, 0);
        }
        return pixels;
    }

    private void readPass(PngRows rows, Pass pass, PngSamples samples) {
        int columns = pass.columns(header.width());
        if (columns == 0) {
            return;
        }
        int rowBytes = header.rowBytes(columns);
        byte[] row = new byte[rowBytes];
        byte[] above = new byte[rowBytes];
        for (int y = 0; y < pass.rows(header.height()); y++) {
            int from = rows.next(rowBytes + 1);
            PngFilter.undo(rows.bytes()[from], header.step(), rows.bytes(), from + 1, rowBytes, above, 0, row, 0);
            samples.add(row, columns, pass, pass.y() + y * pass.dy());
            byte[] spare = above;
            above = row;
            row = spare;
        }
    }
}
