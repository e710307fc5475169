package io.vit4j.cli;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** Fills 200 MB of the heap for good, and prints how often the old generation was collected on the way. */
final class HeapGrowth {
    private HeapGrowth() {}

    public static void main(String[] args) {
        List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < 200_000; i++) {
            kept.add(new byte[1000]);
        }
        long collections = ManagementFactory.getGarbageCollectorMXBeans().stream()
                .filter(collector -> collector.getName().contains("MarkSweep"))
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
        System.out.println(kept.size() + " " + collections);
    }
}
