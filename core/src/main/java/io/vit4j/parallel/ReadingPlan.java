package io.vit4j.parallel;

/**
 * Predicts how long training takes when its data has to be read, too.
 *
 * <ul>
 *   <li>Each replica reads its own pictures of every batch, so a machine reads its replicas' share of the data set in an epoch, and
 *       over the epochs all of it.
 *   <li>Loaders read ahead: an epoch takes as long as the slowest of computing, reading and making batches.
 *   <li>A machine keeps in memory what it has read, as much as fits: in random order the same share of the next epoch need not be
 *       read; in an order that passes over the shards, which drives out what comes next, all or nothing.
 *   <li>The data set lies on storage that all machines share. It is read there, or copied to each machine's disk first, by all
 *       machines at once.
 * </ul>
 *
 * @param pictures of an epoch
 * @param pictureBytes of one, as stored
 * @param shardBytes of a file, at most
 * @param epochs may be part of one
 * @param sharded whether the order goes by shards ({@code train_sampling_strategy sharded})
 */
public record ReadingPlan(long pictures, long pictureBytes, long shardBytes, double epochs, boolean sharded) {
    /**
     * What to expect.
     *
     * @param dataBytes of the data set's pictures
     * @param shards files
     * @param machines that read
     * @param copySeconds until every machine has a copy
     * @param computeSeconds of an epoch, if nothing had to be read
     * @param loadSeconds of an epoch, in which a rank makes its batches
     * @param copied training from copies, without copying
     * @param shared training from the shared storage
     * @param fits whether a copy fits a machine's disk
     */
    public record Reading(
            long dataBytes,
            long shards,
            int machines,
            double copySeconds,
            double computeSeconds,
            double loadSeconds,
            Epochs copied,
            Epochs shared,
            boolean fits) {}

    /**
     * Training from one place.
     *
     * @param firstReadSeconds reading of the first epoch
     * @param nextReadSeconds reading of each further one
     * @param seconds of all epochs
     */
    public record Epochs(double firstReadSeconds, double nextReadSeconds, double seconds) {}

    /** The prediction for a step of a layout. */
    public Reading predict(Plan.Prediction step, Hardware hardware) {
        Storage storage = hardware.storage();
        Layout layout = step.layout();
        int replicas = layout.replicas();
        int machines = Math.min(replicas, ceiling(layout.ranks(), hardware.ranksPerNode()));
        double dataBytes = (double) pictures * pictureBytes;
        double share = (double) ceiling(replicas, machines) / replicas;
        double compute = pictures / step.imagesPerSecond();
        double load = dataBytes / replicas / storage.loaderBandwidth();
        double sharedBandwidth = storage.sharedBandwidth(machines);
        double kept = Math.min(1, storage.cacheBytes() / dataBytes);
        double again = sharded && kept < 1 ? 1 : 1 - kept;
        return new Reading(
                pictures * pictureBytes,
                ceiling(pictures, Math.max(1, shardBytes / pictureBytes)),
                machines,
                dataBytes / sharedBandwidth,
                compute,
                load,
                epochs(share * dataBytes / storage.diskBandwidth(), again, Math.max(compute, load)),
                epochs(share * dataBytes / sharedBandwidth, again, Math.max(compute, load)),
                dataBytes <= storage.diskBytes());
    }

    private Epochs epochs(double read, double again, double otherwise) {
        double seconds = Math.min(1, epochs) * Math.max(read, otherwise)
                + Math.max(0, epochs - 1) * Math.max(again * read, otherwise);
        return new Epochs(read, again * read, seconds);
    }

    private static int ceiling(int number, int by) {
        return (number + by - 1) / by;
    }

    private static long ceiling(long number, long by) {
        return (number + by - 1) / by;
    }
}
