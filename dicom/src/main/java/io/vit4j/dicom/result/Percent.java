package io.vit4j.dicom.result;

import java.math.BigDecimal;
import java.math.MathContext;

/** Probabilities as text. */
final class Percent {
    private static final MathContext DIGITS = new MathContext(6);

    private Percent() {}

    /** From 0 to 100, without an exponent; at most 16 characters, as a DS has. */
    static String of(double probability) {
        return number(probability)
                .movePointRight(2)
                .setScale(6, java.math.RoundingMode.HALF_EVEN)
                .stripTrailingZeros()
                .toPlainString();
    }

    /** From 0 to 1. */
    static String plain(double probability) {
        return number(probability).stripTrailingZeros().toPlainString();
    }

    private static BigDecimal number(double probability) {
        return new BigDecimal(probability).round(DIGITS);
    }
}
