package io.vit4j.model;

/**
 * Where in the last hidden states that still have places each place of a picture is: what Grad-CAM weighs.
 *
 * @param block the number of the block that they enter
 * @param rows of places
 * @param columns of places
 * @param before rows of hidden states {@code [rows, channels]} before those of the places; 0 for others
 * @param channelsFirst whether they are {@code [channels, rows, columns]}, rather than the channels of each place together
 * @param channels of each place
 */
public record FeatureMap(int block, int rows, int columns, int before, boolean channelsFirst, int channels) {
    /** {@return how many places there are} */
    public int places() {
        return rows * columns;
    }

    /** {@return where in a sample's numbers a place's channel is} */
    public int at(int place, int channel) {
        return channelsFirst ? channel * places() + place : (before + place) * channels + channel;
    }
}
