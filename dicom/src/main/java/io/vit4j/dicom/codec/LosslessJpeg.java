package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;

/** A scan of lossless JPEG (ITU-T T.81, annex H): each value is predicted from its neighbours, modulo 65536. */
final class LosslessJpeg {
    private LosslessJpeg() {}

    /**
     * Decodes a scan.
     *
     * @param places of its components in the frame
     * @param codes a table for each of them
     * @param predictor 1 to 7
     * @param pointTransform how many low bits were left out
     * @param restartInterval pixels between restart markers, whole rows; 0 if there are none
     */
    static void scan(
            JpegBits bits,
            JpegFrame frame,
            int[] places,
            HuffmanCodes[] codes,
            int predictor,
            int pointTransform,
            int restartInterval) {
        int width = frame.width();
        if (predictor < 1 || predictor > 7 || pointTransform >= frame.precision()) {
            throw new DamagedImage("its lossless JPEG data have an unknown predictor");
        }
        if (restartInterval % width != 0) {
            throw new DamagedImage("its lossless JPEG data restart within a row");
        }
        int restartRows = restartInterval / width;
        int step = frame.components().length;
        int row = width * step;
        int[] values = frame.values();
        int start = 1 << frame.precision() - pointTransform - 1;
        for (int y = 0; y < frame.height(); y++) {
            boolean first = y == 0;
            if (restartRows > 0 && y > 0 && y % restartRows == 0) {
                bits.restart();
                first = true;
            }
            for (int x = 0; x < width; x++) {
                for (int k = 0; k < places.length; k++) {
                    int at = y * row + x * step + places[k];
                    int predicted;
                    if (first) {
                        predicted = x == 0 ? start : values[at - step];
                    } else if (x == 0) {
                        predicted = values[at - row];
                    } else {
                        predicted = predict(predictor, values[at - step], values[at - row], values[at - row - step]);
                    }
                    values[at] = predicted + difference(bits, codes[k]) & 0xFFFF;
                }
            }
        }
        if (pointTransform > 0) {
            for (int place : places) {
                for (int at = place; at < values.length; at += step) {
                    values[at] <<= pointTransform;
                }
            }
        }
    }

    private static int predict(int predictor, int left, int up, int upLeft) {
        return switch (predictor) {
            case 1 -> left;
            case 2 -> up;
            case 3 -> upLeft;
            case 4 -> left + up - upLeft;
            case 5 -> left + (up - upLeft >> 1);
            case 6 -> up + (left - upLeft >> 1);
            default -> left + up >> 1;
        };
    }

    private static int difference(JpegBits bits, HuffmanCodes codes) {
        int length = codes.next(bits);
        if (length > 16) {
            throw new DamagedImage("its lossless JPEG data hold a difference of more than 16 bits");
        }
        return length == 16 ? 1 << 15 : bits.signed(length);
    }
}
