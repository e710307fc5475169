package io.vit4j.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes inputs of others: by bits, bytes, numbers, parts left out, repeated, moved or taken from elsewhere, and words. */
final class Mutator {
    private static final long[] NUMBERS = {
        0,
        1,
        -1,
        2,
        3,
        7,
        8,
        16,
        127,
        128,
        255,
        256,
        1000,
        32767,
        32768,
        65535,
        65536,
        1 << 20,
        0x7FFFFFFFL,
        0x80000000L,
        0xFFFFFFFFL,
        1L << 32,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -2,
        -128,
        1L << 62
    };
    private static final String[] DIGITS = {
        "0", "1", "-1", "2", "255", "65536", "2147483647", "2147483648", "-2147483648", "4294967296",
        "9223372036854775807", "9223372036854775808", "1e9", "1e400", "0.5", "-0", "NaN", "Infinity", "00", "1e-400"
    };
    private static final int MOST_CHANGES = 16;
    private static final int WAYS = 13;
    private static final int IN_PLACE = 4; // of them, the first

    private final Random random;
    private final List<byte[]> dictionary;
    private final int longest;

    Mutator(Random random, List<byte[]> dictionary, int longest) {
        this.random = random;
        this.dictionary = dictionary;
        this.longest = longest;
    }

    /** @param other another input, to take parts from */
    byte[] mutate(byte[] input, byte[] other) {
        byte[] mutated = input.clone();
        boolean inPlace = random.nextInt(3) == 0; // what stands at fixed places stays there
        for (int i = 1 + random.nextInt(1 + random.nextInt(MOST_CHANGES)); i > 0; i--) {
            mutated = changed(mutated, other, inPlace ? IN_PLACE : WAYS);
        }
        return mutated.length > longest ? Arrays.copyOf(mutated, longest) : mutated;
    }

    private byte[] changed(byte[] input, byte[] other, int ways) {
        if (input.length == 0) {
            return other.clone();
        }
        int at = random.nextInt(input.length);
        int length = 1 + random.nextInt(Math.min(input.length - at, 1 << random.nextInt(10)));
        switch (random.nextInt(ways)) {
            case 0 -> input[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> input[at] = (byte) random.nextInt();
            case 2 -> number(input, at, NUMBERS[random.nextInt(NUMBERS.length)], false);
            case 3 -> number(input, at, random.nextInt(33) - 16, true);
            case 4 -> {
                return replaced(input, at, length, new byte[0]);
            }
            case 5 -> {
                return replaced(input, random.nextInt(input.length + 1), 0, Arrays.copyOfRange(input, at, at + length));
            }
            case 6 -> {
                byte[] run = new byte[1 + random.nextInt(1 << random.nextInt(10))];
                Arrays.fill(run, random.nextBoolean() ? (byte) random.nextInt() : input[at]);
                return replaced(input, at, random.nextBoolean() ? 0 : Math.min(run.length, input.length - at), run);
            }
            case 7 -> {
                int from = random.nextInt(other.length + 1);
                byte[] part = Arrays.copyOfRange(other, from, from + Math.min(length, other.length - from));
                return replaced(input, at, random.nextBoolean() ? 0 : length, part);
            }
            case 8 -> {
                byte[] end = Arrays.copyOfRange(other, Math.min(at, other.length), other.length);
                return replaced(input, at, input.length - at, end);
            }
            case 9 -> {
                if (!dictionary.isEmpty()) {
                    byte[] word = dictionary.get(random.nextInt(dictionary.size()));
                    return replaced(
                            input, at, random.nextBoolean() ? 0 : Math.min(word.length, input.length - at), word);
                }
            }
            case 10 -> {
                return digits(input, at);
            }
            case 11 -> {
                return random.nextInt(4) == 0 ? Arrays.copyOf(input, at) : repeated(input, at, length);
            }
            default -> {
                byte[] moved = Arrays.copyOfRange(input, at, at + length);
                byte[] rest = replaced(input, at, length, new byte[0]);
                return replaced(rest, random.nextInt(rest.length + 1), 0, moved);
            }
        }
        return input;
    }

    /** A number of 1 to 8 bytes, either end first. */
    private void number(byte[] input, int at, long value, boolean add) {
        int width = 1 << random.nextInt(4);
        if (at + width > input.length) {
            return;
        }
        ByteBuffer bytes =
                ByteBuffer.wrap(input).order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        switch (width) {
            case 1 -> bytes.put(at, (byte) (value + (add ? bytes.get(at) : 0)));
            case 2 -> bytes.putShort(at, (short) (value + (add ? bytes.getShort(at) : 0)));
            case 4 -> bytes.putInt(at, (int) (value + (add ? bytes.getInt(at) : 0)));
            default -> bytes.putLong(at, value + (add ? bytes.getLong(at) : 0));
        }
    }

    /** The first number written in digits from there on becomes another. */
    private byte[] digits(byte[] input, int from) {
        for (int at = from; at < input.length; at++) {
            if (input[at] >= '0' && input[at] <= '9') {
                int end = at;
                while (end < input.length && input[end] >= '0' && input[end] <= '9') {
                    end++;
                }
                return replaced(
                        input, at, end - at, DIGITS[random.nextInt(DIGITS.length)].getBytes(StandardCharsets.US_ASCII));
            }
        }
        return input;
    }

    private byte[] repeated(byte[] input, int at, int length) {
        byte[] run = new byte[Math.min(longest, length * (2 + random.nextInt(1 << random.nextInt(10))))];
        for (int i = 0; i < run.length; i++) {
            run[i] = input[at + i % length];
        }
        return replaced(input, at, length, run);
    }

    /** {@code length} bytes at a place replaced by others, cut at four times the longest input. */
    private byte[] replaced(byte[] input, int at, int length, byte[] by) {
        byte[] result = new byte[input.length - length + by.length];
        System.arraycopy(input, 0, result, 0, at);
        System.arraycopy(by, 0, result, at, by.length);
        System.arraycopy(input, at + length, result, at + by.length, input.length - at - length);
        return result.length > 4 * longest ? Arrays.copyOf(result, 4 * longest) : result;
    }
}
