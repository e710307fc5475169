package io.vit4j.hub;

/** What is wrong in a pickle, to be said with the file's name in front: {@code "asks for os.system"}. */
final class PickleFault extends RuntimeException {
    private final boolean hostile;

    PickleFault(String what) {
        this(what, false);
    }

    /** @param hostile whether the pickle wants something to be run, rather than being damaged */
    PickleFault(String what, boolean hostile) {
        super(what, null, false, false);
        this.hostile = hostile;
    }

    boolean hostile() {
        return hostile;
    }
}
