package io.vit4j.parallel;

import io.vit4j.base.InputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares what every rank must have in common. Different shapes or plans inside a collective would end the process without
 * a word, so this comes before any.
 */
final class Agreement {
    private static final Duration LINGER = Duration.ofSeconds(3);

    private final RankEnvironment self;
    private final RankStore store;
    private int comparisons;

    Agreement(RankEnvironment self, RankStore store) {
        this.self = self;
        this.store = store;
    }

    /** Called by all ranks, as often by each. */
    void agree(Map<String, String> digests) {
        String round = "agree/" + comparisons++ + "/";
        Map<String, String> sorted = new TreeMap<>(digests);
        if (self.rank() == 0) {
            sorted.forEach((name, digest) -> store.set(round + name, digest));
            store.set(round, names(sorted));
        } else {
            compare(round, sorted);
        }
        store.meet(round + "done", self.worldSize());
        if (store.has(round + "/different")) {
            String different = store.get(round + "/different");
            linger(round + "seen");
            throw new InputException(different + "; start every rank with the same arguments and data");
        }
    }

    private static String names(Map<String, String> sorted) {
        return String.join("\n", sorted.keySet());
    }

    /** With what rank 0 has. */
    private void compare(String round, Map<String, String> sorted) {
        store.await(round);
        List<String> different = new ArrayList<>();
        if (store.get(round).equals(names(sorted))) {
            sorted.forEach((name, digest) -> {
                if (!store.get(round + name).equals(digest)) {
                    different.add(name);
                }
            });
        } else {
            different.add("what is compared (the program's version?)");
        }
        if (!different.isEmpty()) {
            store.set(
                    round + "/different",
                    "rank " + self.rank() + " differs from rank 0 in " + String.join(", ", different));
        }
    }

    /** Rank 0 holds the store: it must not end before all have read why. */
    private void linger(String seen) {
        long until = System.nanoTime() + LINGER.toNanos();
        long there = store.count(seen);
        while (self.rank() == 0 && there < self.worldSize() && System.nanoTime() < until) {
            RankStore.sleep();
            there = store.counted(seen);
        }
    }
}
