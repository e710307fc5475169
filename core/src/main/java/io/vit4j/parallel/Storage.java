package io.vit4j.parallel;

/**
 * Where machines read a data set from, and how fast. A rate that is infinite is not known, and costs no time.
 *
 * @param diskBandwidth bytes a second that one machine reads from its own disk, a picture at a time
 * @param diskBytes room on that disk
 * @param sharedBandwidth bytes a second that one machine reads from the storage that all share
 * @param sharedTotalBandwidth the same of all machines together
 * @param cacheBytes memory of a machine in which the system keeps files; 0 if none is left
 * @param loaderBandwidth bytes of stored pictures a second that one rank makes into batches
 */
public record Storage(
        double diskBandwidth,
        double diskBytes,
        double sharedBandwidth,
        double sharedTotalBandwidth,
        double cacheBytes,
        double loaderBandwidth) {
    /** Nothing is known. */
    public static final Storage UNKNOWN = new Storage(
            Double.POSITIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            0,
            Double.POSITIVE_INFINITY);

    /** Bytes a second of each of so many machines that read the shared storage at once. */
    double sharedBandwidth(int machines) {
        return Math.min(sharedBandwidth, sharedTotalBandwidth / machines);
    }
}
